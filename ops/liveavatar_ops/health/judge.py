"""
Decides what a check saw. Facts and limits in, judgement out: no clock, no network, no mercy.

Every reason is reported, and the root cause is named: a black picture also stands still, a session that was
refused also shows no video. Causes earlier on the way to a living avatar come first. What our own starved
machine may have caused is doubtful, never a fault of the avatar; what frames and sound held is proof anyway.
"""

from collections.abc import Iterable

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.judging import connection, conversation, journey, last_stretch, own_side, picture
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.next_steps import next_step
from liveavatar_ops.health.verdicts import Cause, Judgement, Reason, Severity, Verdict

ROOT_FIRST: tuple[Cause, ...] = (
    Cause.CREDENTIALS,
    Cause.QUOTA,
    Cause.CONFIGURATION,
    Cause.VENDOR_API,
    Cause.OWN_NETWORK,
    Cause.OWN_HOST,
    Cause.SIGNALLING,
    Cause.ICE,
    Cause.NO_AVATAR,
    Cause.AVATAR_LEFT,
    Cause.NO_VIDEO,
    Cause.BLACK,
    Cause.ONE_COLOUR,
    Cause.FROZEN,
    Cause.MUTE,
    Cause.SILENT_MOUTH,
    Cause.NO_ANSWER,
    Cause.STILL_MOUTH,
    Cause.SMALL,
    Cause.SLOW,
    Cause.DISTORTED,
    Cause.LIP_SYNC,
    Cause.CLEAN_UP,
    Cause.NONE,
)
_WORST_FIRST = (Severity.FAILS, Severity.DOUBTFUL, Severity.DEGRADES, Severity.NOTE)
_VERDICTS = {
    Severity.FAILS: Verdict.UNHEALTHY,
    Severity.DOUBTFUL: Verdict.INCONCLUSIVE,
    Severity.DEGRADES: Verdict.DEGRADED,
}


def judge(facts: Facts, limits: Limits) -> Judgement:
    """
    Name the verdict, its cause, every reason and what to do next.

    A check is healthy only when it got to its depth and saw what that depth asks for; a check that ended
    early for no reason that we know is inconclusive.
    """
    found = [
        *journey.reasons(facts, limits),
        *picture.reasons(facts, limits),
        *conversation.reasons(facts, limits),
        *own_side.reasons(facts),
    ]
    found = [journey.for_want_of_credits(own_side.excuse(reason, facts, limits), facts) for reason in found]
    found = [connection.weighed(reason, facts, limits) for reason in found]
    found = last_stretch.weighed(found, facts, limits)
    decided = any(reason.severity in {Severity.FAILS, Severity.DOUBTFUL} for reason in found)
    unfinished = [] if decided else journey.unfinished(facts, limits)
    found = [*_without_our_part(found, facts, limits, unfinished=bool(unfinished)), *unfinished]
    reasons = tuple(in_order(found))
    worst = reasons[0] if reasons else None
    verdict = _VERDICTS.get(worst.severity, Verdict.HEALTHY) if worst else Verdict.HEALTHY
    cause = worst.cause if worst and verdict is not Verdict.HEALTHY else Cause.NONE
    return Judgement(
        verdict=verdict, cause=cause, reasons=reasons, next_step=next_step(cause, verdict, facts, limits)
    )


def _without_our_part(found: list[Reason], facts: Facts, limits: Limits, *, unfinished: bool) -> list[Reason]:
    """
    The same and what was wrong with our network or machine; what that may have caused is doubtful.

    `unfinished`: the check did not get to its end, which that may have caused too.
    """
    ours = ((Cause.OWN_NETWORK, own_side.offline(facts)), (Cause.OWN_HOST, own_side.starved(facts, limits)))
    for cause, said in ours:
        if said:
            found = [own_side.doubt(reason, facts, limits) for reason in found]
            doubted = unfinished or any(reason.severity is Severity.DOUBTFUL for reason in found)
            tells = Severity.DOUBTFUL if doubted else Severity.NOTE
            found.append(Reason(cause=cause, severity=tells, sentence=said))
    return found


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Worst first, and among equals the one that explains the others."""
    return sorted(reasons, key=lambda r: (_WORST_FIRST.index(r.severity), ROOT_FIRST.index(r.cause)))
