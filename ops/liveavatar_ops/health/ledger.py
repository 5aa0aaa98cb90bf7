"""
Remembers every probe session from before it exists until it is certainly stopped.

A session that nobody stops bills on and, on a small plan, locks customers out (LiveAvatar API facts
§4). So the row is written before the token is asked for, each step is on disk before the next call
is made, and whoever survives (child, parent, janitor) reads here what is left to stop. It holds ids
and times only, never a key or a token.

    planned ──► minted ──► starting ──► started ──► stopped
       └──► void (no session came to be)
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.health.owner import Owner
from liveavatar_ops.health.places import why_of
from liveavatar_ops.health.session_cost import ABANDONED_S, cost_until
from liveavatar_ops.health.write_ahead import BUSY_S, write_ahead

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE IF NOT EXISTS probe_sessions (
    check_id    TEXT PRIMARY KEY,
    state       TEXT NOT NULL,
    session_id  TEXT,
    target      TEXT NOT NULL,
    api_url     TEXT NOT NULL,
    parent      TEXT NOT NULL,
    child       TEXT,
    planned_at  REAL NOT NULL,
    minted_at   REAL,
    starting_at REAL,
    started_at  REAL,
    closed_at   REAL,
    deadline_at REAL NOT NULL,
    note        TEXT NOT NULL DEFAULT '',
    credits     REAL,
    rate        REAL
) STRICT;
CREATE INDEX IF NOT EXISTS probe_sessions_by_state ON probe_sessions (state);
"""
SINCE_1 = "ALTER TABLE probe_sessions ADD COLUMN rate REAL"


class State(StrEnum):
    """How far a probe session has come; `starting` means sent and not answered."""

    planned = "planned"
    minted = "minted"
    starting = "starting"
    started = "started"
    stopped = "stopped"
    void = "void"


OPEN = (State.planned, State.minted, State.starting, State.started)


class Row(BaseModel):
    """
    One probe session; times are seconds since 1970, `deadline_at` when even a hung check is over.

    `rate` is what a begun minute costs; `credits` what it did cost, or None while that is not known.
    """

    model_config = ConfigDict(frozen=True)

    check_id: str
    state: State
    session_id: str | None
    target: str
    api_url: str
    parent: Owner
    child: Owner | None
    planned_at: float
    minted_at: float | None
    starting_at: float | None
    started_at: float | None
    closed_at: float | None
    deadline_at: float
    note: str
    credits: float | None
    rate: float | None


class LedgerError(Exception):
    """The ledger cannot be used, so no session may be started."""


class Ledger:
    """The SQLite file; safe to use from several processes and threads at once."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self._now = now

    def plan(
        self,
        check_id: str,
        *,
        target: str,
        api_url: str,
        parent: Owner,
        deadline_at: float,
        rate: float | None = None,
    ) -> None:
        """
        Write down that a session is about to be asked for, and what a minute of it costs.

        Nothing is asked for if this fails.
        """
        with self._write() as db:
            db.execute(
                "INSERT INTO probe_sessions"
                " (check_id, state, target, api_url, parent, planned_at, deadline_at, rate)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (check_id, State.planned, target, api_url, parent.model_dump_json(),
                 self._now(), deadline_at, rate),
            )  # fmt: skip

    def taken_by(self, check_id: str, child: Owner) -> None:
        """Note the process that does the work, so that its death can be seen."""
        with self._write() as db:
            taken = "UPDATE probe_sessions SET child = ? WHERE check_id = ?"
            db.execute(taken, (child.model_dump_json(), check_id))

    def minted(self, check_id: str, session_id: str) -> None:
        """A token exists for this session id; from here on there may be something to stop."""
        self._move(check_id, State.minted, since=(State.planned,), session_id=session_id)

    def starting(self, check_id: str) -> None:
        """`start` is about to be sent; until its answer comes nobody knows whether it billed."""
        self._move(check_id, State.starting, since=(State.minted,))

    def started(self, check_id: str) -> None:
        """The session is open and bills."""
        self._move(check_id, State.started, since=(State.starting,))

    def stopped(self, check_id: str, note: str, *, credits_spent: float | None = None) -> None:
        """
        The session is certainly over. Saying so twice is fine.

        Without `credits_spent` it cost its begun minutes since start was sent, where the rate is known:
        however late somebody looks, a session outlives its dead check by no more than ABANDONED_S.
        """
        if credits_spent is None and (row := self.get(check_id)) is not None:
            until = min(self._now(), row.deadline_at + ABANDONED_S)
            credits_spent = cost_until(row.rate, row.starting_at, until)
        self._close(check_id, State.stopped, note, credits_spent)

    def void(self, check_id: str, note: str) -> None:
        """No session came to be, or none whose id anybody knows; it cost nothing."""
        self._close(check_id, State.void, note, 0.0)

    def spent(self, check_id: str, credits_spent: float) -> None:
        """What the session cost as its check reports it, which knows better than a row's two moments."""
        with self._write() as db:
            db.execute(
                "UPDATE probe_sessions SET credits = ? WHERE check_id = ? AND state <> ?",
                (credits_spent, check_id, State.void),
            )

    def stop_failed(self, check_id: str, note: str) -> None:
        """Keep the row open and say why, for the next one who tries."""
        with self._write() as db:
            db.execute("UPDATE probe_sessions SET note = ? WHERE check_id = ?", (note, check_id))

    def get(self, check_id: str) -> Row | None:
        """The row of a check, or None."""
        with self._read() as db:
            found = db.execute("SELECT * FROM probe_sessions WHERE check_id = ?", (check_id,)).fetchone()
        return _row(found) if found else None

    def open_rows(self) -> list[Row]:
        """Everything that is not certainly over, oldest first; empty where no check ever ran."""
        if not self._is_there():
            return []
        marks = ", ".join("?" for _ in OPEN)
        with self._read() as db:
            found = db.execute(
                f"SELECT * FROM probe_sessions WHERE state IN ({marks}) ORDER BY planned_at",  # noqa: S608 (marks are question marks)
                OPEN,
            ).fetchall()
        return [_row(each) for each in found]

    def forget_closed(self, *, older_than_s: float) -> int:
        """Drop rows that have been closed for long, so that the file stays small. Returns how many."""
        if not self._is_there():
            return 0
        with self._write() as db:
            old = "DELETE FROM probe_sessions WHERE closed_at IS NOT NULL AND closed_at < ?"
            return db.execute(old, (self._now() - older_than_s,)).rowcount

    def _move(
        self, check_id: str, to: State, *, since: tuple[State, ...], session_id: str | None = None
    ) -> None:
        marks = ", ".join("?" for _ in since)
        with self._write() as db:
            done = db.execute(
                f"UPDATE probe_sessions SET state = ?, {to}_at = ?, session_id = coalesce(?, session_id)"  # noqa: S608 (to is an enum member)
                f" WHERE check_id = ? AND state IN ({marks})",
                (to, self._now(), session_id, check_id, *since),
            )
            if done.rowcount != 1:
                raise LedgerError(
                    f"The ledger does not let probe session {check_id} become {to}: it is not "
                    f"{' or '.join(since)} (another process closed it). Run the check again."
                )

    def _close(self, check_id: str, to: State, note: str, credits_spent: float | None) -> None:
        marks = ", ".join("?" for _ in OPEN)
        with self._write() as db:
            db.execute(
                "UPDATE probe_sessions SET state = ?, closed_at = ?, note = ?, credits = coalesce(?, credits)"  # noqa: S608 (marks are question marks)
                f" WHERE check_id = ? AND state IN ({marks})",
                (to, self._now(), note, credits_spent, check_id, *OPEN),
            )

    def _is_there(self) -> bool:
        try:
            self.path.stat()
        except FileNotFoundError:
            return False
        except OSError as why:  # another user's folder, or no folder: what it holds, nobody here can tell
            raise self._unusable(why) from None
        return True

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._connect()) as db:
                yield db
        except (sqlite3.Error, OSError) as why:
            raise self._unusable(why) from None

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._read() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        db.row_factory = sqlite3.Row
        write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")  # the row must be on disk before the call is made
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            db.close()
            raise LedgerError(
                f"The ledger {self.path} is of a newer liveavatar-ops (layout {version}, this one knows "
                f"{SCHEMA_VERSION}). Bring liveavatar-ops up to date, or set LIVEAVATAR_OPS_STATE."
            )
        if version < SCHEMA_VERSION:
            _bring_up_to_date(db)
        return db

    def _unusable(self, why: Exception) -> LedgerError:
        damaged = isinstance(why, sqlite3.DatabaseError) and not isinstance(why, sqlite3.OperationalError)
        said = why_of(why) if isinstance(why, OSError) else why
        mend = (
            "Move that file away (it knows what killed checks left open)"
            if damaged
            else "Make that place writable"
        )
        return LedgerError(
            f"The ledger {self.path} cannot be used: {said}. No session is started without it, because "
            f"nobody could stop it after a crash. {mend}, or set LIVEAVATAR_OPS_STATE."
        )


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables, or those of an earlier layout ours; of several processes one does it."""
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    statements = SCHEMA.split(";\n") if version == 0 else [SINCE_1] if version == 1 else []
    for statement in statements:
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


def _row(found: sqlite3.Row) -> Row:
    fields = dict(found)
    fields["parent"] = Owner.model_validate_json(fields["parent"])
    fields["child"] = Owner.model_validate_json(fields["child"]) if fields["child"] else None
    return Row.model_validate(fields)
