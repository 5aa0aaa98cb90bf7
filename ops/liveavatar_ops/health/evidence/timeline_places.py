"""Where on the time axis each reason of a judgement happened, so that sentence and picture meet."""

from collections.abc import Callable
from dataclasses import dataclass

from liveavatar_ops.health.facts import SESSION_STOPPED, ApiStep, Facts, Span
from liveavatar_ops.health.sizes import share
from liveavatar_ops.health.verdicts import Cause, Reason

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """A reason's number (from 1, in the order of the judgement) and its stretch; None: it has no moment."""

    number: int
    reason: Reason
    stretch: Stretch | None


def places(reasons: tuple[Reason, ...], facts: Facts) -> list[Place]:
    """One place a reason."""
    return [Place(index, reason, where(reason, facts)) for index, reason in enumerate(reasons, 1)]


def where(reason: Reason, facts: Facts) -> Stretch | None:
    """From when to when; both the same for a moment."""
    finders = (_BY_MEASURE.get(reason.measure or ""), _BY_CAUSE.get(reason.cause))
    found = next((place for find in finders if find and (place := find(facts))), None)
    if found is None and reason.measure is None and facts.refusal is not None:
        found = _step(facts.refusal.step)(facts)
    return found


def calls(facts: Facts) -> list[ApiStep]:
    """Every API call; ending the session, which facts keep apart, stands where the watch ended."""
    stop, made = facts.stop, list(facts.steps)
    if facts.step("stop") is None and stop.needed and stop.took_s is not None and stop.by != "janitor":
        begun_s = max(facts.room.watched_until_s or 0.0, facts.finished_s - stop.took_s, 0.0)
        made.append(ApiStep(name="stop", started_s=begun_s, took_s=stop.took_s, ok=stop.stopped))
    return made


def _step(name: str) -> Callable[[Facts], Stretch | None]:
    def find(facts: Facts) -> Stretch | None:
        step = next((each for each in reversed(calls(facts)) if each.name == name), None)
        return None if step is None else (step.started_s, step.started_s + step.took_s)

    return find


def _between(start_s: float | None, end_s: float | None) -> Stretch | None:
    return None if start_s is None or end_s is None or end_s < start_s else (start_s, end_s)


def _watch(facts: Facts) -> Stretch | None:
    return _between(facts.video.first_frame_s, _watched_until(facts))


def _last_third(facts: Facts) -> Stretch | None:
    until_s = _watched_until(facts)
    return None if until_s is None else (until_s - facts.video.window_s / 3, until_s)


def _watched_until(facts: Facts) -> float | None:
    return facts.video.watched_until_s or facts.room.watched_until_s


def _gap(facts: Facts) -> Stretch | None:
    at_s, took_s = facts.video.longest_gap_at_s, facts.video.longest_gap_s
    return None if at_s is None else (at_s, at_s + took_s)


def _frozen(facts: Facts) -> Stretch | None:
    at_s, took_s = facts.video.frozen_at_s, facts.video.frozen_s
    return None if at_s is None else (at_s, at_s + took_s)


def _longest(kind: str) -> Callable[[Facts], Stretch | None]:
    def find(facts: Facts) -> Stretch | None:
        spans = [span for span in facts.video.spans if span.kind == kind]
        longest = max(spans, key=lambda span: span.took_s, default=None)
        return None if longest is None else (longest.start_s, longest.end_s)

    return find


def _smaller(facts: Facts) -> Stretch | None:
    small = next((size.at_s for size in facts.video.sizes if share(size, facts) < 1), None)
    return _between(small, small)


def _speech(facts: Facts) -> Stretch | None:
    return _hull(facts.audio.speech)


def _answer(facts: Facts) -> Stretch | None:
    talk = facts.conversation
    if talk is None or talk.answer_started_s is None:
        return None
    after = [span for span in facts.audio.speech if span.end_s > talk.answer_started_s]
    return _hull(after) or (talk.answer_started_s, talk.answer_started_s)


def _hull(spans: tuple[Span, ...] | list[Span]) -> Stretch | None:
    return (spans[0].start_s, spans[-1].end_s) if spans else None


def _wait_for_answer(facts: Facts) -> Stretch | None:
    talk = facts.conversation
    if talk is None:
        return None
    return _between(talk.prompt_ended_s, talk.answer_started_s or _watched_until(facts))


def _left(facts: Facts) -> Stretch | None:
    room = facts.room
    ends = [each for each in (room.avatar_left_s, room.disconnected_s) if each is not None]
    ends += [event.at_s for event in facts.events if event.type == SESSION_STOPPED]
    return (min(ends), min(ends)) if ends else None


def _connection(facts: Facts) -> Stretch | None:
    room = facts.room
    lost = room.disconnected_s
    if room.reconnections:
        last = room.reconnections[-1]
        return _between(last.since_s, last.until_s or room.waited_until_s)
    return (
        (lost, lost)
        if lost is not None
        else _between(
            room.connect_started_s, room.connected_s if room.connected_s is not None else room.watched_until_s
        )
    )


def _wait_for_avatar(facts: Facts) -> Stretch | None:
    return _between(facts.room.connected_s, facts.room.watched_until_s)


def _wait_for_video(facts: Facts) -> Stretch | None:
    room = facts.room
    since = room.avatar_joined_s if room.avatar_joined_s is not None else room.connected_s
    return _between(since, room.watched_until_s)


def _own_host(facts: Facts) -> Stretch | None:
    worst = max(facts.host.spikes, key=lambda spike: spike.lag_s, default=None)
    if worst is None:  # no single moment: it was short of CPU throughout
        return _between(facts.room.connect_started_s, facts.room.watched_until_s)
    return max(worst.at_s - worst.lag_s, 0.0), worst.at_s


def _end(facts: Facts) -> Stretch | None:
    return _step("stop")(facts) or (facts.finished_s, facts.finished_s)


_BY_MEASURE: dict[str, Callable[[Facts], Stretch | None]] = {
    "api_start": _step("start"),
    "connect": lambda facts: _between(facts.room.connect_started_s, facts.room.connected_s),
    "join": lambda facts: _between(facts.room.connected_s, facts.room.avatar_joined_s),
    "first_frame": lambda facts: _between(facts.room.connect_started_s, facts.video.first_frame_s),
    "fps": _watch,
    "fps_fall": _last_third,
    "freeze_ratio": _watch,
    "gap": _gap,
    "frozen": _frozen,
    "frozen_speaking": _frozen,
    "black": _longest("black"),
    "one_colour": _longest("one_colour"),
    "size": _smaller,
    "answer": _wait_for_answer,
    "speech_level": _speech,
    "clipped": _speech,
    "broken": _speech,
    "concealed": _speech,
    "lip_correlation": _answer,
    "sound_early": _answer,
    "sound_late": _answer,
    "stop": _step("stop"),
}
_BY_CAUSE: dict[Cause, Callable[[Facts], Stretch | None]] = {
    Cause.SIGNALLING: _connection,
    Cause.ICE: _connection,
    Cause.NO_AVATAR: _wait_for_avatar,
    Cause.NO_VIDEO: _wait_for_video,
    Cause.AVATAR_LEFT: _left,
    Cause.MUTE: _wait_for_answer,
    Cause.NO_ANSWER: _wait_for_answer,
    Cause.SILENT_MOUTH: _wait_for_answer,
    Cause.STILL_MOUTH: _answer,
    Cause.OWN_HOST: _own_host,
    Cause.OWN_NETWORK: _connection,
    Cause.CLEAN_UP: _end,
}
