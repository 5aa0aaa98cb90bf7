"""
The whole check over one time axis, as SVG: what was called, what came, what the frames and the sound held.

One file holds three drawings of the same facts: wide, for phones, and for paper. CSS shows the one that fits,
in the colours that the reader's system asks for. It needs no script and fetches nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from liveavatar_ops.codes import without_ticks
from liveavatar_ops.health.evidence import talk
from liveavatar_ops.health.evidence import timeline_lanes as lanes
from liveavatar_ops.health.evidence import timeline_moments as happened
from liveavatar_ops.health.evidence.palette import CAUSE_WORDS
from liveavatar_ops.health.evidence.timeline_pen import Pen, cut, escaped, width_of, wrap
from liveavatar_ops.health.evidence.timeline_places import Place, places
from liveavatar_ops.health.evidence.timeline_space import NARROW, PAPER, WIDE, Board, Layout, axis_of
from liveavatar_ops.health.evidence.timeline_style import css
from liveavatar_ops.health.evidence.timeline_words import ROW, rows_of
from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Judgement, Verdict

Ends = tuple[float, float]
LAYOUTS = (WIDE, NARROW, PAPER)
HEAD = 18.0  # over the lanes of the picture, for the names of bad stretches
EDGE = 20.0
_VERDICT_LOOKS = {
    Verdict.HEALTHY: "good",
    Verdict.DEGRADED: "warn",
    Verdict.UNHEALTHY: "bad",
    Verdict.INCONCLUSIVE: "unsure",
}


@dataclass(frozen=True)
class Lane:
    """One row of the timeline."""

    name: str
    high: float
    draw: Callable[[Board, Ends], None]
    measured: bool = False
    of_picture: bool = False


@dataclass(frozen=True)
class Timeline:
    """The finished drawing: `svg` for a page, `style` is the text of its one style block."""

    svg: str
    style: str


def timeline(facts: Facts, judgement: Judgement, limits: Limits, *, alone: bool = True) -> Timeline:
    """Draw it. `alone`: with its own heading and the reasons in words; a page says both itself."""
    drawings = [_draw(layout, facts, judgement, limits, alone=alone) for layout in LAYOUTS]
    (wide, wide_high), (narrow, narrow_high), (paper, paper_high) = drawings
    style = css((NARROW.width, round(narrow_high)), (PAPER.width, round(paper_high)))
    title = f"Timeline of the check of {facts.target.name}: {judgement.verdict.value}"
    return Timeline(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tl" viewBox="0 0 {WIDE.width} {round(wide_high)}" '
        f'width="{WIDE.width}" height="{round(wide_high)}" role="img" aria-labelledby="tl-title tl-desc" '
        f'preserveAspectRatio="xMidYMin meet"><title id="tl-title">{escaped(title)}</title>'
        f'<desc id="tl-desc">{escaped(described(facts, judgement))}</desc><style>{style}</style>'
        f'<g class="tl-wide">{wide}</g><g class="tl-narrow">{narrow}</g>'
        f'<g class="tl-paper">{paper}</g></svg>\n',
        style,
    )


def write_timeline(path: Path, facts: Facts, judgement: Judgement, limits: Limits) -> None:
    """Write it as a file of its own."""
    write_whole(path, timeline(facts, judgement, limits).svg)


def described(facts: Facts, judgement: Judgement) -> str:
    """The same in words, for those who do not see it."""
    said = [f"Seconds count from the first API call; the check took {facts.finished_s:.1f} s."]
    said += [f"{len(facts.steps)} API calls."] if facts.steps else []
    if facts.video.first_frame_s is not None:
        said.append(f"First frame at {facts.video.first_frame_s:.1f} s, {facts.video.frames} frames in all.")
    said += [f"{word.text} at {word.at_s:.1f} s." for word in happened.moments(facts) if word.look == "bad"]
    for span in facts.video.spans[:8]:
        said.append(f"{span.kind.replace('_', ' ')} from {span.start_s:.1f} s to {span.end_s:.1f} s.")
    for place in places(judgement.reasons, facts):
        when = "" if place.stretch is None else f" (from {place.stretch[0]:.1f} s)"
        said.append(f"{place.number}: {without_ticks(place.reason.sentence)}{when}")
    return " ".join(said)


def _draw(
    layout: Layout, facts: Facts, judgement: Judgement, limits: Limits, *, alone: bool
) -> tuple[str, float]:
    over = Board(Pen(), axis_of(facts, layout), layout, facts, limits)
    under = replace(over, pen=Pen())
    found = places(judgement.reasons, facts)
    flags = happened.flag_rows(over.axis, found)
    top = y = _heading(over.pen, layout, facts, judgement) if alone else EDGE / 2
    y += (max(row for _, _, row in flags) + 1) * (2 * happened.FLAG + 4) + 4 if flags else 0
    y, of_picture = _draw_lanes(over, under, y)
    bottom = y - layout.lane_gap + 6
    _grid(under, (top, bottom))
    if of_picture is not None:
        lanes.draw_spans(under, of_picture)
    happened.draw_flags(over, (top, bottom), flags)
    y = bottom + 22
    y = _legend(over.pen, layout, found, y) if alone else y
    paper = Pen()
    paper.rect((0, 0, layout.width, y + EDGE / 2), "paper")
    layers = (paper.shapes, under.pen.shapes, over.pen.shapes, under.pen.texts, over.pen.texts)
    return "".join(part for layer in layers for part in layer), y + EDGE / 2


def _draw_lanes(over: Board, under: Board, y: float) -> tuple[float, Ends | None]:
    """Every lane from `y` down; returns where they end, and the stretch that belongs to the picture."""
    layout = over.layout
    picture: list[float] = []
    for lane in _lanes(over):
        y += 17 if layout.labels_above else 6
        y += HEAD if lane.of_picture and not picture and over.facts.video.spans else 0
        _label(over.pen, layout, lane, y)
        high = lane.high * (layout.measured if lane.measured else 1.0)
        lane.draw(over, (y, y + high))
        if lane.measured:
            under.pen.line((over.axis.left, y + high), (over.axis.right, y + high), "hair s-rule")
        picture += [y, y + high] if lane.of_picture else []
        y += high + layout.lane_gap
    head = HEAD if over.facts.video.spans else 0
    return y, (picture[0] - head, picture[-1]) if picture else None


def _lanes(board: Board) -> list[Lane]:
    """Those that have something to show."""
    facts = board.facts
    room = facts.room.connect_started_s is not None
    frames, spoken = bool(facts.video.frames), bool(talk.stretches(facts))
    named = max((p.row + 1 for c in happened.call_captions(board) for p in c.pieces), default=0)
    in_room = 15 + ROW * rows_of(happened.room_words(board))
    said = 15 + ROW * rows_of(happened.event_words(board))
    every = (
        (True, Lane("API calls", 18 + ROW * named, happened.draw_calls)),
        (room, Lane("room", in_room, happened.draw_room)),
        (frames, Lane("frames", 50, lanes.draw_frames, measured=True, of_picture=True)),
        (frames, Lane("light", 44, lanes.draw_light, measured=True, of_picture=True)),
        (frames, Lane("motion", 56, lanes.draw_motion, measured=True, of_picture=True)),
        (bool(facts.audio.frames), Lane("sound", 48, lanes.draw_sound, measured=True)),
        (spoken, Lane("talk", 30, lanes.draw_talk)),
        (
            bool(facts.events),
            Lane("events", said, happened.draw_events),
        ),
        (bool(facts.host.spikes), Lane("own lag", 12, lanes.draw_lags)),
    )
    return [lane for there, lane in every if there]


def _label(pen: Pen, layout: Layout, lane: Lane, y: float) -> None:
    if layout.labels_above:
        pen.words((layout.left, y - 5), lane.name, layout.small, "soft bold")
    else:
        pen.words(
            (layout.left - 14, y + min(lane.high / 2, 20) + 4), lane.name, layout.text, "soft", anchor="end"
        )


def _grid(board: Board, ends: Ends) -> None:
    pen, axis, layout = board.pen, board.axis, board.layout
    for tick in axis.ticks(layout.most_ticks):
        x = axis.x(tick)
        pen.line((x, ends[0]), (x, ends[1]), "hair s-rule")
        if x < axis.right - 8:
            anchor = "start" if x - axis.left < 8 else "middle"
            pen.words((x, ends[1] + 15), f"{tick:g} s", layout.small, "soft", anchor=anchor)


def _heading(pen: Pen, layout: Layout, facts: Facts, judgement: Judgement) -> float:
    """Who, how it ended, when; returns where it ends."""
    left, right = (layout.left, layout.right) if layout.labels_above else (EDGE, layout.right)
    look = _VERDICT_LOOKS[judgement.verdict]
    verdict = judgement.verdict.value + (
        f": {CAUSE_WORDS[judgement.cause]}" if judgement.cause is not Cause.NONE else ""
    )
    about = _about(facts)
    if layout.labels_above:
        pen.words((left, 28), cut(facts.target.name, 19, right - left), 19, "bold")
        pen.words((left, 50), cut(verdict, 16, right - left), 16, f"bold t-{look}")
        lines = wrap(" · ".join(about), layout.small, right - left, lines=3)
        for index, line in enumerate(lines):
            pen.words((left, 70 + 15 * index), line, layout.small, "soft")
        return 70 + 15 * len(lines) + 2
    room = right - left - width_of(verdict, 19) - 30
    pen.words((left, 34), cut(facts.target.name, 22, room), 22, "bold")
    pen.words((right, 34), verdict, 19, f"bold t-{look}", anchor="end")
    pen.words((left, 55), cut(" · ".join(about), 12.5, right - left), 12.5, "soft")
    return 74


def _about(facts: Facts) -> list[str]:
    target = facts.target
    words = [
        f"{facts.started_at:%Y-%m-%d %H:%M:%S} UTC",
        f"depth {target.depth.value}",
        f"stack {target.stack}" if target.stack else "",
        f"session {facts.session_id[:8]}" if facts.session_id else "",
        "seconds from the first API call",
    ]
    return [word for word in words if word]


def _legend(pen: Pen, layout: Layout, found: list[Place], y: float) -> float:
    """The reasons in words, by number."""
    left = layout.left if layout.labels_above else EDGE
    y += 14 if found else 0
    for place in found:
        happened.draw_flag(pen, (left + happened.FLAG, y), place, layout)
        start = left + 2 * happened.FLAG + 9
        wide = layout.right - start
        for index, line in enumerate(wrap(without_ticks(place.reason.sentence), layout.text, wide, lines=3)):
            pen.words((start, y + 4.5 + 17 * index), line, layout.text)
            y += 17 if index else 0
        y += 25
    return y
