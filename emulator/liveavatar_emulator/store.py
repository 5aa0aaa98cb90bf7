"""Keeps what the emulator knows in one SQLite file, so that it survives a restart or a crash."""

import os
import sqlite3
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
  UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class StateUnusable(Exception):
    """The state file cannot be used; the text says which, why and what to do."""


class Record(BaseModel):
    """Anything kept on a shelf: it has an id, and times are seconds since the epoch."""

    id: str


R = TypeVar("R", bound=Record)


class Store:
    """
    One SQLite database, readable by its owner only.

    ``path=None`` keeps everything in memory. The file is held exclusively while in use, because two
    emulators on one file would each act on half of the truth. Secret values are in it (the emulator must
    know them to use them), hence the file mode 0600.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError as why:
            raise StateUnusable(_advice(path, str(why))) from None
        except OSError as why:
            raise StateUnusable(_advice(path, str(why.strerror))) from None

    def shelf(self, kind: str, model: type[R]) -> "Shelf[R]":
        """All records of one kind, loaded once and written through."""
        return Shelf(self._db, kind, model)

    def setting(self, name: str) -> str | None:
        """One remembered value, or None if it was never set."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Set one remembered value."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Write everything down and let go of the file."""
        self._db.close()


class Shelf(Generic[R]):
    """Records of one kind in the order they were made."""

    def __init__(self, db: sqlite3.Connection, kind: str, model: type[R]) -> None:
        self._db = db
        self._kind = kind
        rows = db.execute("SELECT body FROM documents WHERE kind = ? ORDER BY seq", (kind,))
        loaded = (model.model_validate_json(row[0]) for row in rows)
        self._records: dict[str, R] = {record.id: record for record in loaded}

    def __len__(self) -> int:
        return len(self._records)

    def get(self, identifier: str) -> R | None:
        """The record, or None."""
        return self._records.get(identifier)

    def oldest_first(self) -> list[R]:
        """All records, in the order they were made."""
        return list(self._records.values())

    def newest_first(self) -> list[R]:
        """All records, the last made first (LiveAvatar API facts §2.1, §2.3)."""
        return self.oldest_first()[::-1]

    def put(self, record: R) -> R:
        """Keep a new record, or write down a changed one."""
        self._db.execute(
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (self._kind, record.id, record.model_dump_json()),
        )
        self._records[record.id] = record
        return record

    def remove(self, identifier: str) -> None:
        """Forget a record; unknown ids are fine."""
        self._db.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (self._kind, identifier))
        self._records.pop(identifier, None)

    def clear(self) -> None:
        """Forget all records of this kind."""
        self._db.execute("DELETE FROM documents WHERE kind = ?", (self._kind,))
        self._records.clear()


def _open(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    # One event loop uses the connection, but not always from the thread that opened it.
    db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=1)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found not in (0, _VERSION):
        raise sqlite3.DatabaseError(f"it was written by another version of the emulator (format {found})")
    db.executescript(_SCHEMA)
    db.execute(f"PRAGMA user_version = {_VERSION}")
    return db


def _advice(path: Path | None, why: str) -> str:
    if "locked" in why:
        return (
            f"{path} is in use by another emulator; stop that one, name another --state, or use --ephemeral"
        )
    return f"cannot use {path} as state: {why}; name another file with --state, or use --ephemeral"
