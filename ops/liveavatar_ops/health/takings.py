"""How each measure is taken from the facts, and each line from the limits; None where there is none."""

from collections.abc import Callable

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.sizes import lasting, sizes_shown

Number = float | None
Taking = Callable[[Facts, Limits], Number]


def none(_facts: Facts, _limits: Limits) -> Number:
    return None


def limit(name: str) -> Taking:
    assert name in Limits.model_fields, name
    return lambda _facts, limits: float(getattr(limits, name))


def between(start: Number, end: Number) -> Number:
    return None if start is None or end is None else max(end - start, 0.0)


def api_start(facts: Facts, _limits: Limits) -> Number:
    step = facts.step("start")
    return step.took_s if step and step.ok else None


def connect(facts: Facts, _limits: Limits) -> Number:
    return between(facts.room.connect_started_s, facts.room.connected_s)


def join(facts: Facts, _limits: Limits) -> Number:
    return between(facts.room.connected_s, facts.room.avatar_joined_s)


def first_frame(facts: Facts, _limits: Limits) -> Number:
    return between(facts.room.connect_started_s, facts.video.first_frame_s)


def fps_fall(facts: Facts, _limits: Limits) -> Number:
    first, last = facts.video.fps_first_third, facts.video.fps_last_third
    return min(last / first, 1.0) if first and last is not None else None


def freeze_ratio(facts: Facts, limits: Limits) -> Number:
    video = facts.video
    if not video.frames or not video.window_s:
        return None
    return video.freeze_s / max(video.window_s, limits.freeze_ratio_over_s)


def of_video(name: str) -> Taking:
    def seen(facts: Facts, _limits: Limits) -> Number:
        return getattr(facts.video, name) if facts.video.frames else None

    return seen


def size(facts: Facts, limits: Limits) -> Number:
    judged = lasting(sizes_shown(facts, limits), limits)
    return judged.share if judged else None


def of_speech(name: str) -> Taking:
    def seen(facts: Facts, _limits: Limits) -> Number:
        return getattr(facts.audio, name) if facts.audio.speech_s else None

    return seen


def broken(facts: Facts, limits: Limits) -> Number:
    """None also where sound was lost on its way here: those holes need not be the voice's."""
    lost = (facts.network.concealed_share or 0.0) > limits.concealed_degraded_share
    return None if lost or facts.audio.speech_s < limits.broken_evidence_s else facts.audio.broken_share


def answer(facts: Facts, _limits: Limits) -> Number:
    return facts.conversation.answer_latency_s if facts.conversation else None


def lip_correlation(facts: Facts, limits: Limits) -> Number:
    lips = facts.conversation.lips if facts.conversation else None
    return lips.correlation if lips and lips.speech_s >= limits.mouth_evidence_s else None


def sound_first(*, early: bool) -> Taking:
    def seen(facts: Facts, limits: Limits) -> Number:
        lips = facts.conversation.lips if facts.conversation else None
        if lips is None or lips.offset_s is None or lips.correlation is None:
            return None
        if lips.correlation < limits.lip_correlation_degraded_share:
            return None  # a lag between two things that have nothing to do with each other means nothing
        return max(lips.offset_s if early else -lips.offset_s, 0.0)

    return seen


def if_lips_may_fail(name: str) -> Taking:
    return lambda _facts, limits: float(getattr(limits, name)) if limits.lips_may_fail else None


def stop(facts: Facts, _limits: Limits) -> Number:
    return facts.stop.took_s if facts.stop.stopped else None


def pair(name: str, unit: str) -> tuple[Taking, Taking]:
    return limit(f"{name}_degraded_{unit}"), limit(f"{name}_unhealthy_{unit}")
