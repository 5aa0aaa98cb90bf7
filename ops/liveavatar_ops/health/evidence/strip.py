"""The strip under the pictures: calls, joining, light, motion, sound and talk over one time axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from liveavatar_ops.health.evidence import talk
from liveavatar_ops.health.evidence.canvas import Box, Canvas, Point, width_of
from liveavatar_ops.health.evidence.looks import TALK_COLOURS
from liveavatar_ops.health.evidence.palette import (
    BAD,
    DIM,
    EDGE,
    FAINT,
    GOOD,
    LUMA,
    MOTION,
    SOUND,
    SPAN_COLOURS,
    UNSURE,
)
from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.limits import Limits

LABELS = 92  # pixels left of the axis
LANE_GAP = 10
MOST_LEVELS = 60.0  # of motion; more is shown as this
QUIETEST_DBFS = -70.0
TALK_HIGH = 42


Word = tuple[float, str, str]  # moment, word, colour


@dataclass(frozen=True)
class Axis:
    """Seconds to pixels."""

    left: float
    right: float
    until_s: float

    def x(self, at_s: float) -> float:
        """The pixel of a moment, kept inside the axis."""
        return self.left + (self.right - self.left) * min(max(at_s / self.until_s, 0.0), 1.0)

    @property
    def ticks(self) -> list[float]:
        """Round moments, at most some twelve."""
        step = next(
            step for step in (0.5, 1, 2, 5, 10, 20, 30, 60, 120) if self.until_s / step <= 13 or step == 120
        )
        return [index * step for index in range(int(self.until_s / step) + 1)]


def height_of(facts: Facts) -> int:
    """Pixels that the strip needs."""
    lanes = [30] + ([54, 40] if facts.video.frames else []) + ([34] if facts.audio.frames else [])
    lanes += [TALK_HIGH] if talk.stretches(facts) else []
    return sum(lanes) + LANE_GAP * (len(lanes) - 1) + 26


def draw_strip(canvas: Canvas, box: Box, facts: Facts, limits: Limits) -> None:
    """Draw all lanes into `box`."""
    left, top, right, bottom = box
    ends = [facts.room.watched_until_s, facts.video.watched_until_s, facts.finished_s, *_step_ends(facts)]
    ends += [each.end_s for each in talk.stretches(facts)]
    axis = Axis(left + LABELS, right, max([0.5, *(end for end in ends if end)]))
    for tick in axis.ticks:
        canvas.line([(axis.x(tick), top), (axis.x(tick), bottom - 20)], EDGE, width=1)
        canvas.text((axis.x(tick), bottom - 4), f"{tick:g} s", size=12, fill=DIM, anchor="ms")
    _calls(canvas, axis, top, facts)
    lane = top + 30 + LANE_GAP
    if facts.video.frames:
        _spans(canvas, axis, lane, lane + 54 + LANE_GAP + 40, facts)
        _luma(canvas, axis, (lane, lane + 54), facts)
        lane += 54 + LANE_GAP
        _motion(canvas, axis, (lane, lane + 40), facts, limits)
        lane += 40 + LANE_GAP
    if facts.audio.frames:
        _sound(canvas, axis, (lane, lane + 34), facts, limits)
        lane += 34 + LANE_GAP
    _talk(canvas, axis, lane, facts)


def _step_ends(facts: Facts) -> list[float]:
    return [step.started_s + step.took_s for step in facts.steps]


def _label(canvas: Canvas, axis: Axis, middle: float, text: str) -> None:
    canvas.text((axis.left - 14, middle), text, size=13, fill=FAINT, anchor="rm")


def _calls(canvas: Canvas, axis: Axis, top: float, facts: Facts) -> None:
    """API calls as bars, joining as a thinner one, arrivals and endings as dots."""
    _label(canvas, axis, top + 8, "calls")
    for step in facts.steps:
        x0, x1 = axis.x(step.started_s), axis.x(step.started_s + step.took_s)
        canvas.box((x0, top + 2, max(x1 - 1, x0 + 3), top + 14), GOOD if step.ok else BAD, radius=3)
    room = facts.room
    if room.connect_started_s is not None:
        until_s = room.connected_s if room.connected_s is not None else room.watched_until_s
        x0, x1 = axis.x(room.connect_started_s), axis.x(until_s or room.connect_started_s)
        canvas.box((x0, top + 5, max(x1, x0 + 3), top + 11), UNSURE, radius=3)
    moments = _moments(facts)
    for at_s, _, colour in moments:
        canvas.dot((axis.x(at_s), top + 8), 4.5, colour)
    _words(canvas, axis, top + 18, [*moments, *_step_words(facts)])


def _moments(facts: Facts) -> list[Word]:
    room = facts.room
    known = (
        (facts.video.first_frame_s, "first frame", GOOD),
        (room.avatar_left_s, "avatar left", BAD),
        (room.disconnected_s, "closed", BAD),
        (room.video_ended_s, "track ends", BAD),
        (room.avatar_joined_s, "avatar", GOOD),
    )
    return [(at_s, word, colour) for at_s, word, colour in known if at_s is not None]


def _step_words(facts: Facts) -> list[Word]:
    """Failed calls first, then start and stop, then the rest: room goes to what explains most."""
    order = ("start", "stop")
    steps = sorted(facts.steps, key=lambda step: (step.ok, step.name not in order))
    return [(step.started_s, step.name, DIM if step.ok else BAD) for step in steps]


def _words(canvas: Canvas, axis: Axis, y: float, words: list[Word]) -> None:
    """Write each word under its moment where there is still room; earlier in the list is first served."""
    taken: list[tuple[float, float]] = []
    for at_s, word, colour in words:
        x0 = min(axis.x(at_s) - 4, axis.right - width_of(word, 11))
        x1 = x0 + width_of(word, 11) + 8
        if all(x1 <= a or b <= x0 for a, b in taken):
            taken.append((x0, x1))
            canvas.text((x0, y), word, size=11, fill=colour if colour == BAD else DIM)


def _spans(canvas: Canvas, axis: Axis, top: float, bottom: float, facts: Facts) -> None:
    """Bad stretches as a tint behind the curves, with a firm edge at the top."""
    for span in facts.video.spans:
        colour = SPAN_COLOURS[span.kind]
        x0, x1 = axis.x(span.start_s), axis.x(span.end_s)
        canvas.box((x0, top - 2, max(x1, x0 + 2), bottom), _tint(colour), radius=2)
        canvas.box((x0, top - 4, max(x1, x0 + 2), top - 1), colour, radius=1)


def _luma(canvas: Canvas, axis: Axis, lane: Point, facts: Facts) -> None:
    series, (top, bottom) = facts.video.series, lane
    _label(canvas, axis, (top + bottom) / 2, "light")
    _base(canvas, axis, bottom)
    points = [
        (axis.x(at_s), bottom - (bottom - top) * min(luma / 255, 1.0))
        for at_s, luma in zip(series.at_s, series.luma, strict=True)
    ]
    for part in _unbroken(points, series.at_s, facts):
        canvas.line(part, LUMA, width=1.8)


def _motion(canvas: Canvas, axis: Axis, lane: Point, facts: Facts, limits: Limits) -> None:
    """One thin bar a frame; the dashed line is where a standing picture ends. No frame, no bar: gaps show."""
    series, (top, bottom) = facts.video.series, lane
    _label(canvas, axis, (top + bottom) / 2, "motion")
    _base(canvas, axis, bottom)
    for at_s, motion in zip(series.at_s, series.motion, strict=True):
        high = 2 + (bottom - top - 2) * (min(motion, MOST_LEVELS) / MOST_LEVELS) ** 0.5
        canvas.line([(axis.x(at_s), bottom), (axis.x(at_s), bottom - high)], MOTION, width=1)
    y = bottom - 2 - (bottom - top - 2) * (limits.still_below_levels / MOST_LEVELS) ** 0.5
    for x in range(round(axis.left), round(axis.right), 9):
        canvas.line([(x, y), (x + 4, y)], DIM, width=1)


def _sound(canvas: Canvas, axis: Axis, lane: Point, facts: Facts, limits: Limits) -> None:
    series, (top, bottom) = facts.audio.series, lane
    _label(canvas, axis, (top + bottom) / 2, "sound")
    _base(canvas, axis, bottom)
    wide = axis.x(0.1) - axis.x(0.0)
    for at_s, dbfs in zip(series.at_s, series.dbfs, strict=True):
        share = min(max((dbfs - QUIETEST_DBFS) / -QUIETEST_DBFS, 0.0), 1.0)
        colour = SOUND if dbfs >= limits.speech_floor_dbfs else DIM
        x = axis.x(at_s)
        canvas.box((x, bottom - 1 - (bottom - top - 1) * share, x + max(wide - 0.7, 1), bottom), colour)


def _talk(canvas: Canvas, axis: Axis, top: float, facts: Facts) -> None:
    """Who speaks, and how long was waited; each stretch named, over it or beside it."""
    found = talk.stretches(facts)
    if found:
        _label(canvas, axis, top + TALK_HIGH / 2, "talk")
    free_from = axis.left
    for each in found:
        x0 = axis.x(each.start_s)
        x1 = max(axis.x(each.end_s), x0 + 3)
        colour, waits = TALK_COLOURS[each.kind], each.kind == "wait"
        inside = width_of(each.words, 13) + 10 <= x1 - x0
        if waits:
            canvas.line([(x0, top + 12), (x1, top + 12)], colour, width=2)
        else:
            canvas.box((x0, top, x1, top + 24), colour, radius=4)
        if inside and not waits:
            canvas.text(((x0 + x1) / 2, top + 12), each.words, size=13, fill="#ffffff", anchor="mm")
        else:
            x = min(max((x0 + x1 - width_of(each.words, 12)) / 2, free_from), axis.right)
            canvas.text((x, top + 28), each.words, size=12, fill=FAINT)
            free_from = x + width_of(each.words, 12) + 8


def _unbroken(points: list[Point], at_s: Sequence[float], facts: Facts) -> list[list[Point]]:
    """The curve, cut where frames were missing."""
    gaps = [span for span in facts.video.spans if span.kind == "gap"]
    parts: list[list[Point]] = [[]]
    for index, point in enumerate(points):
        if index and any(
            at_s[index - 1] <= gap.start_s + 1e-3 and gap.end_s - 1e-3 <= at_s[index] for gap in gaps
        ):
            parts.append([])
        parts[-1].append(point)
    return parts


def _base(canvas: Canvas, axis: Axis, y: float) -> None:
    canvas.line([(axis.left, y), (axis.right, y)], EDGE, width=1)


def _tint(colour: str) -> str:
    """The colour laid thinly over the paper."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    paper = (0x1D, 0x23, 0x2A)
    mixed = (round(p * 0.78 + c * 0.22) for p, c in zip(paper, parts, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
