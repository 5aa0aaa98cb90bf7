"""
Chooses a few of the frames that were seen and makes them small, for the contact sheet.

Works on the decoder's own I420 planes: a block mean of the planes costs a tenth of converting a
whole frame to RGB first. Colours follow ITU-R BT.601, limited range, as WebRTC decoders give them.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.thumbnails import Thumbnail

WIDEST = 320

Picture = npt.NDArray[np.uint8]  # [height, width, 3] RGB


def shrink_i420(
    data: bytes | bytearray | memoryview, width: int, height: int, *, widest: int = WIDEST
) -> Picture:
    """A small RGB picture of an I420 frame of `width` x `height` (both at least 2); upright stays upright."""
    half_w, half_h = (width + 1) // 2, (height + 1) // 2
    flat = np.frombuffer(data, np.uint8)
    luma = flat[: width * height].reshape(height, width)
    chroma = flat[width * height : width * height + 2 * half_w * half_h].reshape(2, half_h, half_w)
    step = max(1, -(-max(width, height) // (2 * widest)))  # in chroma samples
    y = _block_mean(luma[: half_h * 2, : half_w * 2], 2 * step)
    u, v = (_block_mean(plane, step) for plane in chroma)
    rows, columns = min(y.shape[0], u.shape[0]), min(y.shape[1], u.shape[1])
    y, u, v = (plane[:rows, :columns] for plane in (y, u, v))
    y, u, v = (y - 16.0) * 1.164, u - 128.0, v - 128.0
    rgb = np.stack((y + 1.596 * v, y - 0.813 * v - 0.391 * u, y + 2.018 * u), axis=-1)
    small: Picture = np.clip(rgb, 0, 255).astype(np.uint8)
    return small


def _block_mean(plane: npt.NDArray[np.uint8], step: int) -> npt.NDArray[np.float32]:
    rows, columns = max(plane.shape[0] // step, 1), max(plane.shape[1] // step, 1)
    step_y, step_x = min(step, plane.shape[0]), min(step, plane.shape[1])
    cut = plane[: rows * step_y, : columns * step_x]
    mean = cut.reshape(rows, step_y, columns, step_x).mean(axis=(1, 3), dtype=np.float32)
    return np.asarray(mean, dtype=np.float32)


@dataclass
class Keeper:
    """Chooses which frames to keep: the first, then one every `every_s`, and in the end the last."""

    every_s: float
    at_most: int = 24
    kept: list[Thumbnail] = field(default_factory=list)

    def wants(self, at_s: float) -> bool:
        """Whether the frame at this moment is due."""
        if not self.kept:
            return True
        due_s = self.kept[0].at_s + len(self.kept) * self.every_s
        return at_s >= due_s and len(self.kept) < self.at_most

    def keep(self, at_s: float, picture: Picture) -> None:
        """Add one picture."""
        self.kept.append(_thumbnail(at_s, picture))

    def keep_last(self, at_s: float, picture: Picture) -> None:
        """The last picture seen takes the place of one that was kept just before it."""
        if self.kept and at_s - self.kept[-1].at_s < self.every_s / 2 and len(self.kept) > 1:
            self.kept.pop()
        if not self.kept or self.kept[-1].at_s < at_s:
            self.kept.append(_thumbnail(at_s, picture))


def _thumbnail(at_s: float, picture: Picture) -> Thumbnail:
    return Thumbnail(at_s, picture.shape[1], picture.shape[0], picture.tobytes())
