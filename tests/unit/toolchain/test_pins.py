"""What is pinned, and how results are named after it."""

from importlib.metadata import version
from pathlib import Path

import pytest

from installer import pins

from . import TOOLCHAIN
from .fakes import fake_engine


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "host.go"])
def test_a_changed_pin_names_another_result(engine: pins.Engine, file: str) -> None:
    """
    Whatever is compiled in is part of the key: an old result is never taken for a new pin.
    """
    before = engine.key()

    (engine.module_dir / file).write_text("changed")

    assert engine.key() != before


def test_the_key_does_not_depend_on_where_the_clone_lies(tmp_path: Path) -> None:
    """
    A second clone with the same pins finds what the first one made.
    """
    here, there = fake_engine(tmp_path / "a"), fake_engine(tmp_path / "b")

    assert here.key() == there.key()


def test_the_engine_is_as_old_as_the_python_package() -> None:
    """
    The engine and pip's `pulumi` speak the same version of the protocol.
    """
    pulumi = pins.chosen(pins.engines(TOOLCHAIN), "pulumi")[0]

    assert pulumi.version == version("pulumi")


def test_every_engine_has_its_checksums_committed() -> None:
    """
    The modules that an engine is built from are fixed by a go.sum, LiveKit's apart from Pulumi's.
    """
    places = {engine.module_dir for engine in pins.engines(TOOLCHAIN)}

    assert len(places) == 2
    assert all((place / "go.sum").stat().st_size > 0 for place in places)


def test_a_missing_pin_is_named(tmp_path: Path) -> None:
    """
    A go.mod without the module says which file and which module.
    """
    (tmp_path / "go.mod").write_text("module x\n")

    with pytest.raises(ValueError, match=r"go\.mod does not pin example\.test/gear"):
        pins.pinned(tmp_path / "go.mod", "example.test/gear")
