"""What the report says, in words and numbers that the template only has to place."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from liveavatar_ops.codes import with_code
from liveavatar_ops.health.evidence import palette
from liveavatar_ops.health.evidence.canvas import image_of
from liveavatar_ops.health.evidence.looks import ANSWER, ASKING, GREETING, STATE_LOOKS
from liveavatar_ops.health.evidence.marks import choose, marks_of
from liveavatar_ops.health.evidence.timeline_moments import SEVERITY_LOOKS
from liveavatar_ops.health.evidence.timeline_places import Place, calls
from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.measures import Reading, show
from liveavatar_ops.health.thumbnails import Thumbnail
from liveavatar_ops.health.verdicts import Severity

MOST_EVENTS = 120
QUALITY = 80  # of the pictures; the contact sheet keeps them without loss
_SEVERITY_WORDS = {
    Severity.FAILS: "unhealthy",
    Severity.DEGRADES: "degraded",
    Severity.DOUBTFUL: "doubtful",
    Severity.NOTE: "note",
}
_MARK_LOOKS = {
    palette.BAD: "bad",
    palette.WARN: "warn",
    palette.GOOD: "good",
    ASKING: "asking",
    GREETING: "greeting",
    ANSWER: "answer",
}


@dataclass(frozen=True)
class Shot:
    """One picture of the contact sheet, as a data URI."""

    uri: str
    width: int
    height: int
    at: str
    marks: tuple[tuple[str, str], ...]
    """Words and look."""

    @property
    def alt(self) -> str:
        """For those who do not see it."""
        return ", ".join([f"Picture at {self.at}", *(words.lower() for words, _ in self.marks)])


def shots(pictures: Sequence[Thumbnail], facts: Facts) -> list[Shot]:
    """The same pictures with the same marks as on the contact sheet."""
    shown = choose(pictures)
    return [_shot(each, shown, facts) for each in shown]


def _shot(each: Thumbnail, shown: Sequence[Thumbnail], facts: Facts) -> Shot:
    out = io.BytesIO()
    image_of(each).save(out, "JPEG", quality=QUALITY, optimize=True)
    return Shot(
        uri=f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}",
        width=each.width,
        height=each.height,
        at=f"{each.at_s:.1f} s",
        marks=tuple(
            (words, _MARK_LOOKS.get(colour, "dim")) for words, colour in marks_of(each, facts, shown)
        ),
    )


@dataclass(frozen=True)
class Said:
    """One reason, with the number that its flag has on the timeline."""

    number: int
    sentence: Markup
    look: str
    word: str
    when: str


def reasons(judged: Sequence[Place]) -> list[Said]:
    """In the order of the judgement."""
    return [
        Said(
            place.number,
            with_code(place.reason.sentence),
            SEVERITY_LOOKS[place.reason.severity],
            _SEVERITY_WORDS[place.reason.severity],
            _when(place),
        )
        for place in judged
    ]


def _when(place: Place) -> str:
    if place.stretch is None:
        return ""
    start_s, end_s = place.stretch
    return f"at {start_s:.1f} s" if end_s - start_s < 0.05 else f"{start_s:.1f} to {end_s:.1f} s"


@dataclass(frozen=True)
class Gauge:
    """A bar of 0 to 100 for what was seen, and both lines on the same scale, where there are any."""

    seen: float
    lines: tuple[tuple[float, str], ...]
    """Where a line stands, and its look."""


@dataclass(frozen=True)
class Row:
    """One measure, as it stands in the table."""

    title: str
    seen: str
    degraded: str
    unhealthy: str
    word: str
    look: str
    gauge: Gauge | None


def rows(readings: Sequence[Reading]) -> list[Row]:
    """Measures that were seen, and those that should have been; the rest is named below the table."""
    return [_row(reading) for reading in readings if reading.state != "not_seen"]


def _row(reading: Reading) -> Row:
    sign = ">" if reading.more_is_worse else "<"
    lines = (reading.degraded, reading.unhealthy)
    said = ["" if line is None else f"{sign} {show(line, reading.unit)}" for line in lines]
    return Row(
        reading.title,
        reading.value,
        said[0],
        said[1],
        reading.state,
        STATE_LOOKS[reading.state],
        _gauge(reading),
    )


def _gauge(reading: Reading) -> Gauge | None:
    if reading.seen is None:
        return None
    known = [value for value in (reading.seen, reading.degraded, reading.unhealthy) if value is not None]
    highest = max(known)
    if min(known) < 0 or highest <= 0:
        return None
    scale = 100 / (highest * 1.12)
    both = ((reading.degraded, "warn"), (reading.unhealthy, "bad"))
    lines = tuple((round(value * scale, 1), look) for value, look in both if value is not None)
    return Gauge(round(reading.seen * scale, 1), lines)


@dataclass(frozen=True)
class Call:
    """One API call."""

    name: str
    begun: str
    took: str
    answer: str
    look: str


def api_calls(facts: Facts) -> list[Call]:
    """In the order they were made; status and code as the server gave them."""
    found = []
    for step in sorted(calls(facts), key=lambda step: step.started_s):
        status = str(step.status) if step.status is not None else ("answered" if step.ok else "no answer")
        code = f" (code {step.code})" if step.code is not None else ""
        found.append(
            Call(
                step.name,
                f"{step.started_s:.2f} s",
                f"{step.took_s * 1000:.0f} ms",
                f"{status}{code}",
                "good" if step.ok else "bad",
            )
        )
    return found


def events(facts: Facts) -> tuple[list[tuple[str, str, str]], int]:
    """Moment, type and detail of data-channel events, a run of one type as one line; and how many more."""
    lines: list[tuple[str, str, str]] = []
    run = 0
    for index, event in enumerate(facts.events):
        again = index > 0 and (event.type, event.detail) == (
            facts.events[index - 1].type,
            facts.events[index - 1].detail,
        )
        run = run + 1 if again else 1
        if again:
            first, kind, _ = lines[-1]
            lines[-1] = (first, kind, f"{event.detail or ''} × {run}, last at {event.at_s:.2f} s".strip())
        else:
            lines.append((f"{event.at_s:.2f} s", event.type, event.detail or ""))
    return lines[:MOST_EVENTS], max(len(lines) - MOST_EVENTS, 0)
