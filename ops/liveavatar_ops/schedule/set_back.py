"""
A clock that was set back: what was put off until a moment of the old time would wait for hours.

Clocks are slewed by less than a second and set by more: a machine that starts before its time server answers
may be hours ahead. Moments are seconds since 1970.
"""

import sqlite3
from collections.abc import Sequence

from liveavatar_ops.schedule import lease, plan, store
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.states import TargetState
from liveavatar_ops.schedule.targets import WatchTarget

SLEWED_S = 1.0


def is_set_back(db: sqlite3.Connection, now: float) -> bool:
    """Whether something that did happen is to happen yet."""
    row = db.execute(
        "SELECT max(coalesce((SELECT max(started_at) FROM runs), 0),"
        " coalesce((SELECT max(first_seen) FROM targets), 0))"
    ).fetchone()
    return bool(row[0] > now + SLEWED_S)


def bring_back(
    db: sqlite3.Connection, targets: Sequence[WatchTarget], config: WatchConfig, now: float
) -> bool:
    """
    From now on nothing waits for longer than it could be put off now. False if another watcher saw to it.

    Nobody looks a second time, so this is for every watcher's targets; those whose interval only another
    one knows are due at once.
    """
    if not is_set_back(db, now):
        return False
    lease.bring_back(db, now)
    store.bring_back(db, now)
    apart = {target.name: plan.longest_apart_s(target, config) for target in targets}
    for name, known in store.all_known(db).items():
        store.keep(db, name, _by_now(known.state, now), min(known.due, now + apart.get(name, 0.0)))
    backoff = store.backoff(db)
    until = min(backoff.until, now + plan.longest_backoff_s(config.quota))
    store.keep_backoff(db, backoff.model_copy(update={"until": until}))
    return True


def _by_now(state: TargetState, now: float) -> TargetState:
    """Everything that is remembered happened by now."""
    seen = state.last_conclusive_at
    return state.model_copy(
        update={
            "since": min(state.since, now),
            "told_since": min(state.told_since, now),
            "changes": tuple(min(at, now) for at in state.changes),
            "last_conclusive_at": None if seen is None else min(seen, now),
        }
    )
