"""A memory that is damaged: what to do, and what is lost by it."""

import sqlite3
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.elsewhere import Elsewhere
from tests.support.watching import NOON, Clock, config, outcome, owner, target, watcher

API = "https://api.example.com"


def refusal(path: Path) -> str:
    with pytest.raises(StoreError) as refused:
        Database(path).prepare()
    return str(refused.value)


def test_a_file_that_is_no_database_is_to_be_moved_away(tmp_path: Path):
    """To make the place writable would not help."""
    path = tmp_path / "w.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 50)
    said = refusal(path)

    assert said.startswith(f"The watcher's memory {path} cannot be used: file is not a database. Stop all ")
    assert "move this file away, with the -wal and -shm beside it" in said
    assert "Forgotten with it are history, states and messages not sent yet" in said
    assert "today's credits" in said
    assert "writable" not in said


def test_what_the_system_refused_is_told_in_words(tmp_path: Path):
    """Not as its number and the path once more."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "state" / "w.sqlite3"

    assert refusal(path).startswith(f"The watcher's memory {path} cannot be used: not a directory. Make")


def test_a_damaged_page_is_seen_while_watching_too(tmp_path: Path):
    """Not only at the start; reading says the same as writing."""
    path = tmp_path / "w.sqlite3"
    Database(path).prepare()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))

    with pytest.raises(StoreError, match=r"malformed.*move this file away"), Database(path).reading() as db:
        db.execute("SELECT * FROM leases").fetchall()


@pytest.mark.parametrize("why", ["database or disk is full", "attempt to write a readonly database"])
def test_a_place_that_cannot_be_written_is_to_be_made_writable(tmp_path: Path, why: str):
    """There the file is in order, and nothing is to be moved."""
    database = Database(tmp_path / "w.sqlite3")
    database.prepare()
    with pytest.raises(StoreError) as refused, database.writing():
        raise sqlite3.OperationalError(why)

    assert "Make that place writable" in str(refused.value)
    assert "move" not in str(refused.value)


@pytest.mark.parametrize("moved", [False, True])
def test_todays_credits_are_known_without_the_memory(tmp_path: Path, moved: bool):
    """The ledger of sessions stays where it is, and a check that nobody remembers is one of others."""
    clock, path = Clock(), tmp_path / "w.sqlite3"
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=clock)
    ledger.plan("c", target="desk", api_url=API, parent=owner(50), deadline_at=NOON + 999, rate=1.0)
    ledger.minted("c", "s")
    ledger.starting("c")
    ledger.started("c")
    ledger.stopped("c", "stopped", credits_spent=2.0)
    settings = config(budget={"credits_a_day": 3})
    rounds = watcher(path, clock, [target()], settings)
    run = rounds.start_due().started[0]
    rounds.child_is(run, owner(50))
    rounds.finish(run, outcome(credits=2.0))
    if moved:
        for each in tmp_path.glob("w.sqlite3*"):
            each.rename(tmp_path / f"away-{each.name}")
    database = Database(path)
    database.prepare()
    seen = Elsewhere(ledger.path, database, api_url=API, now=clock)
    again = watcher(path, clock, [target()], settings, elsewhere=seen.credits_since)
    clock.at += 600.0

    assert seen.credits_since(NOON - 60) == (2.0 if moved else 0.0)
    assert again.start_due().started == [], "2 of 3 are spent either way, and a check may cost 2"
