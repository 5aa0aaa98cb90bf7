"""How large the picture was of what was asked for, and for how long; sizes of the warm-up do not count."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from liveavatar_ops.health.facts import Facts, SizeChange
from liveavatar_ops.health.limits import Limits


@dataclass(frozen=True)
class Shown:
    """One size while it lasted. `share` is of the size asked for: 1 where the picture fills it one way."""

    at_s: float
    width: int
    height: int
    share: float
    took_s: float

    @property
    def said(self) -> str:
        """Width and height as people write them."""
        return f"{self.width}×{self.height}"


def sizes_shown(facts: Facts, limits: Limits) -> list[Shown]:
    """Every size that was shown after the warm-up, in order; the last one from when it began."""
    video, sizes = facts.video, facts.video.sizes
    if not sizes or box(facts) is None:
        return []
    warm_s = (video.first_frame_s or 0.0) + limits.warm_up_s
    last_s = max(video.last_frame_s or 0.0, sizes[-1].at_s)
    shown = [
        _shown(size, facts, after.at_s - max(size.at_s, warm_s))
        for size, after in pairwise(sizes)
        if after.at_s > warm_s
    ]
    return [*shown, _shown(sizes[-1], facts, last_s - sizes[-1].at_s)]


def lasting(shown: Sequence[Shown], limits: Limits) -> Shown | None:
    """
    The size that is judged: the smallest that the picture had, it or smaller ones, for `size_lasts_s`.

    Where none was shown for so long, it is the largest.
    """
    took_s, judged = 0.0, None
    for judged in sorted(shown, key=lambda each: each.share):
        took_s += judged.took_s
        if took_s >= limits.size_lasts_s:
            break
    return judged


def dips(shown: Sequence[Shown], limits: Limits) -> list[Shown]:
    """Sizes below the lines that were shown too briefly to be judged."""
    judged = lasting(shown, limits)
    return [each for each in shown if judged and each.share < min(limits.size_degraded_share, judged.share)]


def larger_before(judged: Shown, facts: Facts) -> SizeChange | None:
    """The largest size before this one, where it was larger."""
    before = [size for size in facts.video.sizes if size.at_s < judged.at_s]
    largest = max(before, key=lambda size: share(size, facts), default=None)
    return largest if largest and share(largest, facts) > judged.share else None


def share(size: SizeChange, facts: Facts) -> float:
    """
    How far a picture fills the size asked for, by the side that fills more of it.

    A quality names lines, not a shape: square and upright avatars have as many, and fewer columns.
    """
    asked = box(facts)
    return max(size.width / asked[0], size.height / asked[1]) if asked else 1.0


def box(facts: Facts) -> tuple[int, int] | None:
    """Width and height that were asked for; turned where an upright picture was ever higher than that."""
    width, height = facts.target.width, facts.target.height
    if not width or not height:
        return None
    turned = any(size.height > max(height, size.width) for size in facts.video.sizes)
    return (height, width) if turned else (width, height)


def _shown(size: SizeChange, facts: Facts, took_s: float) -> Shown:
    return Shown(size.at_s, size.width, size.height, share(size, facts), took_s)
