"""From the first API call to the first frame: where did the way end, and why?"""

from collections.abc import Iterator

from liveavatar_ops.health.facts import CreditFacts, Depth, Facts, Refusal
from liveavatar_ops.health.judging import connection, own_side
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

_BY_ERROR = {
    "BadCredentials": (Cause.CREDENTIALS, Severity.FAILS),
    "NotThere": (Cause.CONFIGURATION, Severity.FAILS),
    "Invalid": (Cause.CONFIGURATION, Severity.FAILS),
    "TooFast": (Cause.QUOTA, Severity.DOUBTFUL),
    "ConcurrencyLimit": (Cause.QUOTA, Severity.DOUBTFUL),
    "OutOfCredits": (Cause.QUOTA, Severity.DOUBTFUL),
    "ServerFault": (Cause.VENDOR_API, Severity.FAILS),
    "Unreachable": (Cause.VENDOR_API, Severity.FAILS),
    "Unreadable": (Cause.VENDOR_API, Severity.FAILS),
}
_ENDS_WITH_CREDITS = {
    Cause.AVATAR_LEFT, Cause.NO_AVATAR, Cause.NO_VIDEO, Cause.MUTE, Cause.NO_ANSWER, Cause.SLOW,
}  # fmt: skip
_TOO_SHORT = (
    "The session was too short for a conversation: it was over before an answer had been listened to."
)
_QUOTA_CODES = {4003, 4033}
_MOST_REACHED = "MAX_DURATION_REACHED"
_OUT_OF_CREDITS = "The account's credits were used up while one watched, so the service ended the session."


def reasons(facts: Facts, limits: Limits) -> Iterator[Reason]:
    """At most one reason a station: what was never reached is not reported again."""
    if facts.refusal:
        yield _refused(facts.refusal)
        return
    if facts.target.depth is Depth.API and facts.credits.short:
        yield _reason(Cause.QUOTA, Severity.DOUBTFUL, _short_of_credits(facts.credits))
    if facts.room.failure:
        yield _not_joined(facts)
        return
    if not facts.target.depth.includes(Depth.VIDEO) or facts.room.connected_s is None:
        return
    if facts.out_of_credits:
        yield _reason(Cause.QUOTA, Severity.DOUBTFUL, _OUT_OF_CREDITS)
    ended = _ended(facts)
    if facts.room.avatar_joined_s is None and not facts.video.frames:
        yield from _nobody_came(facts, limits)
        return
    if ended:
        yield ended
    if not facts.video.frames:
        yield from _waited_for(_no_video(facts, limits), facts)
    elif facts.room.video_ended_s is not None and not ended:
        yield _video_ended(facts.room.video_ended_s, facts)
    yield from connection.reasons(facts, limits)


def unfinished(facts: Facts, limits: Limits) -> list[Reason]:
    """What a check must have seen before its silence may be called health."""
    depth, lost = facts.target.depth, connection.lost(facts)
    missing = None
    if not any(step.ok for step in facts.steps):
        missing = "no API call was answered"
    elif depth.includes(Depth.SESSION) and not (facts.step("start") and facts.step("start").ok):  # type: ignore[union-attr]  # both sides look at the same step
        missing = "no session was started"
    elif depth.includes(Depth.VIDEO) and not facts.video.frames:
        missing = "no frame was seen"
    elif depth.includes(Depth.CONVERSATION) and facts.conversation is None:
        cut_off = facts.unasked is not None and facts.unasked.kind == "session_over"
        if cut_off and not lost and not own_side.starved(facts, limits):
            return [_reason(Cause.CONFIGURATION, Severity.DOUBTFUL, _TOO_SHORT)]
        missing = "the talk was not over" if cut_off else "nothing was said"
    if missing is None:
        return []
    text = f"The check ended before it was done: {missing}."
    return [_reason(Cause.SIGNALLING if lost else Cause.OWN_HOST, Severity.DOUBTFUL, text)]


def for_want_of_credits(reason: Reason, facts: Facts) -> Reason:
    """What did not come because the credits were used up is no fault of the avatar."""
    if not facts.out_of_credits or reason.cause not in _ENDS_WITH_CREDITS or reason.severity is Severity.NOTE:
        return reason
    return reason.model_copy(update={"severity": Severity.DOUBTFUL})


def _short_of_credits(credit: CreditFacts) -> str:
    return (
        f"The account has {credit.before} credits and a minute costs {credit.minute}: no session can start, "
        "unless the plan allows overage."
    )


def _refused(refusal: Refusal) -> Reason:
    cause, severity = _BY_ERROR.get(refusal.error, (Cause.VENDOR_API, Severity.FAILS))
    if refusal.code in _QUOTA_CODES or refusal.status == 429:
        cause, severity = Cause.QUOTA, Severity.DOUBTFUL
    if refusal.own_network:
        cause, severity = Cause.OWN_NETWORK, Severity.DOUBTFUL
    return _reason(cause, severity, refusal.sentence, "api_start" if refusal.step == "start" else None)


def _not_joined(facts: Facts) -> Reason:
    failure = facts.room.failure
    assert failure is not None
    sentence = failure.sentence
    if failure.own_network:
        return _reason(Cause.OWN_NETWORK, Severity.DOUBTFUL, sentence)
    if failure.kind == "ice":
        return _reason(Cause.ICE, Severity.FAILS, sentence, "connect")
    return _reason(Cause.SIGNALLING, Severity.FAILS, sentence, "connect")


def _ended(facts: Facts) -> Reason | None:
    """The room or the avatar went away while we were watching."""
    room = facts.room
    why = f" ({room.disconnect_reason})" if room.disconnect_reason else ""
    if broken := connection.broke_off(facts):
        return broken
    told_s = facts.stopped.at_s if facts.stopped else None
    ends = (
        (room.avatar_left_s, "The avatar left the room"),
        (room.disconnected_s, "The room was closed"),
        (told_s, "Though the avatar stayed, its session was over"),
    )
    gone_s, who = next(((at_s, who) for at_s, who in ends if at_s is not None), (None, ""))
    if gone_s is None:
        return None
    after_s = gone_s - (room.avatar_joined_s or room.connected_s or 0.0)
    text = f"{who} after {after_s:.1f} s{_said(facts, why)}"
    if _was_due(facts):
        text = f"{text}, which was due: it may last {facts.target.max_session_duration_s} s"
    return _reason(Cause.AVATAR_LEFT, Severity.NOTE if _was_due(facts) else Severity.FAILS, f"{text}.")


def _was_due(facts: Facts) -> bool:
    """The service ended the session when it had lasted as long as it may: the avatar stayed to its end."""
    start, longest_s, stopped = facts.step("start"), facts.target.max_session_duration_s, facts.stopped
    if start is None or longest_s is None or stopped is None or stopped.detail != _MOST_REACHED:
        return False
    return stopped.at_s - start.started_s >= longest_s


def _said(facts: Facts, why: str) -> str:
    stopped = facts.stopped
    return f"; the service said {stopped.detail or stopped.type}" if stopped else why


def _nobody_came(facts: Facts, limits: Limits) -> Iterator[Reason]:
    """A connection of ours that broke off leads: who came after that could not be seen."""
    broken = connection.broke_off(facts)
    if broken:
        yield broken
    closed = facts.room.disconnected_s is not None and not broken
    yield from _waited_for(_no_avatar(facts, limits, closed=closed), facts)
    yield from connection.reasons(facts, limits)


def _waited_for(reason: Reason, facts: Facts) -> Iterator[Reason]:
    """Of what did not come nothing is told where our probe broke before it was due."""
    if reason.severity is Severity.FAILS or not facts.probe_failure:
        yield reason


def _no_avatar(facts: Facts, limits: Limits, *, closed: bool) -> Reason:
    room = facts.room
    waited_s = (room.waited_until_s or 0.0) - (room.connected_s or 0.0)
    if not closed and waited_s < limits.join_unhealthy_s:
        ended = "the check" if room.disconnected_s is None else "the connection"
        text = f"No avatar had joined after {waited_s:.1f} s, when {ended} ended."
        return _reason(Cause.NO_AVATAR, Severity.DOUBTFUL, text, "join")
    how = " and the room was closed" if closed else ""
    text = f"The room was there, but no avatar joined it within {waited_s:.1f} s{how}{_said(facts, '')}."
    return _reason(Cause.NO_AVATAR, Severity.FAILS, text, "join")


def _video_ended(ended_s: float, facts: Facts) -> Reason:
    after_s = ended_s - (facts.video.first_frame_s or ended_s)
    how = (
        "took its video track back" if facts.room.video_ended_by == "unpublished" else "muted its video track"
    )
    text = f"The avatar {how} {after_s:.1f} s after its first frame and showed nothing from then on."
    return _reason(Cause.NO_VIDEO, Severity.FAILS, text)


def _no_video(facts: Facts, limits: Limits) -> Reason:
    room = facts.room
    joined_s = room.avatar_joined_s or room.connected_s or 0.0
    waited_s = (room.watched_until_s or joined_s) - joined_s
    if room.video_published_s is None:
        text = f"The avatar joined, but published no video within {waited_s:.1f} s."
    elif room.video_subscribed_s is None:
        text = f"The avatar published video, but it could not be subscribed to within {waited_s:.1f} s."
    else:
        text = f"The avatar's video track was there, but no frame came within {waited_s:.1f} s."
    enough = waited_s >= min(limits.video_deadline_s, limits.first_frame_unhealthy_s) * 0.9
    severity = Severity.FAILS if enough or room.gone else Severity.DOUBTFUL
    return _reason(Cause.NO_VIDEO, severity, text, "first_frame")


def _reason(cause: Cause, severity: Severity, sentence: str, measure: str | None = None) -> Reason:
    return Reason(cause=cause, severity=severity, sentence=sentence, measure=measure)
