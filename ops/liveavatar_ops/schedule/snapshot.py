"""One look at everything, for whoever shows it: the page, /metrics, the textfile, OTLP, JSON."""

import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule import lease, plan, store, windows
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases, Standing
from liveavatar_ops.schedule.plan import Hold, Wait
from liveavatar_ops.schedule.states import State, TargetState
from liveavatar_ops.schedule.store import RunRow
from liveavatar_ops.schedule.targets import WatchTarget

STRIP = 60
DAY_S = 86400.0
SPANS = (("24 h", DAY_S), ("7 days", 7 * DAY_S), ("30 days", 30 * DAY_S))
MOST_VALUES = 5000


@dataclass(frozen=True)
class Uptime:
    """Share of conclusive checks that were not unhealthy, None where there were none."""

    label: str
    share: float | None
    checks: int


@dataclass(frozen=True)
class TargetView:
    """One target: what it is, what it was, what comes."""

    target: WatchTarget
    state: TargetState
    due: float
    waits_for: Hold | None
    running: bool
    runs: tuple[RunRow, ...]
    """The last checks, oldest first, the running one among them."""
    uptimes: tuple[Uptime, ...]
    first_frames: tuple[float, ...]
    """Of the last seven days, oldest first."""

    @property
    def last(self) -> RunRow | None:
        """The newest check that came to an end of its own."""
        return next((run for run in reversed(self.runs) if run.stage == "done"), None)

    @property
    def conclusive(self) -> RunRow | None:
        """The newest of these checks that said something about the avatar, None where none of them did."""
        ended = (run for run in reversed(self.runs) if run.stage == "done")
        return next((run for run in ended if run.verdict != Verdict.INCONCLUSIVE), None)

    @property
    def telling(self) -> RunRow | None:
        """The check that says why the state is what it is: the last conclusive one, or if blind the last."""
        if self.state.shown is State.BLIND:
            return self.last
        return self.conclusive or self.last

    @property
    def p50(self) -> float | None:
        """Median time to first frame, seconds."""
        return percentile(self.first_frames, 0.5)

    @property
    def p95(self) -> float | None:
        """95th percentile of time to first frame, seconds."""
        return percentile(self.first_frames, 0.95)


@dataclass(frozen=True)
class Snapshot:
    """Everything at one moment (seconds since 1970)."""

    at: float
    zone: str
    targets: tuple[TargetView, ...]
    spent: float
    budget: float | None
    day_ends: float
    quota_until: float | None
    leases: int
    watchers: tuple[str, ...]
    """Process and host of those that hold a lease."""
    undelivered: int
    """Messages of the last 24 h that nobody could be given within the bounds."""
    lines_lost: int = 0
    """Lines of this watcher's log that could not be written."""
    not_read: str = ""
    """Why stacks or template files could not be read again; until they can, the old targets are watched."""


class Camera:
    """Takes snapshots; `elsewhere` gives credits that no watcher's check cost since a moment."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        config: WatchConfig,
        targets: Sequence[WatchTarget],
        *,
        now: Callable[[], float],
        elsewhere: Callable[[float], float] = lambda _: 0.0,
        lines_lost: Callable[[], int] = lambda: 0,
    ) -> None:
        self._db = database
        self._leases = leases
        self._config = config
        self._targets = list(targets)
        self._now = now
        self._elsewhere = elsewhere
        self._lines_lost = lines_lost
        self._not_read = ""

    def watch(self, targets: Sequence[WatchTarget]) -> None:
        """From now on these are shown."""
        self._targets = list(targets)

    def not_read(self, why: str) -> None:
        """From now on this is why targets could not be read again; "" when they could."""
        self._not_read = why

    def snapshot(self) -> Snapshot:
        """Read in one transaction. StoreError if the memory cannot be read."""
        now, zone, targets = self._now(), self._config.time_zone, self._targets
        begin = windows.day_begin(now, zone)
        elsewhere = self._elsewhere(begin)
        with self._db.reading() as db:
            held = [x for x in lease.every(db) if self._leases.standing(x, now) is not Standing.FREE]
            known = store.all_known(db)
            backoff = store.backoff(db)
            account = plan.Account(store.spent_since(db, begin) + elsewhere, len(held), backoff)
            views = tuple(
                self._view(
                    db, target, known[target.name], now=now, account=account, running={x.name for x in held}
                )
                for target in targets
                if target.name in known
            )
            lost = store.lost_since(db, now - DAY_S)
        return Snapshot(
            at=now,
            zone=zone,
            targets=views,
            spent=account.spent,
            budget=self._config.budget.credits_a_day,
            day_ends=windows.next_day_begin(now, zone),
            quota_until=backoff.until if backoff.until > now else None,
            leases=len(held),
            watchers=tuple(sorted({f"{x.owner.pid}@{x.owner.host}" for x in held})),
            undelivered=int(lost),
            lines_lost=self._lines_lost(),
            not_read=self._not_read,
        )

    def run(self, token: int) -> RunRow | None:
        """One check by its number."""
        with self._db.reading() as db:
            return store.run_of(db, token)

    def _view(
        self,
        db: sqlite3.Connection,
        target: WatchTarget,
        known: store.Known,
        *,
        now: float,
        account: plan.Account,
        running: set[str],
    ) -> TargetView:
        moment = max(now, known.due)  # what it will meet when it is due
        decision = plan.decide(
            target, known.state, known.due, now=moment, account=_alone(account), config=self._config
        )
        waits = isinstance(decision, Wait)
        return TargetView(
            target=target,
            state=known.state,
            due=decision.until if isinstance(decision, Wait) else known.due,
            waits_for=decision.why if isinstance(decision, Wait) and waits else None,
            running=target.name in running,
            runs=tuple(store.runs_of(db, target.name, last=STRIP)),
            uptimes=tuple(_uptime(db, target.name, label, now - span) for label, span in SPANS),
            first_frames=_first_frames(db, target.name, now - 7 * DAY_S),
        )


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank: a value that was really seen. None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _alone(account: plan.Account) -> plan.Account:
    """A place among the parallel checks comes free by itself; waiting for it is not worth a word."""
    return plan.Account(account.spent, 0, account.backoff)


def _uptime(db: sqlite3.Connection, name: str, label: str, begin: float) -> Uptime:
    row = db.execute(
        "SELECT count(*) AS n, total(verdict <> 'unhealthy') AS good FROM runs"
        " WHERE target = ? AND started_at >= ? AND stage = 'done' AND verdict <> 'inconclusive'",
        (name, begin),
    ).fetchone()
    return Uptime(label, row["good"] / row["n"] if row["n"] else None, row["n"])


def _first_frames(db: sqlite3.Connection, name: str, begin: float) -> tuple[float, ...]:
    rows = db.execute(
        "SELECT first_frame_s FROM runs WHERE target = ? AND started_at >= ? AND first_frame_s IS NOT NULL"
        " AND stage = 'done' ORDER BY token DESC LIMIT ?",
        (name, begin, MOST_VALUES),
    ).fetchall()
    return tuple(row["first_frame_s"] for row in reversed(rows))
