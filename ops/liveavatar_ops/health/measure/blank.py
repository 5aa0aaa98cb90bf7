"""
Tells a picture that shows nothing from one that is dark or plain by design.

A watermark, a logo or a clock is nothing to see either: a small area at the edge that stands out is left out
before the rest is called black or of one colour.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.pooling import BLOCK, Blocks, Pooled, black_share, contrast, detail_share
from liveavatar_ops.health.measure.stillness import centre_mask

Shows = Literal["black", "dark", "one_colour", "picture"]


def what_shows(pooled: Pooled, blocks: Blocks, limits: Limits) -> Shows:
    """What one frame shows."""
    if dim := _dim(pooled, blocks, limits):
        return dim
    rest = _without_marks(blocks, limits)
    if rest is not None:
        blocks = blocks[rest]
        if dim := _dim(pooled[rest.repeat(BLOCK, 0).repeat(BLOCK, 1)], blocks, limits):
            return dim
    return "one_colour" if contrast(blocks) < limits.one_colour_below_levels else "picture"


def _dim(squares: npt.NDArray[np.int16], blocks: Blocks, limits: Limits) -> Shows | None:
    """Mostly black pixels are black or, where detail is left, a dark scene; else None."""
    if black_share(squares, limits.black_level) < limits.black_pixels_share:
        return None
    dark = detail_share(blocks, limits.black_detail_levels) > limits.black_detail_share
    return "dark" if dark else "black"


def _without_marks(blocks: Blocks, limits: Limits) -> npt.NDArray[np.bool_] | None:
    """The blocks beside marks; None where nothing stands out, or in the centre too, or in a larger area."""
    if _varies(blocks, limits):
        return None
    stands_out: npt.NDArray[np.bool_] = np.abs(blocks - np.median(blocks)) > limits.black_detail_levels
    few = 0 < np.count_nonzero(stands_out) < limits.small_area_share * stands_out.size
    if not few or (stands_out & centre_mask(blocks.shape, limits.centre_share)).any():
        return None
    return ~stands_out


def _varies(blocks: Blocks, limits: Limits) -> bool:
    """
    Whether no median can make this a plain picture with marks; spares most pictures that median.

    The block in the middle must be like the median, or it is a mark in the centre. Then whatever is twice as
    far from it as a mark from the median stands out, and that is too large an area.
    """
    middle = blocks[blocks.shape[0] // 2, blocks.shape[1] // 2]
    far = np.abs(blocks - middle) > 2 * limits.black_detail_levels
    return bool(np.count_nonzero(far) >= limits.small_area_share * far.size)
