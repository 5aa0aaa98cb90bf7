"""
Finds probe sessions that a dead check left open, and stops them.

Runs as a command and at the start of every check. What it may touch comes from the ledger alone:
sessions of customers, or of a check that is still watching, are none of its business.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from liveavatar_ops.health.ledger import Ledger, Row
from liveavatar_ops.health.owner import Liveness, Owner, liveness
from liveavatar_ops.health.stopping import close_row

SURELY_OVER_AFTER_S = 3600.0  # the service ends a session after about 200 s without a user
FORGET_CLOSED_AFTER_S = 90 * 24 * 3600.0


@dataclass(frozen=True)
class Swept:
    """What one round of the janitor did, as sentences; `failed` means something may still bill."""

    closed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """Of another API than the one given; they may bill there."""
    folders: int = 0
    """Working folders of dead checks that were removed."""


def sweep(
    ledger: Ledger,
    stop: Callable[[str], None],
    *,
    api_url: str,
    alive: Callable[[Owner], Liveness] = liveness,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Swept:
    """Close every row that nobody looks after any more; `stop` must speak to the API at `api_url`."""
    swept = Swept()
    for row in ledger.open_rows():
        if why := looked_after(row, alive=alive, now=now()):
            swept.left_alone.append(f"{label(row)}: {why}")
            continue
        if row.api_url != api_url and row.session_id is not None:
            _elsewhere(ledger, row, swept, now())
            continue
        outcome = close_row(ledger, row, stop, sleep=sleep, now=now, again="Run this again in a minute")
        (swept.closed if outcome.closed else swept.failed).append(f"{label(row)}: {outcome.sentence}")
    ledger.forget_closed(older_than_s=FORGET_CLOSED_AFTER_S)
    return swept


def why_not_ours(row: Row, *, api_url: str, alive: Callable[[Owner], Liveness], now: float) -> str:
    """Why an open row must be left alone; empty when it is the janitor's to close."""
    if why := looked_after(row, alive=alive, now=now):
        return why
    return f"it belongs to {row.api_url}" if row.api_url != api_url else ""


def looked_after(row: Row, *, alive: Callable[[Owner], Liveness], now: float) -> str:
    """Whose an open row still is; empty when its check is certainly dead."""
    if now > row.deadline_at:
        return ""  # even a hung check is over by now
    owners = [row.parent, *([row.child] if row.child else [])]
    states = {alive(owner) for owner in owners}
    if Liveness.alive in states:
        return f"its check is still running (process {row.parent.pid})"
    if Liveness.out_of_sight in states:
        return (
            f"its check runs on {row.parent.host}, which cannot be seen from here; it is over by its deadline"
        )
    return ""


def _elsewhere(ledger: Ledger, row: Row, swept: Swept, now: float) -> None:
    """Only the API that a session was started at can stop it, until that has ended it by itself."""
    if now > row.deadline_at + SURELY_OVER_AFTER_S:
        ledger.stopped(row.check_id, "of another API, and nobody in its room for an hour")
        swept.closed.append(f"{label(row)}: {row.api_url} has ended it by itself, nobody was in its room")
        return
    swept.elsewhere.append(
        f"{label(row)}: it may still be open and billing, but it belongs to {row.api_url}; set "
        "LIVEAVATAR_API_URL to that (and LIVEAVATAR_API_KEY to its key), then run the janitor again"
    )


def label(row: Row) -> str:
    """How a row is called in front of a reader."""
    return f"{row.target} ({row.session_id or 'no session id yet'}, {row.state})"
