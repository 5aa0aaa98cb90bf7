"""
When is each target due, and may it be checked now? Pure: clock and randomness come in as arguments.

A check that may not be made waits for a named reason, and the page says which: maintenance, budget, quota,
customers (their sessions come first) or its turn.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import cost, windows
from liveavatar_ops.schedule.config import Kind, Quota, WatchConfig
from liveavatar_ops.schedule.states import State, TargetState, unsettled
from liveavatar_ops.schedule.targets import WatchTarget

TURN_S = 2.0  # how soon to ask again for a place among the parallel checks
CUSTOMERS_S = 30.0  # how soon to ask again whether customers left a session
AT_LEAST_S = 1.0  # between two checks of one target
QUOTA_JITTER = 0.1  # so that two machines do not ask again at the same moment


class Hold(StrEnum):
    """Why a target waits."""

    NOT_DUE = "not due"
    MAINTENANCE = "maintenance"
    QUOTA = "quota"
    BUDGET = "budget"
    CUSTOMERS = "customers first"
    TURN = "its turn"


@dataclass(frozen=True)
class Wait:
    """Not now; ask again at `until`."""

    until: float
    why: Hold


@dataclass(frozen=True)
class Go:
    """Now; `reserve` credits are set aside first."""

    kind: Kind
    reserve: float


class Backoff(BaseModel):
    """The account said no: all targets wait, longer each time (facts §1.2: 4003, 4033, 429)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    streak: int = 0
    until: float = 0.0
    session: bool = False
    """Whether a check that opens a session was refused: then only one that got its session ends it."""


NO_BACKOFF = Backoff()


@dataclass(frozen=True)
class Account:
    """What all watchers together have going, and what others use. `foreign` None: not asked or not known."""

    spent: float = 0.0
    """Credits of today, with what is set aside for running checks."""
    running: int = 0
    backoff: Backoff = NO_BACKOFF
    foreign: int | None = None


def decide(
    target: WatchTarget, state: TargetState, due: float, *, now: float, account: Account, config: WatchConfig
) -> Go | Wait:
    """Whether this target is checked at `now`, how, and if not, when to ask again."""
    if due > now:
        return Wait(due, Hold.NOT_DUE)
    paused = windows.paused_until(config.maintenance, now, target=target.name, zone=config.time_zone)
    if paused is not None:
        return Wait(paused, Hold.MAINTENANCE)
    if account.backoff.until > now:
        return Wait(account.backoff.until, Hold.QUOTA)
    if waits := _no_place(target, now, account, config):
        return waits
    for kind in kinds(target, state, now, config.time_zone):
        reserve = cost.worst(target, kind)
        limit = config.budget.credits_a_day
        if limit is None or reserve == 0 or account.spent + reserve <= limit:
            return Go(kind, reserve)
    return Wait(windows.next_day_begin(now, config.time_zone), Hold.BUDGET)


def kinds(target: WatchTarget, state: TargetState, now: float, zone: str) -> list[Kind]:
    """What kind of check it would be, the dearer first: a long one that the budget refuses can be short."""
    if unsettled(state):
        return ["confirm"]
    if target.long is None or state.level is State.DOWN:
        return ["regular"]
    today = windows.day_of(now, zone)
    begins = windows.at(today, target.long.at.hour * 60 + target.long.at.minute, zone)
    done = state.last_long_day == today.isoformat()
    return ["regular"] if done or now < begins else ["long", "regular"]


def next_due(
    target: WatchTarget,
    state: TargetState,
    *,
    started_at: float,
    ended_at: float,
    config: WatchConfig,
    rng: random.Random,
) -> float:
    """When to check again after a result: soon if it speaks against the state, else an interval, jittered."""
    if unsettled(state):
        return ended_at + min(config.confirm.every, target.every_s)
    apart = target.every_s * (1 + rng.uniform(-config.jitter, config.jitter))
    return max(started_at + apart, ended_at + AT_LEAST_S)


def backed_off(
    backoff: Backoff,
    now: float,
    *,
    session: bool,
    quota: Quota,
    retry_after_s: float | None,
    rng: random.Random,
) -> Backoff:
    """Wait twice as long as the last time, at least as long as the service asks, at most an hour or so."""
    wait = min(quota.most, quota.first * 2 ** min(backoff.streak, 30))
    if retry_after_s is not None:
        wait = max(wait, min(retry_after_s, quota.most))
    return Backoff(
        streak=backoff.streak + 1,
        until=now + wait * (1 + rng.uniform(0, QUOTA_JITTER)),
        session=session or backoff.session,
    )


def longest_apart_s(target: WatchTarget, config: WatchConfig) -> float:
    """No check of a target is put off for longer than this, unless the account said no."""
    return max(target.every_s * (1 + config.jitter), AT_LEAST_S)


def longest_backoff_s(quota: Quota) -> float:
    """The account is never left alone for longer than this."""
    return quota.most * (1 + QUOTA_JITTER)


def blind_at(
    target: WatchTarget, state: TargetState, *, watching_since: float, now: float, config: WatchConfig
) -> float | None:
    """From when on the last conclusive result is too old to believe; None while paused or blind already."""
    scope = {"target": target.name, "zone": config.time_zone}
    if state.blind or windows.paused_until(config.maintenance, now, **scope) is not None:
        return None
    pause = windows.last_pause_end(config.maintenance, now, **scope)
    base = max(watching_since, state.last_conclusive_at or 0.0, pause or 0.0)
    return base + believed_s(target, config)


def believed_s(target: WatchTarget, config: WatchConfig) -> float:
    """For so long a conclusive result is believed without another one."""
    return config.blind_after * target.every_s * (1 + config.jitter) + config.lease


def by_urgency(due: Sequence[tuple[WatchTarget, TargetState, float]]) -> list[WatchTarget]:
    """Whom to ask first: what may be failing, then what has waited longest."""
    return [t for t, *_ in sorted(due, key=lambda each: (not unsettled(each[1]), each[2], each[0].name))]


def _no_place(target: WatchTarget, now: float, account: Account, config: WatchConfig) -> Wait | None:
    # After a refusal one check goes ahead alone: if the account still says no, only one was refused.
    places = 1 if account.backoff.streak else config.account.max_parallel
    if account.running >= places:
        return Wait(now + TURN_S, Hold.TURN)
    limit = config.account.concurrency
    if limit is None or account.foreign is None or not target.depth.includes(Depth.SESSION):
        return None
    free = limit - config.account.keep_free - account.foreign
    return Wait(now + CUSTOMERS_S, Hold.CUSTOMERS) if account.running >= free else None
