"""What checks of the past left behind: sessions that nobody looks after."""

import time
from collections.abc import Callable

from liveavatar_ops.doctor.finding import Finding, broken, broken_by, ok, skipped
from liveavatar_ops.health.janitor import why_not_ours
from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.owner import Liveness, Owner, liveness

GROUP, NAME = "Ledger", "Probe sessions"


def check_ledger(
    name: str,
    ledger: Ledger,
    api_url: str | None,
    *,
    alive: Callable[[Owner], Liveness] = liveness,
    now: Callable[[], float] = time.time,
) -> Finding:
    """Sessions of dead checks may still bill and hold a place; the janitor stops them."""
    if api_url is None:
        return skipped(name, "the settings cannot be read")
    try:
        rows = ledger.open_rows()
    except LedgerError as why:
        return broken_by(name, why)
    left = [row for row in rows if not why_not_ours(row, api_url=api_url, alive=alive, now=now())]
    if left:
        ids = ", ".join(row.session_id or row.check_id for row in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        sentence = f"{len(left)} left open by checks that died: {ids}{more}"
        return broken(name, sentence, "Run `liveavatar-ops health janitor`: it stops them")
    if rows:
        return ok(name, f"{len(rows)} open, each looked after by its check or not ours to stop")
    return ok(name, "none left open")
