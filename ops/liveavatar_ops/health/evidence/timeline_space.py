"""Where things stand on the timeline: layouts (wide, phone, paper), one axis, words without collisions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from liveavatar_ops.health.evidence.timeline_pen import Pen, width_of
from liveavatar_ops.health.evidence.timeline_places import calls
from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.limits import Limits

NARROWEST_WIDE = 1200
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


@dataclass(frozen=True)
class Layout:
    """One way to lay the timeline out. Sizes are in the drawing's own units."""

    name: str
    width: int
    left: float
    """Where the axis begins."""
    right: float
    text: float
    small: float
    labels_above: bool
    most_ticks: int
    rows: int
    """Rows of words that a lane may use."""
    lane_gap: float = 16.0
    measured: float = 1.0
    """Height of the measured lanes, of their height on a screen."""


WIDE = Layout("wide", NARROWEST_WIDE, 104, 1148, 14, 12.5, labels_above=False, most_ticks=16, rows=4)
NARROW = Layout("narrow", 400, 12, 352, 13, 11.5, labels_above=True, most_ticks=8, rows=5)
PAPER = Layout(
    "paper", 860, 84, 812, 12.5, 11.5, labels_above=False, most_ticks=14, rows=4, lane_gap=10, measured=0.62
)


@dataclass(frozen=True)
class Axis:
    """Seconds to units."""

    left: float
    right: float
    until_s: float

    def x(self, at_s: float) -> float:
        """Where a moment stands, kept inside the axis."""
        return self.left + (self.right - self.left) * min(max(at_s / self.until_s, 0.0), 1.0)

    def ticks(self, most: int) -> list[float]:
        """Round moments, at most `most` and one more."""
        step = next((step for step in _STEPS if self.until_s / step <= most), _STEPS[-1])
        return [index * step for index in range(int(self.until_s / step + 1e-9) + 1)]


def axis_of(facts: Facts, layout: Layout) -> Axis:
    """From the first API call to the last thing that is known."""
    ends = [step.started_s + step.took_s for step in calls(facts)]
    ends += [facts.room.watched_until_s or 0.0, facts.video.watched_until_s, facts.finished_s]
    ends += [span.end_s for span in facts.video.spans]
    return Axis(layout.left, layout.right, max([0.5, *ends]))


@dataclass(frozen=True)
class Board:
    """What every lane draws with and from."""

    pen: Pen
    axis: Axis
    layout: Layout
    facts: Facts
    limits: Limits


@dataclass(frozen=True)
class Word:
    """A word that belongs to a moment; `look` is its class."""

    at_s: float
    text: str
    look: str = "soft"


@dataclass
class Rows:
    """Rows of words without collisions: who comes first in the list is placed first, the rest goes unsaid."""

    axis: Axis
    size: float
    count: int
    taken: list[list[tuple[float, float]]] = field(default_factory=list)

    def place(self, words: Iterable[Word]) -> list[tuple[Word, float, int, str]]:
        """Each word that found room, with its edge, its row, and which edge that is (start or end)."""
        self.taken = [[] for _ in range(self.count)]
        placed = []
        for word in words:
            wide = width_of(word.text, self.size)
            x = self.axis.x(word.at_s) - 3
            ends = x + wide > self.axis.right
            left = max(self.axis.right - wide if ends else x, self.axis.left)
            row = next(
                (i for i, held in enumerate(self.taken) if _free(held, left - 5, left + wide + 5)), None
            )
            if row is not None:
                self.taken[row].append((left - 5, left + wide + 5))
                placed.append((word, self.axis.right if ends else left, row, "end" if ends else "start"))
        return placed


def _free(taken: list[tuple[float, float]], left: float, right: float) -> bool:
    return all(right <= a or b <= left for a, b in taken)


def binned(at_x: Iterable[float], values: Iterable[float], *, step: float = 1.0) -> list[tuple[float, float]]:
    """The largest value of every `step` units, so that no drawing is larger than the eye can see."""
    found: dict[int, float] = {}
    for x, value in zip(at_x, values, strict=True):
        place = int(x / step)
        found[place] = max(found.get(place, value), value)
    return [(place * step + step / 2, value) for place, value in sorted(found.items())]


def runs(
    points: list[tuple[float, float]], breaks: Iterable[tuple[float, float]]
) -> list[list[tuple[float, float]]]:
    """The points as curves, cut wherever a break (left, right) lies between two of them."""
    cuts = list(breaks)
    if not points:
        return []
    parts = [[points[0]]]
    for before, after in pairwise(points):
        if any(before[0] <= left + 2 and right - 2 <= after[0] for left, right in cuts):
            parts.append([])
        parts[-1].append(after)
    return parts
