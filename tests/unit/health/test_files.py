"""Files that are there whole or not at all, and what is no file."""

import os
import stat
import threading
from pathlib import Path

import pytest

from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.places import file_problem


def test_a_file_is_replaced_whole_and_is_its_owners_alone(tmp_path: Path):
    place = tmp_path / "health.xml"
    place.write_text("old")

    write_whole(place, "new")

    assert place.read_text() == "new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link(there: bool, tmp_path: Path):
    """CI links its reports into a shared folder; whoever reads there must find the new one."""
    (tmp_path / "shared").mkdir()
    real, link = tmp_path / "shared" / "real.xml", tmp_path / "link.xml"
    link.symlink_to(real)
    if there:
        real.write_text("old")

    write_whole(link, "new")

    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path):
    """Its reader waits for it; nobody else would ever send anything."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()

    assert file_problem(pipe) is None
    write_whole(pipe, "x" * 200_000)
    reader.join(20)

    assert read == ["x" * 200_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_open_file_of_somebody_is_written_into(tmp_path: Path):
    """`--junit /dev/stdout > all.txt`, `--junit >(cat)`: named by its number, not by its place."""
    with (tmp_path / "all.txt").open("w+") as held:
        held.write("said before; ")
        held.flush()
        place = Path(f"/dev/fd/{held.fileno()}")

        assert file_problem(place) is None
        write_whole(place, "the report")
        held.seek(0)

        assert held.read() == "said before; the report"
