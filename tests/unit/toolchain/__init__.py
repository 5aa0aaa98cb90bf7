"""The install script is no installed package; its tests import it from where it lies."""

import sys
from pathlib import Path

TOOLCHAIN = Path(__file__).resolve().parents[3] / "toolchain"
sys.path.insert(0, str(TOOLCHAIN))
