"""The folders of checks: gone with the check, swept if it was killed, never taken from the living."""

import json
import os
import time
from pathlib import Path

import pytest

from liveavatar_ops.health.checking import sweep_first
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import Liveness, Owner, this_process
from liveavatar_ops.health.workdir import (
    NOBODYS_AFTER_S,
    OWNERS_FILE,
    PREFIX,
    claim,
    sweep_folders,
    working_folder,
)
from pulumi_liveavatar.settings import Settings

NOW = 2_000_000_000.0
PARENT, CHILD = (Owner(pid=n, started="1", boot_id="b", host="here", pid_namespace="ns") for n in (11, 12))


def folder(root: Path, *owners: Owner, name: str = "x") -> Path:
    """What a check leaves that was killed: its raw pictures, and who worked there."""
    made = root / f"{PREFIX}{name}"
    made.mkdir()
    (made / "clip.frames").write_bytes(b"0" * 1000)
    if owners:
        claim(made, *owners)
    return made


def those(dead: set[int]):
    return lambda who: Liveness.dead if who.pid in dead else Liveness.alive


def test_a_check_names_itself_and_cleans_up_after_itself():
    """From the first moment on, so that a janitor next door leaves it alone."""
    with working_folder() as made:
        owners = json.loads((made / OWNERS_FILE).read_text())
        sweep_folders(time.time())
        there = made.exists()

    assert owners == [this_process().model_dump()]
    assert there
    assert not made.exists()


@pytest.mark.parametrize(("dead", "gone"), [({11, 12}, True), ({11}, False), ({12}, False), (set(), False)])
def test_a_folder_goes_when_all_who_worked_there_are_dead(tmp_path: Path, dead: set[int], gone: bool):
    """A child outlives its parent for the moment that it takes to stop its session."""
    left = folder(tmp_path, PARENT, CHILD)

    assert sweep_folders(NOW, root=tmp_path, alive=those(dead)) == int(gone)
    assert left.exists() is not gone


def test_what_cannot_be_seen_from_here_is_left(tmp_path: Path):
    """A check in another container, with the same folder for temporary files."""
    folder(tmp_path, PARENT)

    assert sweep_folders(NOW, root=tmp_path, alive=lambda _: Liveness.out_of_sight) == 0


def test_a_folder_of_nobody_goes_after_a_day(tmp_path: Path):
    """Its check was killed before it could name itself; a fresh one may be about to."""
    left = folder(tmp_path)
    for path in (left / "clip.frames", left):
        os.utime(path, (NOW, NOW))
    early = sweep_folders(NOW + NOBODYS_AFTER_S - 1, root=tmp_path, alive=those({11}))
    late = sweep_folders(NOW + NOBODYS_AFTER_S + 1, root=tmp_path, alive=those({11}))

    assert (early, late) == (0, 1)


def test_links_and_other_peoples_names_are_not_followed(tmp_path: Path):
    """The folder for temporary files is everybody's."""
    precious = tmp_path / "precious"
    precious.mkdir()
    claim(precious, PARENT)
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    damaged = folder(tmp_path, name="damaged")
    (damaged / OWNERS_FILE).write_text("{")

    assert sweep_folders(NOW * 2, root=tmp_path, alive=those({11})) == 0
    assert (precious / OWNERS_FILE).exists()
    assert damaged.exists()


def test_sessions_are_closed_also_where_no_folder_for_temporary_files_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Folders are housekeeping; sessions bill."""

    def none_usable() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", none_usable)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.plan("c", target="desk", api_url="", parent=PARENT, deadline_at=0.0)
    settings = Settings(LIVEAVATAR_API_KEY="k" * 20, LIVEAVATAR_API_URL="http://127.0.0.1:1")

    swept = sweep_first(settings, ledger)

    assert len(swept.closed) == 1
    assert ledger.open_rows() == []
