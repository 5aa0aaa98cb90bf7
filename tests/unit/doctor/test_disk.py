"""Disk: room and the right to write, where checks keep their things and where they work."""

from pathlib import Path

import pytest

from liveavatar_ops.doctor import machine
from liveavatar_ops.doctor.finding import State


@pytest.mark.parametrize(
    ("free", "writable", "state"),
    [
        (50 * 1024**3, True, State.OK),
        (1024**3 - 1, True, State.WARNING),
        (1024**2, True, State.BROKEN),
        (50 * 1024**3, False, State.BROKEN),
    ],
)
def test_disk_is_looked_at_where_the_folder_would_be(
    tmp_path: Path, free: int, writable: bool, state: State
) -> None:
    """A folder that is not there yet is judged by the nearest one that is, and is not made."""
    folder = tmp_path / "not" / "yet"

    found = machine.check_disk(
        "State", folder, "--evidence", free_at=lambda _: free, may_write=lambda _: writable
    )

    assert found.state is state
    assert not folder.exists()


def test_the_working_folder_is_looked_at_where_checks_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small /tmp ends a recording, a full one every check; where that is, TMPDIR decides."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    tight = lambda _: 300 * 1024**2  # noqa: E731 - a seam

    found = machine.check_working_folder("Working folder", free_at=tight)

    assert found.state is State.WARNING
    assert found.sentence == f"300 MB free at {tmp_path}"
    assert "TMPDIR" in found.fix
    assert "384 MB" in found.fix


def test_a_machine_without_any_folder_for_temporary_files_is_told() -> None:
    """The system's own search ends with an error; doctor does not."""

    def none_usable() -> str:
        raise FileNotFoundError

    assert "TMPDIR" in machine.check_working_folder("Working folder", find=none_usable).fix


def test_a_folder_that_nobody_can_make_is_not_called_full() -> None:
    """0 bytes free in /proc is no reason to make room there."""
    found = machine.check_disk("State", Path("/proc/nope"), "LIVEAVATAR_OPS_STATE", may_write=lambda _: True)

    assert found.state is State.BROKEN
    assert "cannot be written to" in found.sentence
    assert found.fix == "Name another folder with LIVEAVATAR_OPS_STATE"


def test_a_folder_that_may_not_be_looked_for_is_told(tmp_path: Path) -> None:
    """Another user's; here a name too long, which not even root may have. Doctor itself does not fail."""
    found = machine.check_disk("State", tmp_path / ("x" * 300), "LIVEAVATAR_OPS_STATE")

    assert found.sentence.endswith("cannot be written to: file name too long")


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """A folder cannot be made below a file."""
    (tmp_path / "state").touch()

    found = machine.check_disk("State", tmp_path / "state" / "deeper", "LIVEAVATAR_OPS_STATE")

    assert found.state is State.BROKEN
    assert "LIVEAVATAR_OPS_STATE" in found.fix
