"""A new state directory that several use at the same moment: nobody is told that it is locked."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import this_process
from liveavatar_ops.health.write_ahead import write_ahead
from liveavatar_ops.schedule.database import Database

AT_ONCE, ROUNDS = 6, 40


def plan(path: Path, number: int) -> None:
    Ledger(path).plan(str(number), target="desk", api_url="", parent=this_process(), deadline_at=2e9)


def prepare(path: Path, _: int) -> None:
    database = Database(path)
    database.prepare()
    database.close()


BOTH = pytest.mark.parametrize("use", [plan, prepare], ids=["the ledger", "the watcher's memory"])


@BOTH
def test_whoever_comes_while_a_new_file_is_made_waits(
    tmp_path: Path, use: Callable[[Path, int], None]
) -> None:
    """Its maker is about to write and has not switched it yet: SQLite would refuse the switch at once."""
    path = tmp_path / "new.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as maker:
        maker.execute("CREATE TABLE t (a)")
        maker.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.3, maker.execute, ["COMMIT"])
        done.start()
        use(path, 1)
        done.join()


@BOTH
def test_several_may_use_a_new_file_at_the_same_moment(
    tmp_path: Path, use: Callable[[Path, int], None]
) -> None:
    """Checks of a machine's first scheduled minute all begin together."""
    failed: list[Exception] = []

    def begin(path: Path, number: int, together: threading.Barrier) -> None:
        together.wait()
        try:
            use(path, number)
        except Exception as why:  # noqa: BLE001 - told below
            failed.append(why)

    for each in range(ROUNDS):
        path, together = tmp_path / f"{each}.sqlite3", threading.Barrier(AT_ONCE)
        threads = [threading.Thread(target=begin, args=(path, n, together)) for n in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failed == []


def test_a_file_that_stays_locked_is_told(tmp_path: Path) -> None:
    """And one that cannot be written is told at once."""
    path = tmp_path / "l.sqlite3"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as holder,
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db,
    ):
        holder.execute("CREATE TABLE t (a)")
        holder.execute("BEGIN EXCLUSIVE")

        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(db, within_s=0.1)

        holder.execute("ROLLBACK")
        write_ahead(db)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
