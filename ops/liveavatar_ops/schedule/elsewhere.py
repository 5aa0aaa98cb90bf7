"""
What others use of the same account: credits of checks made by hand, sessions of customers.

The ledger of probe sessions tells our own from others': its rows name the process of the check.
"""

import sqlite3
import time
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from liveavatar_ops.health.owner import Owner
from liveavatar_ops.health.session_cost import ABANDONED_S, cost_until
from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.database import Database

DAY_S = 86400.0
DEAREST_A_MINUTE = 2.0  # for a row of an earlier version, which does not say what a minute costs


class Elsewhere:
    """`active` asks the API for the ids of all open sessions, or gives None if it does not answer."""

    def __init__(
        self,
        ledger: Path,
        database: Database,
        *,
        api_url: str | None = None,
        active: Callable[[], Collection[str] | None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._db = database
        self._api_url = api_url
        self._active = active
        self._now = now

    def credits_since(self, begin: float) -> float:
        """Credits of checks on this machine that no watcher made."""
        ours = self._ours(begin)
        now = self._now()
        rows = [row for row in self._rows(begin) if row["planned_at"] <= now]  # later: the clock was set back
        return sum(_credits(row, now) for row in rows if _process(row["parent"]) not in ours)

    def foreign_sessions(self) -> int | None:
        """Open sessions of the account that are not our checks; None where nobody could tell."""
        active = self._active()
        if active is None:
            return None
        begin = self._now() - DAY_S
        ours = self._ours(begin)
        mine = {row["session_id"] for row in self._rows(begin) if _process(row["parent"]) in ours}
        return len(set(active) - mine)

    def _ours(self, begin: float) -> set[tuple[int, str, str]]:
        with self._db.reading() as db:
            return {_key(child) for child in store.children_since(db, begin - DAY_S)}

    def _rows(self, begin: float) -> list[sqlite3.Row]:
        if not self._ledger.exists():
            return []
        try:
            with closing(sqlite3.connect(f"{self._ledger.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
                db.row_factory = sqlite3.Row
                return db.execute(
                    "SELECT * FROM probe_sessions WHERE planned_at >= ? AND (? IS NULL OR api_url = ?)",
                    (begin, self._api_url, self._api_url),
                ).fetchall()
        except sqlite3.Error:
            return []  # a ledger that cannot be read lets no check start either


def _key(owner: Owner) -> tuple[int, str, str]:
    return owner.pid, owner.started, owner.boot_id


def _process(written: str) -> tuple[int, str, str]:
    return _key(Owner.model_validate_json(written))


def _credits(row: sqlite3.Row, now: float) -> float:
    """What the row says it cost; while it is open, its begun minutes so far."""
    if row["credits"] is not None:
        return float(row["credits"])
    rate = row["rate"] if "rate" in row.keys() else None  # noqa: SIM118 (`in` a row looks at its values)
    end = now if row["closed_at"] is None else float(row["closed_at"])
    end = min(end, float(row["deadline_at"]) + ABANDONED_S)  # a row that nobody closed does not grow for ever
    spent = cost_until(DEAREST_A_MINUTE if rate is None else rate, row["starting_at"], end)
    assert spent is not None  # known, as the rate is
    return spent
