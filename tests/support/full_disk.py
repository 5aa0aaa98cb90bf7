"""A disk that is always full, where the system has one."""

from pathlib import Path

import pytest

FULL = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the system has no device that is always full"
)
