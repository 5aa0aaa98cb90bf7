"""Our connection to the room was lost while we watched: what did not come meanwhile is not the avatar's."""

from collections.abc import Iterator

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import show
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

_SIGNALLING_ENDS = {
    "SIGNAL_CLOSE", "STATE_MISMATCH", "CONNECTION_TIMEOUT", "JOIN_FAILURE", "DUPLICATE_IDENTITY", "MIGRATION",
}  # fmt: skip
_NOBODY_SAID_WHY = {None, "UNKNOWN_REASON"}
_OF_CADENCE = {"gap", "freeze_ratio", "fps", "fps_fall"}
_OF_THE_ANSWER = {Cause.NO_ANSWER, Cause.MUTE}


def broke_off(facts: Facts) -> Reason | None:
    """The room ended because the way to it did, not because somebody ended it."""
    room = facts.room
    why = f" ({room.disconnect_reason})" if room.disconnect_reason else ""
    if _given_up(facts):
        lost_s = (room.disconnected_s or 0.0) - room.reconnections[-1].since_s
        text = f"Our connection to the room was lost and had not come back after {show(lost_s, 's')}{why}."
    elif room.disconnect_reason in _SIGNALLING_ENDS:
        text = f"The room's connection broke off{why}."
    elif room.disconnect_reason == "MEDIA_FAILURE":
        return Reason(cause=Cause.ICE, severity=Severity.FAILS, sentence=f"The media path broke off{why}.")
    else:
        return None
    return Reason(cause=Cause.SIGNALLING, severity=Severity.FAILS, sentence=text)


def reasons(facts: Facts, limits: Limits) -> Iterator[Reason]:
    """How often the connection was lost, where that is not said already."""
    room = facts.room
    if not room.reconnects or _given_up(facts):
        return
    times = "once" if room.reconnects == 1 else f"{room.reconnects} times"
    if lost(facts):
        lost_s = _until(facts) - room.reconnections[-1].since_s
        text = f"The connection was lost {times} and had not come back after {show(lost_s, 's')}."
    else:
        took = f", {room.reconnecting_s:.1f} s in all" if room.reconnecting_s else ""
        text = f"The connection was lost and made anew {times}{took}."
    severity = Severity.DEGRADES if room.reconnects >= limits.reconnects_degraded else Severity.NOTE
    yield Reason(cause=Cause.SIGNALLING, severity=severity, sentence=text)


def lost(facts: Facts) -> bool:
    """Whether the connection was lost and had not come back when the watching or the room ended."""
    kept = facts.room.reconnections
    return bool(kept) and kept[-1].until_s is None


def weighed(reason: Reason, facts: Facts, limits: Limits) -> Reason:
    """The same reason; one that tells of a time without connection is laid at the connection."""
    stretch = _stretch(reason, facts, limits)
    if stretch is None or reason.severity not in {Severity.FAILS, Severity.DEGRADES}:
        return reason
    lost_s = sum(
        max(min(each.until_s or _until(facts), stretch[1]) - max(each.since_s, stretch[0]), 0.0)
        for each in facts.room.reconnections
    )
    if not lost_s:
        return reason
    said = reason.sentence.removesuffix(".")
    text = f"{said}; our connection to the room was lost for {show(lost_s, 's')} of that time."
    return reason.model_copy(update={"cause": Cause.SIGNALLING, "sentence": text})


def _given_up(facts: Facts) -> bool:
    """The SDK ends the room without a reason of its own when it could not join anew."""
    room = facts.room
    return lost(facts) and room.disconnected_s is not None and room.disconnect_reason in _NOBODY_SAID_WHY


def _until(facts: Facts) -> float:
    return facts.room.waited_until_s or facts.finished_s


def _stretch(reason: Reason, facts: Facts, limits: Limits) -> tuple[float, float] | None:
    """The time that a reason tells of, where a lost connection could have made it."""
    video, talk = facts.video, facts.conversation
    if reason.measure in _OF_CADENCE:
        begun_s, took_s = video.longest_gap_at_s, video.longest_gap_s
        return None if begun_s is None or took_s < limits.lost_gap_s else (begun_s, begun_s + took_s)
    of_answer = reason.measure == "answer" or (reason.measure is None and reason.cause in _OF_THE_ANSWER)
    if of_answer and talk is not None and talk.prompt_started_s is not None:
        return talk.prompt_started_s, (talk.prompt_ended_s or talk.prompt_started_s) + talk.waited_s
    return None
