"""
The measures of a check side by side: what was seen, against which two lines, and whom it points at.

One table feeds the judge, the printed result, JUnit and the metrics, so that they can never disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.health import takings as take
from liveavatar_ops.health.absences import missing, waited_s
from liveavatar_ops.health.facts import Depth, Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

State = Literal["ok", "degraded", "unhealthy", "not_seen", "missing", "explained"]
"""
`not_seen`: no fault of the measure's own. `missing`: it never came, and that is the fault.
`explained`: beyond a line, but only because of something else that the judgement names (a black picture
also stands still).
"""


@dataclass(frozen=True)
class Measure:
    """One number of a check. `degraded` and `unhealthy` are its lines; None where there is no such line."""

    name: str
    title: str
    unit: str
    cause: Cause
    depth: Depth
    seen: take.Taking
    degraded: take.Taking
    unhealthy: take.Taking
    tells: str
    """The finding as a sentence; `{seen}` and `{limit}` come formatted with their unit."""
    more_is_worse: bool = True
    proven_by_content: bool = False
    """Holds on a starved host too: it rests on what frames or sound held, not on when they came."""


class Reading(BaseModel):
    """A measure as it came out in one check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    unit: str
    seen: float | None
    degraded: float | None
    unhealthy: float | None
    more_is_worse: bool
    state: State
    waited_s: float | None = None
    """How long it was waited for in vain, where it is missing."""

    @property
    def value(self) -> str:
        """What was seen, as people read it; what never came says so."""
        if self.seen is not None:
            return show(self.seen, self.unit)
        if self.state != "missing":
            return "not seen"
        return "none" if self.waited_s is None else f"none in {self.waited_s:.0f} s"

    @property
    def crossed(self) -> float | None:
        """The line that was crossed, if one was."""
        return {"degraded": self.degraded, "unhealthy": self.unhealthy}.get(self.state)


SEVERITIES: dict[State, Severity] = {"degraded": Severity.DEGRADES, "unhealthy": Severity.FAILS}


def read(measure: Measure, facts: Facts, limits: Limits) -> Reading:
    """Take one measure from the facts and hold it against its lines."""
    seen = measure.seen(facts, limits) if facts.target.depth.includes(measure.depth) else None
    degraded, unhealthy = measure.degraded(facts, limits), measure.unhealthy(facts, limits)
    return Reading(
        name=measure.name,
        title=measure.title,
        unit=measure.unit,
        seen=seen,
        degraded=degraded,
        unhealthy=unhealthy,
        more_is_worse=measure.more_is_worse,
        state=_state(seen, degraded, unhealthy, more_is_worse=measure.more_is_worse),
    )


def readings(facts: Facts, limits: Limits, reasons: Iterable[Reason]) -> list[Reading]:
    """Every measure that the depth of the check includes, as judged, in the order of the journey."""
    found = tuple(reasons)
    return [
        _judged(read(measure, facts, limits), facts, found)
        for measure in MEASURES
        if facts.target.depth.includes(measure.depth)
    ]


def _judged(reading: Reading, facts: Facts, reasons: tuple[Reason, ...]) -> Reading:
    """The reading as the judgement took it, so that no table raises an alarm that the judge did not."""
    if reading.seen is None:
        gone = missing(reading.name, reasons)
        change = {"state": "missing", "waited_s": waited_s(reading.name, facts)} if gone else {}
    elif reading.state in SEVERITIES and all(reason.measure != reading.name for reason in reasons):
        change = {"state": "explained"}
    else:
        change = {}
    return reading.model_copy(update=change)


def show(value: float, unit: str) -> str:
    """A number as people read it: `3.2 s`, `12 %`, `24.9 fps`, `−41 dBFS`."""
    if unit == "share":
        percent = value * 100
        return f"{percent:.0f} %" if percent >= 10 or percent == round(percent) else f"{percent:.1f} %"
    if unit == "s" and abs(value) < 0.2 and value:
        return f"{value * 1000:.0f} ms"
    digits = 0 if abs(value) >= 100 or (unit == "dBFS") else 1
    text = f"{value:.{digits}f}".replace("-", "−")
    if unit == "s":
        text = text.removesuffix(".0")
    return f"{text} {unit}".strip()


def _state(seen: take.Number, degraded: take.Number, unhealthy: take.Number, *, more_is_worse: bool) -> State:
    if seen is None:
        return "not_seen"
    if unhealthy is not None and (seen >= unhealthy if more_is_worse else seen < unhealthy):
        return "unhealthy"
    if degraded is not None and (seen > degraded if more_is_worse else seen < degraded):
        return "degraded"
    return "ok"


_VIDEO, _TALK = Depth.VIDEO, Depth.CONVERSATION

MEASURES: tuple[Measure, ...] = (
    Measure(
        "api_start", "Start call", "s", Cause.SLOW, Depth.SESSION,
        take.api_start, *take.pair("api_start", "s"),
        tells="LiveAvatar took {seen} to start the session (limit {limit}).",
    ),
    Measure(
        "connect", "Joining the room", "s", Cause.SLOW, _VIDEO, take.connect, *take.pair("connect", "s"),
        tells="Joining the room took {seen} (limit {limit}).",
    ),
    Measure(
        "join", "Avatar joins after", "s", Cause.SLOW, _VIDEO, take.join, *take.pair("join", "s"),
        tells="The avatar joined {seen} after us (limit {limit}).",
    ),
    Measure(
        "first_frame", "First frame after", "s", Cause.SLOW, _VIDEO,
        take.first_frame, *take.pair("first_frame", "s"),
        tells="The first frame came {seen} after asking to join (limit {limit}).",
    ),
    Measure(
        "fps", "Frame rate", "fps", Cause.SLOW, _VIDEO,
        take.of_video("fps"), take.limit("fps_degraded"), take.limit("fps_unhealthy"),
        tells="The picture ran at {seen} (limit {limit}).", more_is_worse=False,
    ),
    Measure(
        "fps_fall", "Rate, end to start", "share", Cause.SLOW, _VIDEO,
        take.fps_fall, *take.pair("fps_fall", "share"),
        tells="The frame rate fell to {seen} of what it was at the start (limit {limit}).",
        more_is_worse=False,
    ),
    Measure(
        "freeze_ratio", "Time in freezes", "share", Cause.SLOW, _VIDEO,
        take.freeze_ratio, *take.pair("freeze_ratio", "share"),
        tells="The picture hitched for {seen} of the time (limit {limit}).",
    ),
    Measure(
        "gap", "Longest gap", "s", Cause.FROZEN, _VIDEO,
        take.of_video("longest_gap_s"), *take.pair("gap", "s"),
        tells="No frame came for {seen} while the track was live (limit {limit}).",
    ),
    Measure(
        "frozen", "Picture stands", "s", Cause.FROZEN, _VIDEO,
        take.of_video("frozen_s"), *take.pair("frozen", "s"),
        tells="The picture stood still for {seen} while frames kept coming (limit {limit}).",
        proven_by_content=True,
    ),
    Measure(
        "frozen_speaking", "Stands while heard", "s", Cause.FROZEN, _VIDEO,
        take.of_video("frozen_while_speaking_s"), *take.pair("frozen_speaking", "s"),
        tells="The picture stood still for {seen} while the avatar was heard (limit {limit}).",
        proven_by_content=True,
    ),
    Measure(
        "black", "Black", "s", Cause.BLACK, _VIDEO, take.of_video("black_s"), *take.pair("black", "s"),
        tells="The picture was black for {seen} (limit {limit}).", proven_by_content=True,
    ),
    Measure(
        "one_colour", "One colour", "s", Cause.ONE_COLOUR, _VIDEO,
        take.of_video("one_colour_s"), *take.pair("one_colour", "s"),
        tells="The picture was one flat colour for {seen} (limit {limit}).", proven_by_content=True,
    ),
    Measure(
        "size", "Size, of asked", "share", Cause.SMALL, _VIDEO, take.size, *take.pair("size", "share"),
        tells="The picture had {seen} of the size asked for (limit {limit}).", more_is_worse=False,
    ),
    Measure(
        "answer", "Answer after", "s", Cause.SLOW, _TALK, take.answer, *take.pair("answer", "s"),
        tells="The avatar answered {seen} after we had spoken (limit {limit}).",
    ),
    Measure(
        "speech_level", "Loudness of speech", "dBFS", Cause.MUTE, _TALK,
        take.of_speech("level_dbfs"), take.limit("quiet_degraded_dbfs"), take.none,
        tells="The avatar speaks at {seen}, hard to hear (limit {limit}).",
        more_is_worse=False, proven_by_content=True,
    ),
    Measure(
        "clipped", "Clipped samples", "share", Cause.DISTORTED, _TALK,
        take.of_speech("clipped_share"), *take.pair("clipped", "share"),
        tells="The voice is clipped in {seen} of its samples (limit {limit}).", proven_by_content=True,
    ),
    Measure(
        "broken", "Voice breaks up", "share", Cause.DISTORTED, _TALK,
        take.broken, *take.pair("broken", "share"),
        tells="The voice breaks up: {seen} of the speech is missing in short holes (limit {limit}).",
    ),
    Measure(
        "concealed", "Sound made up", "share", Cause.DISTORTED, _TALK,
        lambda facts, _limits: facts.network.concealed_share, *take.pair("concealed", "share"),
        tells="{seen} of the sound was lost and made up by the decoder (limit {limit}).",
    ),
    Measure(
        "lip_correlation", "Mouth with voice", "", Cause.LIP_SYNC, _TALK,
        take.lip_correlation, take.limit("lip_correlation_degraded_share"), take.none,
        tells="The mouth hardly follows the voice: correlation {seen} (limit {limit}).",
        more_is_worse=False,
    ),
    Measure(
        "sound_early", "Sound early by", "s", Cause.LIP_SYNC, _TALK, take.sound_first(early=True),
        take.limit("sound_early_degraded_s"), take.if_lips_may_fail("sound_early_unhealthy_s"),
        tells="The sound comes {seen} before the lips (limit {limit}).",
    ),
    Measure(
        "sound_late", "Sound late by", "s", Cause.LIP_SYNC, _TALK, take.sound_first(early=False),
        take.limit("sound_late_degraded_s"), take.if_lips_may_fail("sound_late_unhealthy_s"),
        tells="The sound comes {seen} after the lips (limit {limit}).",
    ),
    Measure(
        "stop", "Stop call", "s", Cause.SLOW, Depth.SESSION,
        take.stop, take.limit("stop_degraded_s"), take.none,
        tells="LiveAvatar took {seen} to end the session (limit {limit}).",
    ),
)  # fmt: skip
"""In the order of the journey. Sources and reasons of the lines: limits.py, or `health explain`."""
