"""
Two watchers never check the same thing at once, and a dead one is replaced.

A lease is a row with an owner, an end and a fencing token that only grows: whoever finishes a check must
still hold the lease of his token, or what he found is thrown away. A watcher that is seen to be dead (its
process, told apart by start time and boot) loses its leases at once, one that cannot be seen from here
when they run out. Its running check is ended first: it would be a second one.

When the machine sleeps, every lease on it runs out at once. So whoever finds that the clock went on while
the machine did not gives living watchers time to renew, and itself too, before he judges them.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from liveavatar_ops.health.owner import Liveness, Owner, liveness

TTL_S = 90.0
WAKING_SHARE = 1 / 3  # of the TTL: a living watcher that is late may renew before it is replaced
WOKEN_SHARE = 1 / 2  # of the TTL, after a sleep: more than a keeper's pause between two renewals


class Standing(StrEnum):
    """What a lease means for somebody else."""

    FREE = "free"
    HELD = "held"
    ORPHANED = "orphaned"
    """Its watcher is gone, its check is still running."""


@dataclass(frozen=True)
class Lease:
    """One row. Times are seconds since 1970."""

    name: str
    token: int
    owner: Owner
    child: Owner | None
    ttl_s: float
    taken_at: float
    expires_at: float


@dataclass(frozen=True)
class Taken:
    """A lease that is ours now, and the token of whoever lost it by that, if anybody did."""

    token: int
    replaces: int | None


class Leases:
    """The lease table as one watcher sees it. Each call works inside a transaction of the caller."""

    def __init__(
        self,
        owner: Owner,
        *,
        ttl_s: float = TTL_S,
        alive: Callable[[Owner], Liveness] = liveness,
        awake: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner = owner
        self.ttl_s = ttl_s
        self._alive = alive
        self._awake = awake
        self._asleep, self._woke_at = inf, -inf

    def look(self, now: float) -> None:
        """Note by how much the clock is ahead of the time that this machine was awake: more means a sleep."""
        asleep = now - self._awake()
        slept = asleep - self._asleep > self.ttl_s * WAKING_SHARE
        self._woke_at = now if slept else min(self._woke_at, now)  # the clock may be set back after it
        self._asleep = asleep

    def standing(self, lease: Lease | None, now: float) -> Standing:
        """Whether somebody else may take it."""
        if lease is None:
            return Standing.FREE
        holder = self._alive(lease.owner)
        if holder is Liveness.out_of_sight:
            return Standing.HELD if now < lease.expires_at else Standing.FREE
        late = lease.expires_at + lease.ttl_s * WAKING_SHARE, self._woke_at + lease.ttl_s * WOKEN_SHARE
        if holder is Liveness.alive and now < max(late):
            return Standing.HELD
        runs_on = lease.child is not None and self._alive(lease.child) is Liveness.alive
        return Standing.ORPHANED if runs_on else Standing.FREE

    def take(self, db: sqlite3.Connection, name: str, now: float) -> Taken | None:
        """Take a free lease, or one whose holder is gone; None while it is held or orphaned."""
        lease = find(db, name)
        if self.standing(lease, now) is not Standing.FREE:
            return None
        token = int(db.execute("UPDATE fence SET last = last + 1 RETURNING last").fetchone()[0])
        db.execute(
            "INSERT OR REPLACE INTO leases (name, token, owner, child, ttl_s, taken_at, expires_at)"
            " VALUES (?, ?, ?, NULL, ?, ?, ?)",
            (name, token, self.owner.model_dump_json(), self.ttl_s, now, now + self.ttl_s),
        )
        return Taken(token, lease.token if lease else None)

    def renew(self, db: sqlite3.Connection, name: str, token: int, now: float) -> bool:
        """Hold on to it; False if it is no longer ours."""
        done = db.execute(
            "UPDATE leases SET expires_at = ? WHERE name = ? AND token = ?", (now + self.ttl_s, name, token)
        )
        return done.rowcount == 1


def find(db: sqlite3.Connection, name: str) -> Lease | None:
    """The lease of this name, whoever holds it."""
    row = db.execute("SELECT * FROM leases WHERE name = ?", (name,)).fetchone()
    return _lease(row) if row else None


def every(db: sqlite3.Connection) -> list[Lease]:
    """All leases there are."""
    return [_lease(row) for row in db.execute("SELECT * FROM leases ORDER BY name")]


def note_child(db: sqlite3.Connection, name: str, token: int, child: Owner) -> bool:
    """Write down the process that does the work, before it begins; False if the lease is not ours."""
    done = db.execute(
        "UPDATE leases SET child = ? WHERE name = ? AND token = ?", (child.model_dump_json(), name, token)
    )
    return done.rowcount == 1


def is_held(db: sqlite3.Connection, name: str, token: int) -> bool:
    """Whether this token still counts."""
    found = db.execute("SELECT 1 FROM leases WHERE name = ? AND token = ?", (name, token)).fetchone()
    return found is not None


def give_back(db: sqlite3.Connection, name: str, token: int) -> bool:
    """Let go; False if it was not ours any more."""
    return db.execute("DELETE FROM leases WHERE name = ? AND token = ?", (name, token)).rowcount == 1


def bring_back(db: sqlite3.Connection, now: float) -> None:
    """After the clock was set back no lease lasts longer than if it were renewed now."""
    db.execute("UPDATE leases SET expires_at = ? + ttl_s WHERE expires_at > ? + ttl_s", (now, now))


def _lease(row: sqlite3.Row) -> Lease:
    return Lease(
        name=row["name"],
        token=row["token"],
        owner=Owner.model_validate_json(row["owner"]),
        child=Owner.model_validate_json(row["child"]) if row["child"] else None,
        ttl_s=row["ttl_s"],
        taken_at=row["taken_at"],
        expires_at=row["expires_at"],
    )
