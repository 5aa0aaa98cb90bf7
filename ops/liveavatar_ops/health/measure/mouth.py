"""Keeps what lip sync needs of each frame: brightness and motion of the blocks where a mouth can be."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.measure.pooling import Blocks
from liveavatar_ops.health.measure.stillness import centre_mask

LONGEST_S = 150.0

Table = npt.NDArray[np.float32]  # [frames, blocks]


@dataclass
class MouthTrack:
    """Block brightness and block motion of the picture's centre, frame by frame, for the last size seen."""

    centre_share: float
    """The limit of this name: where a mouth is looked for."""
    _at: list[float] = field(default_factory=list)
    _luma: list[npt.NDArray[np.float16]] = field(default_factory=list)
    _motion: list[npt.NDArray[np.float16]] = field(default_factory=list)
    _cuts: list[int] = field(default_factory=list)  # first frames of new scenes
    _shape: tuple[int, ...] = ()
    _mask: npt.NDArray[np.bool_] | None = None

    def see(self, luma: Blocks, motion: Blocks | None, at_s: float, *, cut: bool = False) -> None:
        """Take one frame's block means, and changes (None after a change of size); `cut`: a scene begins."""
        if luma.shape != self._shape or self._mask is None:
            self._shape, self._mask = luma.shape, centre_mask(luma.shape, self.centre_share)
            self._at, self._luma, self._motion, self._cuts = [], [], [], []
        if self._at and at_s - self._at[0] > LONGEST_S:
            return
        if cut and self._at:
            self._cuts.append(len(self._at))
        self._at.append(at_s)
        self._luma.append(luma[self._mask].astype(np.float16))
        moved = np.zeros(self._luma[-1].shape, np.float16) if motion is None else motion[self._mask]
        self._motion.append(moved.astype(np.float16))

    @property
    def at_s(self) -> npt.NDArray[np.float64]:
        """Moments of the frames."""
        return np.asarray(self._at)

    @property
    def luma(self) -> Table:
        """Mean luma, [frames, blocks]."""
        return np.asarray(self._luma, np.float32)

    @property
    def luma_joined(self) -> Table:
        """
        The same without cuts: every scene begins at the brightness at which the one before ended.

        A cut changes a block by far more than a mouth does, and at a moment that has nothing to do with it.
        """
        luma = self.luma
        for first in self._cuts:
            luma[first:] += luma[first - 1] - luma[first]
        return luma

    @property
    def motion(self) -> Table:
        """Change against the frame before, grey levels, [frames, blocks]."""
        return np.asarray(self._motion, np.float32)

    def light(self, first: int, end: int) -> npt.NDArray[np.float64]:
        """
        How bright it is around each block, mean luma over the frames from `first` up to `end`.

        Around: a tenth of the picture's height each way, so that a mouth is seen with the skin about it.
        """
        picture = np.full(self._shape, np.nan)
        picture[self._mask] = np.mean(self._luma[first:end], axis=0, dtype=np.float64)
        reach = max(self._shape[0] // 10, 1)
        padded = np.pad(picture, reach, constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1))
        return np.asarray(np.nanmean(windows[self._mask], axis=(1, 2)))

    def __len__(self) -> int:
        return len(self._at)
