"""The pack is no installed package; its tests import the rules from where they lie."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "policies"))
