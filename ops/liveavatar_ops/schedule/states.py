"""
What a row of verdicts amounts to: a state that changes seldom and for a reason. Pure.

A single bad check is not an outage, and an avatar that comes and goes is not ten outages:
`failures` of the last `of` conclusive results must agree before the state changes, and one that
keeps changing is held as `flapping` until it settles. Inconclusive results change nothing; when
nothing else comes for long, the watcher says that it is `blind`.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule.config import Confirm, Flapping

QUICK_INCONCLUSIVE = 3  # an unsettled target whose checks say nothing is not asked every minute for ever


class State(StrEnum):
    """What a target is, as told to people. The first three are levels, best first."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    FLAPPING = "flapping"
    BLIND = "blind"
    UNKNOWN = "unknown"


LEVELS = (State.UP, State.DEGRADED, State.DOWN)
LEVEL_OF = {
    Verdict.HEALTHY: State.UP,
    Verdict.DEGRADED: State.DEGRADED,
    Verdict.UNHEALTHY: State.DOWN,
}


class TargetState(BaseModel):
    """Everything that decides about a target, as it is kept in the store. Moments: seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    level: State = State.UNKNOWN
    flapping: bool = False
    blind: bool = False
    since: float = 0.0
    """When the state that is shown began."""
    recent: tuple[State, ...] = ()
    """Levels of the last conclusive results, the newest last."""
    since_change: int = 0
    """Conclusive results since the level changed, that one included: older ones do not vote."""
    changes: tuple[float, ...] = ()
    """When the level changed, for the flap rule."""
    inconclusive_run: int = 0
    last_conclusive_at: float | None = None
    last_long_day: str | None = None
    told: State = State.UNKNOWN
    """What people were told last; a notification goes out when this differs from what is shown."""
    told_since: float = 0.0
    """When the state that they were told of began; 0 where an earlier version told it."""
    credits_total: float = 0.0
    checks_total: int = 0

    @property
    def shown(self) -> State:
        """The one word for people."""
        if self.blind:
            return State.BLIND
        return State.FLAPPING if self.flapping else self.level


def after(
    state: TargetState, verdict: Verdict, now: float, *, confirm: Confirm, flapping: Flapping
) -> TargetState:
    """The state after one more result."""
    if verdict is Verdict.INCONCLUSIVE:
        return state.model_copy(update={"inconclusive_run": state.inconclusive_run + 1})
    kept = max(confirm.of, flapping.settle)
    recent = (*state.recent, LEVEL_OF[verdict])[-kept:]
    votes = state.since_change + 1
    level = _level(state.level, recent[-min(confirm.of, votes) :], confirm)
    seen = [at for at in state.changes if at > now - flapping.within]
    changed = level is not state.level and state.level is not State.UNKNOWN
    changes = (*seen, now) if changed else tuple(seen)
    new = state.model_copy(
        update={
            "level": level,
            "recent": recent,
            "since_change": 1 if level is not state.level else votes,
            "changes": changes,
            "blind": False,
            "inconclusive_run": 0,
            "last_conclusive_at": now,
        }
    )
    held = _flaps(new, flapping)
    if state.flapping and not held:  # it begins anew, or one more change would hold it again
        new = new.model_copy(update={"level": recent[-1], "changes": ()})
    return _dated(state, new.model_copy(update={"flapping": held}), now)


def seeing_nothing(state: TargetState, now: float) -> TargetState:
    """Nothing conclusive came for so long that the last state is no knowledge any more."""
    return _dated(state, state.model_copy(update={"blind": True}), now)


def unsettled(state: TargetState) -> bool:
    """Whether the last result speaks against the state, so that the next check should come sooner."""
    if state.flapping or not state.recent or state.inconclusive_run >= QUICK_INCONCLUSIVE:
        return False
    return state.recent[-1] is not state.level


def to_tell(state: TargetState) -> bool:
    """Whether people believe something else; a target that begins healthy is no news."""
    if state.shown is state.told or state.shown is State.UNKNOWN:
        return False
    return not (state.told is State.UNKNOWN and state.shown is State.UP)


def told(state: TargetState) -> TargetState:
    """People know now, or need not be told."""
    return state.model_copy(update={"told": state.shown, "told_since": state.since})


def _level(level: State, window: tuple[State, ...], confirm: Confirm) -> State:
    """k of n: worse if `failures` results are at least that bad, better if `recoveries` are that good."""
    latest = window[-1]
    if level is State.UNKNOWN and latest is State.UP:
        return State.UP
    now = LEVELS.index(level) if level in LEVELS else 0
    ranks = [LEVELS.index(each) for each in window]
    if ranks[-1] > now:
        worse = (rank for rank in (2, 1) if rank > now and sum(r >= rank for r in ranks) >= confirm.failures)
        return LEVELS[found] if (found := next(worse, None)) is not None else level
    if ranks[-1] < now:
        better = (
            rank for rank in (0, 1) if rank < now and sum(r <= rank for r in ranks) >= confirm.recoveries
        )
        return LEVELS[found] if (found := next(better, None)) is not None else level
    return level


def _flaps(state: TargetState, rule: Flapping) -> bool:
    if state.flapping:
        last = state.recent[-rule.settle :]
        return not (len(last) == rule.settle and len(set(last)) == 1)
    return len(state.changes) >= rule.changes


def _dated(old: TargetState, new: TargetState, now: float) -> TargetState:
    return new.model_copy(update={"since": now}) if new.shown is not old.shown else new
