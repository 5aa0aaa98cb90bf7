"""What the picture and the sound did: the lanes of the timeline that are measured, drawn over one axis."""

from bisect import bisect_left, bisect_right

from liveavatar_ops.health.evidence import talk
from liveavatar_ops.health.evidence.timeline_pen import n, width_of
from liveavatar_ops.health.evidence.timeline_space import Board, Rows, Word, binned, runs
from liveavatar_ops.health.facts import Span, VideoFacts

Ends = tuple[float, float]  # top and bottom of a lane
MOST_LEVELS = 60.0  # of motion; more is shown as this
QUIETEST_DBFS = -70.0
WINDOW_S = 1.0  # of the frame rate
_TALK_LOOKS: dict[talk.Kind, str] = {
    "greeting": "f-sound half",
    "prompt": "f-prompt",
    "no_answer": "f-bad",
    "answer": "f-sound",
}
_SPAN_WORDS = {"frozen": "stands still", "black": "black", "one_colour": "one colour", "gap": "no frame"}


def draw_spans(board: Board, ends: Ends) -> None:
    """Bad stretches as a tint behind the lanes of the picture, named where there is room."""
    pen, axis, layout, facts = board.pen, board.axis, board.layout, board.facts
    top, bottom = ends
    worst_first = sorted(facts.video.spans, key=lambda span: (span.kind == "frozen", -span.took_s))
    rows = Rows(axis, layout.small, 1)
    words = []
    for span in worst_first:
        if span.kind not in _SPAN_WORDS:
            continue
        look = "bad" if span.took_s >= getattr(board.limits, f"{span.kind}_unhealthy_s") else "warn"
        x0, x1 = axis.x(span.start_s), max(axis.x(span.end_s), axis.x(span.start_s) + 2)
        said = f"{_SPAN_WORDS[span.kind]} {span.took_s:.1f} s"
        pen.rect((x0, top, x1, bottom), f"f-{look} wash", title=_told(span, said))
        pen.rect((x0, top - 3, x1, top), f"f-{look}", radius=1)
        if width_of(said, layout.small) <= x1 - x0:
            words.append(Word(span.start_s, said, f"bold t-{look}"))
    for word, x, _, anchor in rows.place(words):
        shift = 8 if anchor == "start" else -3
        pen.words((x + shift, top + 13), word.text, layout.small, word.look, anchor=anchor)


def density(video: VideoFacts) -> list[tuple[float, float]]:
    """
    Moments and the frame rate around each: frames over their own intervals within a second, so that a steady
    picture is a level line. None where no frame came; long watches, kept in steps, have a wider window.
    """
    moments = video.series.at_s
    if len(moments) < 2:
        return []
    each = max(video.frames / len(moments), 1.0)
    spacing_s = (moments[-1] - moments[0]) / len(moments)
    window_s = max(WINDOW_S, 8 * spacing_s if each > 1 else 0.0)
    gaps = [(span.start_s, span.end_s) for span in video.spans if span.kind == "gap"]
    found = []
    for index in range(int((moments[-1] - moments[0]) / (window_s / 8)) + 1):
        at_s = moments[0] + index * window_s / 8
        if any(start_s < at_s < end_s for start_s, end_s in gaps):
            continue
        start_s = max([at_s - window_s / 2, *(end for _, end in gaps if end <= at_s)])
        end_s = min([at_s + window_s / 2, *(start for start, _ in gaps if start >= at_s)])
        first, last = bisect_left(moments, start_s - 1e-6), bisect_right(moments, end_s + 1e-6) - 1
        if last - first < 2:  # so few: look at the neighbours
            first, last = max(first - 1, 0), min(last + 1, len(moments) - 1)
        if last > first and moments[last] > moments[first]:
            found.append((at_s, each * (last - first) / (moments[last] - moments[first])))
    return found


def draw_frames(board: Board, ends: Ends) -> None:
    """Frames a second; the dashed line is the degraded limit, the empty place a gap."""
    pen, axis, facts, limits = board.pen, board.axis, board.facts, board.limits
    top, bottom = ends
    usual = 1.2 * (facts.video.fps_first_third or 0.0)
    highest = max(30.0, usual)
    points = [
        (axis.x(at_s), bottom - (bottom - top) * min(rate / highest, 1.0))
        for at_s, rate in density(facts.video)
    ]
    for part in runs(points, _gaps(board)):
        edge = "".join(f"L{n(x)} {n(y)}" for x, y in part)
        pen.path(
            [f"M{n(part[0][0])} {n(bottom)}{edge}L{n(max(part[-1][0], part[0][0] + 1))} {n(bottom)}Z"],
            "f-frames half",
        )
        pen.path([f"M{edge[1:]}"], "line s-frames")
    y = bottom - (bottom - top) * min(limits.fps_degraded / highest, 1.0)
    _threshold(board, y, f"{limits.fps_degraded:g} fps")


def _gaps(board: Board) -> list[tuple[float, float]]:
    spans = board.facts.video.spans
    return [(board.axis.x(span.start_s), board.axis.x(span.end_s)) for span in spans if span.kind == "gap"]


def draw_light(board: Board, ends: Ends) -> None:
    """Mean luma; under the dashed line a pixel counts as black."""
    pen, axis, facts, limits = board.pen, board.axis, board.facts, board.limits
    top, bottom = ends
    series = facts.video.series
    points = [
        (x, bottom - (bottom - top) * min(luma / 255, 1.0))
        for x, luma in binned((axis.x(at_s) for at_s in series.at_s), series.luma)
    ]
    for part in runs(points, _gaps(board)):
        strokes = [f"{'M' if i == 0 else 'L'}{n(x)} {n(y)}" for i, (x, y) in enumerate(part)]
        pen.path(strokes, "line s-luma")
    y = bottom - (bottom - top) * limits.black_level / 255
    _threshold(board, y, "black")


def draw_motion(board: Board, ends: Ends) -> None:
    """The largest change of each frame; what stays under the dashed line is a standing picture."""
    pen, axis, facts, limits = board.pen, board.axis, board.facts, board.limits
    _top, bottom = ends
    series = facts.video.series
    still: list[str] = []
    moving: list[str] = []
    for x, motion in binned((axis.x(at_s) for at_s in series.at_s), series.motion):
        stroke = f"M{n(x)} {n(bottom)}V{n(bottom - 1 - _motion_high(motion, ends))}"
        (still if motion < limits.still_below_levels else moving).append(stroke)
    pen.path(moving, "hair s-motion")
    pen.path(still, "hair s-unsure")
    _threshold(board, bottom - 1 - _motion_high(limits.still_below_levels, ends), "still")


def _motion_high(motion: float, ends: Ends) -> float:
    share: float = (max(min(motion, MOST_LEVELS), 0.0) / MOST_LEVELS) ** 0.5
    return share * (ends[1] - ends[0] - 1)


def draw_sound(board: Board, ends: Ends) -> None:
    """The avatar's loudness; speech is underlined, and what is under the dashed line is not speech."""
    pen, axis, facts, limits = board.pen, board.axis, board.facts, board.limits
    top, bottom = ends
    series = facts.audio.series
    wide = max(axis.x(0.1) - axis.x(0.0) - 0.6, 0.8)
    loud: list[str] = []
    quiet: list[str] = []
    for at_s, dbfs in zip(series.at_s, series.dbfs, strict=True):
        share = min(max((dbfs - QUIETEST_DBFS) / -QUIETEST_DBFS, 0.0), 1.0)
        x = axis.x(at_s)
        stroke = f"M{n(x)} {n(bottom)}V{n(bottom - 1 - (bottom - top - 1) * share)}"
        (loud if dbfs >= limits.speech_floor_dbfs else quiet).append(stroke)
    pen.path(loud, "s-sound", width=wide)
    pen.path(quiet, "s-unsure half", width=wide)
    for span in facts.audio.speech:
        x0, x1 = axis.x(span.start_s), axis.x(span.end_s)
        pen.rect(
            (x0, bottom + 1, max(x1, x0 + 2), bottom + 4), "f-sound", title=_told(span, "the avatar speaks")
        )
    y = bottom - 1 - (bottom - top - 1) * (1 - limits.speech_floor_dbfs / QUIETEST_DBFS)
    _threshold(board, y, "speech")


def draw_talk(board: Board, ends: Ends) -> None:
    """Greeting, our question, the wait and the answer, each named under its bar."""
    pen, axis, size = board.pen, board.axis, board.layout.small
    top, free_from = ends[0], axis.left
    for each in talk.stretches(board.facts):
        x0 = axis.x(each.start_s)
        x1 = max(axis.x(each.end_s), x0 + 3)
        told = f"{each.words}: {each.start_s:.1f} s to {each.end_s:.1f} s"
        if each.kind == "wait":
            pen.line((x0, top + 7), (x1, top + 7), "line dash s-unsure")
        else:
            pen.rect((x0, top + 1, x1, top + 13), _TALK_LOOKS[each.kind], radius=3, title=told)
        wide = width_of(each.words, size)
        x = max(min(x0, axis.right - wide), free_from)
        if x + wide <= axis.right + 40:
            look = "bold t-bad" if each.kind == "no_answer" else "soft"
            pen.words((x, top + 27), each.words, size, look)
            free_from = x + wide + 14  # digits are wider than they are reckoned


def draw_lags(board: Board, ends: Ends) -> None:
    """When our own machine was late: nothing near it is evidence."""
    pen, axis, facts = board.pen, board.axis, board.facts
    top, bottom = ends
    for spike in facts.host.spikes:
        x0, x1 = axis.x(max(spike.at_s - spike.lag_s, 0.0)), axis.x(spike.at_s)
        title = f"our own loop woke {spike.lag_s * 1000:.0f} ms late at {spike.at_s:.1f} s"
        pen.rect((x0, top, max(x1, x0 + 2), bottom), "f-unsure", radius=1, title=title)


def _threshold(board: Board, y: float, name: str) -> None:
    """A dashed line, named beside the drawing, where nothing covers the name."""
    pen, axis, size = board.pen, board.axis, board.layout.small - 1.5
    pen.line((axis.left, y), (axis.right, y), "hair dash s-unsure")
    pen.words((axis.right + 5, y + 3.5), name, size, "soft")


def _told(span: Span, said: str) -> str:
    return f"{said}: {span.start_s:.1f} s to {span.end_s:.1f} s"
