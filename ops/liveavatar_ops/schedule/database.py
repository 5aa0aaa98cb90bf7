"""
The one SQLite file that watchers of a machine share: leases, runs, states, messages to send.

Write-ahead log, short transactions that begin by taking the write lock: what is read inside one cannot be
changed by another watcher before it is written. Holds no key, no token and no webhook address.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from liveavatar_ops.health.places import why_of
from liveavatar_ops.health.write_ahead import BUSY_S, write_ahead

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE fence (last INTEGER NOT NULL) STRICT;
INSERT INTO fence VALUES (0);
CREATE TABLE leases (
    name TEXT PRIMARY KEY, token INTEGER NOT NULL, owner TEXT NOT NULL, child TEXT,
    ttl_s REAL NOT NULL, taken_at REAL NOT NULL, expires_at REAL NOT NULL
) STRICT;
CREATE TABLE targets (
    name TEXT PRIMARY KEY, due REAL NOT NULL, state TEXT NOT NULL, first_seen REAL NOT NULL
) STRICT;
CREATE TABLE runs (
    token INTEGER PRIMARY KEY, target TEXT NOT NULL, kind TEXT NOT NULL, stage TEXT NOT NULL,
    started_at REAL NOT NULL, ended_at REAL, reserved REAL NOT NULL, if_lost REAL NOT NULL, credits REAL,
    child TEXT, verdict TEXT, cause TEXT,
    headline TEXT NOT NULL DEFAULT '', next_step TEXT NOT NULL DEFAULT '',
    first_frame_s REAL, fps REAL, longest_gap_s REAL, evidence TEXT, sheet TEXT, report TEXT
) STRICT;
CREATE INDEX runs_by_target ON runs (target, started_at);
CREATE INDEX runs_by_start ON runs (started_at);
CREATE TABLE account (only INTEGER PRIMARY KEY CHECK (only = 1), backoff TEXT NOT NULL, told_day TEXT) STRICT;
INSERT INTO account VALUES (1, '{}', NULL);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, channel TEXT NOT NULL, target TEXT NOT NULL,
    message TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, try_at REAL NOT NULL,
    sent_at REAL, given_up TEXT
) STRICT;
"""
SINCE_1 = "ALTER TABLE runs ADD COLUMN report TEXT"


class StoreError(Exception):
    """The watcher's memory cannot be used; the text says which file and what to do."""


class Database:
    """Opens the file anew for every use, so that threads and processes may share it freely."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._anchor: sqlite3.Connection | None = None

    def prepare(self) -> None:
        """Make the file, or bring its layout up to date. Raises StoreError."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(self._connect()) as db:
                write_ahead(db)
                db.execute("BEGIN IMMEDIATE")  # two watchers that start together make it once
                version = db.execute("PRAGMA user_version").fetchone()[0]
                if version > SCHEMA_VERSION:
                    raise StoreError(
                        f"{self.path} is of a newer liveavatar-ops (layout {version}, this one knows "
                        f"{SCHEMA_VERSION}). Bring liveavatar-ops up to date, or set LIVEAVATAR_OPS_STATE."
                    )
                for statement in {0: SCHEMA.split(";\n"), 1: [SINCE_1]}.get(version, []):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                db.execute("COMMIT")
            # The last connection to close would write the whole log back, each time; this one stays open.
            self._anchor = self._anchor or self._connect(any_thread=True)
            self._anchor.execute("SELECT count(*) FROM fence").fetchone()
        except (sqlite3.Error, OSError) as why:
            raise self._unusable(why) from None

    def close(self) -> None:
        """Let go of the file; it may be used again after this, only slower."""
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view."""
        try:
            with closing(self._connect()) as db:
                db.execute("BEGIN")
                yield db
                db.execute("COMMIT")
        except (sqlite3.Error, OSError) as why:
            raise self._unusable(why) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, with the write lock from its first line; undone if anything is raised."""
        try:
            with closing(self._connect()) as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except (sqlite3.Error, OSError) as why:
            raise self._unusable(why) from None

    def _connect(self, *, any_thread: bool = False) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=not any_thread
        )
        db.row_factory = sqlite3.Row
        # A dead process loses nothing; after a power cut the ledger still knows each session and its cost.
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    def _unusable(self, why: Exception) -> StoreError:
        if isinstance(why, sqlite3.DatabaseError) and not isinstance(why, sqlite3.OperationalError):
            return self._damaged(why)
        said = why_of(why) if isinstance(why, OSError) else why
        return StoreError(
            f"The watcher's memory {self.path} cannot be used: {said}. Make that place writable "
            "(a local disk, not a network share), or set LIVEAVATAR_OPS_STATE to another directory."
        )

    def _damaged(self, why: Exception) -> StoreError:
        return StoreError(
            f"The watcher's memory {self.path} cannot be used: {why}. Stop all watchers and move this file "
            "away, with the -wal and -shm beside it; the next watcher makes a new one. Forgotten with it are "
            "history, states and messages not sent yet; today's credits are then those that the ledger of "
            "sessions knows (none, if you set LIVEAVATAR_OPS_STATE to another directory instead)."
        )
