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
Stretch = tuple[float, float]


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
    """The same reason; one that tells of a time mostly without connection is laid at the connection."""
    if reason.severity not in {Severity.FAILS, Severity.DEGRADES}:
        return reason
    lost_s, what = _lost_most_s(facts, _stretch(reason, facts, limits), limits), "that time"
    if not lost_s and _of_answer(reason):
        lost_s, what = _question_lost_s(facts, limits), "our question"
    if not lost_s:
        return reason
    said = reason.sentence.removesuffix(".")
    text = f"{said}; our connection to the room was lost for {show(lost_s, 's')} of {what}."
    return reason.model_copy(update={"cause": Cause.SIGNALLING, "sentence": text})


def _given_up(facts: Facts) -> bool:
    """The SDK ends the room without a reason of its own when it could not join anew."""
    room = facts.room
    return lost(facts) and room.disconnected_s is not None and room.disconnect_reason in _NOBODY_SAID_WHY


def _until(facts: Facts) -> float:
    return facts.room.waited_until_s or facts.finished_s


def _of_answer(reason: Reason) -> bool:
    """A mouth that was seen talking was connected."""
    return reason.measure == "answer" and reason.cause is not Cause.SILENT_MOUTH


def _lost_s(facts: Facts, stretch: Stretch) -> float:
    """How much of a stretch had no connection."""
    return sum(
        max(min(each.until_s or _until(facts), stretch[1]) - max(each.since_s, stretch[0]), 0.0)
        for each in facts.room.reconnections
    )


def _lost_most_s(facts: Facts, stretch: Stretch | None, limits: Limits) -> float:
    """The same; 0 unless that was most of it."""
    if stretch is None:
        return 0.0
    lost_s = _lost_s(facts, stretch)
    return lost_s if lost_s >= limits.host_stood_share * (stretch[1] - stretch[0]) else 0.0


def _stretch(reason: Reason, facts: Facts, limits: Limits) -> Stretch | None:
    """The time that a reason tells of, where a lost connection could have made it."""
    room, video = facts.room, facts.video
    if reason.measure in _OF_CADENCE:
        begun_s, took_s = video.longest_gap_at_s, video.longest_gap_s
        return None if begun_s is None or took_s < limits.lost_gap_s else (begun_s, begun_s + took_s)
    if reason.measure == "join":
        return _between(room.connected_s, room.avatar_joined_s, room.waited_until_s)
    if reason.measure == "first_frame" and video.first_frame_s is None and room.video_ended_s is None:
        return _between(room.avatar_joined_s or room.connected_s, room.waited_until_s)
    return _answer_due(facts, limits) if _of_answer(reason) else None


def _answer_due(facts: Facts, limits: Limits) -> Stretch | None:
    """From our last word to the answer, or for as long as one may take."""
    talk = facts.conversation
    if talk is None or talk.prompt_ended_s is None:
        return None
    until_s = talk.answer_started_s or talk.prompt_ended_s + talk.waited_s
    return talk.prompt_ended_s, min(until_s, talk.prompt_ended_s + limits.answer_unhealthy_s)


def _question_lost_s(facts: Facts, limits: Limits) -> float:
    """How much of our question went nowhere; 0 where the service heard it, or too little to matter."""
    talk = facts.conversation
    if talk is None or talk.prompt_started_s is None or talk.user_heard_event_s is not None:
        return 0.0
    lost_s = _lost_s(facts, (talk.prompt_started_s, talk.prompt_ended_s or talk.prompt_started_s))
    return lost_s if lost_s >= limits.lost_gap_s else 0.0


def _between(start_s: float | None, *ends_s: float | None) -> Stretch | None:
    """From a moment to the first of these that is known."""
    end_s = next((each for each in ends_s if each is not None), None)
    return None if start_s is None or end_s is None else (start_s, end_s)
