"""What the tests of the install script share."""

from pathlib import Path

import pytest

from installer.pins import Engine
from installer.progress import Screen

from .fakes import Terminal, fake_engine


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def screen(terminal: Terminal) -> Screen:
    return Screen(terminal)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return fake_engine(tmp_path / "module")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A PATH with nothing on it but the shell's own commands, and a cache of its own."""
    empty = tmp_path / "path"
    empty.mkdir(exist_ok=True)
    return {
        "PATH": f"{empty}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LIVEAVATAR_OPS_TOOLCHAIN": str(tmp_path / "cache"),
    }
