"""
Shrinks a luma plane before anything else looks at it: 4×4 pixels become one sum.

Everything that judges content works on these sums, a sixteenth of the data. Averaging first also takes most
of a codec's noise away, while a mouth or an eyelid is many such squares wide. Cost against full resolution:
bench/frame_meter.py.
"""

import numpy as np
import numpy.typing as npt

SQUARE = 4  # pixels a side of one sum
BLOCK = 4  # sums a side of one 16×16 block
_PIXELS = SQUARE * SQUARE

Plane = npt.NDArray[np.uint8]
Pooled = npt.NDArray[np.int16]  # sums of 4×4 pixels, 0 to 4080
Blocks = npt.NDArray[np.float32]  # one value a 16×16 block, grey levels


def pool(y: Plane) -> Pooled:
    """
    Sum every 4×4 pixels of a plane [height, width], which may be a strided view; edges short of a whole block
    are left out. A plane smaller than one block is repeated up to one, so that any stream can be measured.
    """
    if y.ndim != 2 or not y.size:
        raise ValueError(f"a luma plane has two dimensions and at least one pixel, not shape {y.shape}")
    side = SQUARE * BLOCK
    if y.shape[0] < side or y.shape[1] < side:
        y = np.kron(y, np.ones((-(-side // y.shape[0]), -(-side // y.shape[1])), np.uint8))
    height, width = y.shape[0] // side * side, y.shape[1] // side * side
    rows = np.add(y[0:height:4, :width], y[1:height:4, :width], dtype=np.uint16)
    rows += y[2:height:4, :width]
    rows += y[3:height:4, :width]
    return _by_four(rows).view(np.int16)


def block_change(now: Pooled, then: Pooled) -> Blocks:
    """Mean absolute change of each 16×16 block, in grey levels, shape [height/16, width/16]."""
    return _block_sums(np.abs(now - then).view(np.uint16)) * np.float32(1 / (_PIXELS * BLOCK * BLOCK))


def block_luma(pooled: Pooled) -> Blocks:
    """Mean luma of each 16×16 block."""
    return _block_sums(pooled.view(np.uint16)) * np.float32(1 / (_PIXELS * BLOCK * BLOCK))


def black_share(pooled: Pooled, level: float) -> float:
    """Share of the picture not brighter than `level`."""
    return np.count_nonzero(pooled <= level * _PIXELS) / pooled.size


def contrast(blocks: Blocks) -> float:
    """Standard deviation of luma over blocks: noise is averaged away, a flat picture gives nearly 0."""
    return float(blocks.std())


def detail_share(blocks: Blocks, stands_out_by: float) -> float:
    """Share of blocks that differ from the middle one by more than `stands_out_by` grey levels."""
    return np.count_nonzero(np.abs(blocks - np.median(blocks)) > stands_out_by) / blocks.size


def _block_sums(sums: npt.NDArray[np.uint16]) -> Blocks:
    # 16 sums of at most 4080 fit into 16 bits.
    rows = sums[0::4] + sums[1::4] + sums[2::4] + sums[3::4]
    return _by_four(rows).astype(np.float32)


def _by_four(rows: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    return rows[:, 0::4] + rows[:, 1::4] + rows[:, 2::4] + rows[:, 3::4]
