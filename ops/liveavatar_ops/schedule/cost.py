"""
What a check costs in credits and in time, before it is made. Pure.

LiveAvatar bills begun minutes: 1 credit in LITE mode, 2 in FULL, none in sandbox (LiveAvatar API facts §4);
a session whose watcher, check and janitor all died ends after about 200 s (zombie reap).
"""

import math

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.job import ASK_WHY_S
from liveavatar_ops.schedule.config import Kind
from liveavatar_ops.schedule.targets import WatchTarget

CREDITS_A_MINUTE = {"LITE": 1.0, "FULL": 2.0}
DEAREST = 2.0  # for a mode that this version does not know
ARRIVAL_S = 6.0  # session start to first frame on an ordinary day
TALK_S = 15.0
AROUND_S = 4.0  # engine, imports, API calls, report: 1.4 to 2.5 s on the emulator, and the engine's 1 to 2 s
STOPPING_S = 30.0
REAP_S = 200.0
STARTING_S = 180.0  # engine, imports, API calls with their repetitions, reports


def rate(target: WatchTarget) -> float:
    """Credits a begun minute."""
    if target.sandbox or not target.depth.includes(Depth.SESSION):
        return 0.0
    return CREDITS_A_MINUTE.get(target.mode, DEAREST)


def expected(target: WatchTarget, kind: Kind) -> float:
    """Credits of a check on an ordinary day."""
    return _credits(target, _open_s(target, kind))


def takes_s(target: WatchTarget, kind: Kind) -> float:
    """From a check's start to its end on an ordinary day."""
    return AROUND_S + _open_s(target, kind)


def worst(target: WatchTarget, kind: Kind) -> float:
    """Credits of a check that waits as long as it may for everything; this much is set aside before it."""
    return _credits(target, session_s(target, kind))


def session_s(target: WatchTarget, kind: Kind) -> float:
    """The longest that a check's session can be open."""
    limits = target.limits
    lasts = STOPPING_S
    if target.depth.includes(Depth.VIDEO):
        seeing = limits.avatar_deadline_s + limits.video_deadline_s
        seeing += watch_s(target, kind) + limits.watch_longer_s
        lasts += limits.connect_deadline_s + max(seeing, ASK_WHY_S)  # who did not join sees nothing
    if target.depth.includes(Depth.CONVERSATION):
        lasts += limits.talk_most_s
    return lasts


def over_after_s(target: WatchTarget, kind: Kind) -> float:
    """When a check hangs for certain: it has deadlines of its own, which come earlier."""
    return session_s(target, kind) + STARTING_S


def if_lost(target: WatchTarget, kind: Kind) -> float:
    """Credits to count for a check whose end nobody saw."""
    return worst(target, kind) + rate(target) * math.ceil(REAP_S / 60)


def watch_s(target: WatchTarget, kind: Kind) -> float:
    """How long the picture is watched."""
    return target.long.watch_for if kind == "long" and target.long else target.limits.watch_s


def _open_s(target: WatchTarget, kind: Kind) -> float:
    """How long a session is watched and talked to on an ordinary day; `api` and `session` do neither."""
    lasts = 0.0
    if target.depth.includes(Depth.VIDEO):
        lasts += ARRIVAL_S + watch_s(target, kind)
    if target.depth.includes(Depth.CONVERSATION):
        lasts += TALK_S
    return lasts


def _credits(target: WatchTarget, lasts_s: float) -> float:
    if target.longest_session_s is not None:
        lasts_s = min(lasts_s, target.longest_session_s)
    return rate(target) * max(1, math.ceil(lasts_s / 60))
