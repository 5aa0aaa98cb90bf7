"""What the picture and the sound did: the lanes of the timeline that are measured, drawn over one axis."""

from liveavatar_ops.health.evidence.timeline_pen import n, width_of
from liveavatar_ops.health.evidence.timeline_space import Board, Rows, Word, binned, runs
from liveavatar_ops.health.facts import Span, VideoFacts

Ends = tuple[float, float]  # top and bottom of a lane
MOST_LEVELS = 60.0  # of motion; more is shown as this
QUIETEST_DBFS = -70.0
BIN_S = 0.25  # of the frame density
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


def density(video: VideoFacts) -> list[tuple[float, float, float]]:
    """Start and end of each bin, and its frames a second; long watches, kept in steps, have wide bins."""
    moments = video.series.at_s
    if not moments:
        return []
    each = max(video.frames / len(moments), 1.0)
    first_s, spacing_s = moments[0], (moments[-1] - moments[0]) / len(moments)
    bin_s = max(BIN_S, 4 * spacing_s if each > 1 else 0.0)
    counts: dict[int, float] = {}
    for at_s in moments:
        place = int((at_s - first_s) / bin_s + 1e-6)
        counts[place] = counts.get(place, 0.0) + each
    return [
        (first_s + place * bin_s, first_s + (place + 1) * bin_s, count / bin_s)
        for place, count in sorted(counts.items())
    ]


def draw_frames(board: Board, ends: Ends) -> None:
    """Frames a second in short bins; the dashed line is the degraded limit, the empty place a gap."""
    pen, axis, facts, limits = board.pen, board.axis, board.facts, board.limits
    top, bottom = ends
    usual = 1.2 * (facts.video.fps_first_third or 0.0)
    highest = max(30.0, usual, facts.target.fps or 0.0)
    strokes = []
    for start_s, end_s, rate in density(facts.video):
        x0, x1 = axis.x(start_s) + 0.4, axis.x(end_s) - 0.4
        y = bottom - (bottom - top) * min(rate / highest, 1.0)
        strokes.append(f"M{n(x0)} {n(bottom)}V{n(y)}H{n(max(x1, x0 + 0.4))}V{n(bottom)}Z")
    pen.path(strokes, "f-frames")
    y = bottom - (bottom - top) * min(limits.fps_degraded / highest, 1.0)
    _threshold(board, y, f"{limits.fps_degraded:g} fps")


def draw_light(board: Board, ends: Ends) -> None:
    """Mean luma; under the dashed line a pixel counts as black."""
    pen, axis, facts, limits = board.pen, board.axis, board.facts, board.limits
    top, bottom = ends
    series = facts.video.series
    points = [
        (x, bottom - (bottom - top) * min(luma / 255, 1.0))
        for x, luma in binned((axis.x(at_s) for at_s in series.at_s), series.luma)
    ]
    gaps = [(axis.x(span.start_s), axis.x(span.end_s)) for span in facts.video.spans if span.kind == "gap"]
    for part in runs(points, gaps):
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
    """Our prompt, the wait, and the answer."""
    pen, axis, layout, facts = board.pen, board.axis, board.layout, board.facts
    talk = facts.conversation
    if talk is None or talk.prompt_started_s is None:
        return
    top, bottom = ends
    asked_s = talk.prompt_ended_s if talk.prompt_ended_s is not None else talk.prompt_started_s
    x0, x1 = axis.x(talk.prompt_started_s), axis.x(asked_s)
    middle = (top + 12) if layout.labels_above else (top + bottom) / 2
    pen.rect((x0, middle - 7, max(x1, x0 + 3), middle + 7), "f-prompt", radius=3, title="our spoken prompt")
    answered = talk.answer_started_s
    end = axis.x(answered if answered is not None else asked_s + talk.waited_s)
    look = "sound" if answered is not None else "bad"
    pen.line((x1, middle), (end, middle), f"line dash s-{look}")
    pen.dot((end, middle), 4, f"f-{look}")
    said = f"answer after {talk.answer_latency_s:.1f} s" if talk.answer_latency_s is not None else "no answer"
    left = max(min(end + 9, axis.right - width_of(said, layout.small)), axis.left)
    fits = end + 9 + width_of(said, layout.small) <= axis.right
    pen.words((left, middle + (4 if fits else 20)), said, layout.small, f"t-{look}")


def draw_lags(board: Board, ends: Ends) -> None:
    """When our own machine was late: nothing near it is evidence."""
    pen, axis, facts = board.pen, board.axis, board.facts
    top, bottom = ends
    for spike in facts.host.spikes:
        x0, x1 = axis.x(max(spike.at_s - spike.lag_s, 0.0)), axis.x(spike.at_s)
        title = f"our own loop woke {spike.lag_s * 1000:.0f} ms late at {spike.at_s:.1f} s"
        pen.rect((x0, top, max(x1, x0 + 2), bottom), "f-unsure", radius=1, title=title)


def _threshold(board: Board, y: float, name: str) -> None:
    pen, axis, layout = board.pen, board.axis, board.layout
    pen.line((axis.left, y), (axis.right, y), "hair dash s-unsure")
    size = layout.small - 1.5
    wide = width_of(name, size)
    pen.rect((axis.right - wide - 5, y - 6.5, axis.right, y + 5.5), "card half", radius=2)
    pen.words((axis.right - 3, y + 3), name, size, "soft", anchor="end")


def _told(span: Span, said: str) -> str:
    return f"{said}: {span.start_s:.1f} s to {span.end_s:.1f} s"
