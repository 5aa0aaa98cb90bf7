"""The page's two drawings in numbers: history strip and first-frame line. Pure; the template makes SVG."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from liveavatar_ops.schedule.store import RunRow

STRIP_SLOTS = 60
SLOT = 10.0
STRIP_HEIGHT = 40.0
BAR = 7.0
HEIGHTS = {"healthy": 25.0, "degraded": 32.0, "unhealthy": 40.0, "inconclusive": 12.0, "running": 25.0}
"""Height tells as well as colour (not everybody sees red from green), and trouble stands out."""

LINE_WIDTH, LINE_HEIGHT = 300.0, 56.0
MOST_POINTS = 80
PAD = 3.0


@dataclass(frozen=True)
class Bar:
    """One check in the strip."""

    x: float
    y: float
    width: float
    height: float
    word: str
    title: str
    report: int | None = None
    """The number of the check whose report there is."""


@dataclass(frozen=True)
class Line:
    """First-frame times as SVG points, with the heights of p50 and p95; `top_s` is the scale's upper end."""

    points: str
    dots: tuple[tuple[float, float], ...]
    p50_y: float
    p95_y: float
    top_s: float


def strip(runs: Sequence[RunRow], titles: Sequence[str], reports: Collection[int] = ()) -> list[Bar]:
    """The newest check stands at the right edge; an empty place stays empty."""
    shown = list(zip(runs, titles, strict=True))[-STRIP_SLOTS:]
    first = STRIP_SLOTS - len(shown)
    bars = []
    for i, (run, title) in enumerate(shown):
        word = word_of(run)
        height = HEIGHTS[word]
        x = (first + i) * SLOT + (SLOT - BAR) / 2
        report = run.token if run.token in reports else None
        bars.append(Bar(round(x, 1), STRIP_HEIGHT - height, BAR, height, word, title, report))
    return bars


def word_of(run: RunRow) -> str:
    """How a check is drawn; one that was ended early or lost says nothing."""
    if run.stage == "running":
        return "running"
    return run.verdict if run.stage == "done" and run.verdict in HEIGHTS else "inconclusive"


def line(values: Sequence[float], p50: float | None, p95: float | None) -> Line | None:
    """The line, its upper end a little above the highest value; None with fewer than two values."""
    if len(values) < 2 or p50 is None or p95 is None:
        return None
    kept = _thinned(values)
    top = _nice(max(*kept, p95))
    steps = LINE_WIDTH - 2 * PAD
    dots = tuple(
        (round(PAD + steps * i / (len(kept) - 1), 1), _height(value, top)) for i, value in enumerate(kept)
    )
    return Line(" ".join(f"{x:g},{y:g}" for x, y in dots), dots, _height(p50, top), _height(p95, top), top)


def _thinned(values: Sequence[float]) -> list[float]:
    """At most so many points: the median of each group, but the last value as it is."""
    if len(values) <= MOST_POINTS:
        return list(values)
    size = len(values) / MOST_POINTS
    groups = [values[int(i * size) : max(int(i * size) + 1, int((i + 1) * size))] for i in range(MOST_POINTS)]
    return [*(median(group) for group in groups[:-1]), values[-1]]


def _height(value: float, top: float) -> float:
    return round(LINE_HEIGHT - PAD - (LINE_HEIGHT - 2 * PAD) * min(value, top) / top, 1)


def _nice(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 …: a scale that people can read."""
    steps = (0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 60, 120, 300)
    return next((step for step in steps if step >= value), value) or 1.0
