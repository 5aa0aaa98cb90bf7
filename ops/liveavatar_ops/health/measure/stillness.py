"""
Tells a standing picture from a still listener.

The largest change of any 16×16 block against a reference frame decides: a moving mouth is far less than codec
noise when averaged over the whole frame, but far more in its own block. The reference is renewed whenever
something moved, so slow swaying adds up until it shows.

Three things move without being life: codec noise (below the limit), a small area at the edge such as a logo
or a clock (not the face: outside the centre and few blocks), and a scene cut: everything at once, then a new
scene that an encoder sharpens for a while. Where everything changes again within that while, and again after
it, no scene is cut: a background moves, or a light flickers.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.pooling import Blocks, Pooled, block_change
from liveavatar_ops.health.measure.spells import Spells

EXACT_LEVELS = 1.2  # for the wording alone: an encoder still sharpens the first picture of a freeze


@dataclass
class Stillness:
    """Feed it every pooled frame in order; `spells` then holds the times in which nothing lived."""

    limits: Limits
    spells: Spells = field(init=False)
    cuts: int = 0
    """Scenes begun after the first."""
    step: Blocks | None = None
    """Block changes of the last frame against the one before it."""
    cut: bool = False
    """Whether the last frame began a new scene."""
    _reference: Pooled | None = None
    _before: Pooled | None = None
    _centre: npt.NDArray[np.bool_] | None = None
    _settled_at_s: float = float("-inf")
    _all_changed_at_s: float = float("-inf")
    _noise: float = 0.0
    _at_edge: bool = False

    def __post_init__(self) -> None:
        self.spells = Spells(broken_by_s=self.limits.gap_unhealthy_s, least_s=0.3)

    def see(self, pooled: Pooled, at_s: float) -> float:
        """Take one frame; returns the largest block change against the frame before, in grey levels."""
        before, self._before = self._before, pooled
        if before is None or before.shape != pooled.shape:
            self.step, self.cut = None, False
            self._begin_scene(pooled, at_s)
            self.spells.see(True, at_s)
            return 0.0
        step = self.step = block_change(pooled, before)
        self.cut = self._is_cut(step, at_s)
        if self.cut:
            self.cuts += 1
            self._begin_scene(pooled, at_s)
        elif at_s < self._settled_at_s:
            self._reference = pooled
        known = step if self._reference is before else None
        if self._lives(pooled, known):
            self._reference = pooled
            self.spells.see(False, at_s)
            self._noise, self._at_edge = 0.0, False
        self.spells.label = self._kind()
        self.spells.see(True, at_s)
        return float(step.max())

    def _is_cut(self, step: Blocks, at_s: float) -> bool:
        """Everything changed at once, and had not for as long as a new scene may take to settle."""
        if np.count_nonzero(step >= self.limits.cut_levels) < self.limits.cut_area_share * step.size:
            return False
        since_s, self._all_changed_at_s = at_s - self._all_changed_at_s, at_s
        return since_s >= self.limits.settles_s

    def _kind(self) -> str:
        if self._at_edge:
            return "small_area"
        return "nearly" if self._noise > EXACT_LEVELS else "exact"

    def _lives(self, pooled: Pooled, known: Blocks | None) -> bool:
        """Against the reference; `known` is the change where that is the frame before."""
        if self._reference is None or self._reference is pooled:
            return False
        change = block_change(pooled, self._reference) if known is None else known
        moved = change >= self.limits.still_below_levels
        self._noise = max(self._noise, float(change[~moved].max(initial=0.0)))
        if not moved.any():
            return False
        centre = self._centre_of(change)
        wide = np.count_nonzero(moved) >= self.limits.small_area_share * moved.size
        if wide or (moved & centre).any():
            return True
        self._at_edge = True
        return False

    def _begin_scene(self, pooled: Pooled, at_s: float) -> None:
        self._reference = pooled
        self._settled_at_s = at_s + self.limits.settles_s

    def _centre_of(self, change: Blocks) -> npt.NDArray[np.bool_]:
        if self._centre is None or self._centre.shape != change.shape:
            self._centre = centre_mask(change.shape, self.limits.centre_share)
        return self._centre


def centre_mask(shape: tuple[int, ...], share: float) -> npt.NDArray[np.bool_]:
    """The blocks of the middle `share` of width and height."""
    mask = np.zeros(shape, np.bool_)
    edge_y, edge_x = (int(side * (1 - share) / 2) for side in shape)
    mask[edge_y : shape[0] - edge_y, edge_x : shape[1] - edge_x] = True
    return mask
