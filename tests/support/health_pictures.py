"""Synthetic luma frames: a head whose mouth, lids and place move as asked, and what faults make of it."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import VideoMeter

Plane = npt.NDArray[np.uint8]
FPS = 25
HEIGHT, WIDTH = 720, 1280


@lru_cache(maxsize=16)
def backdrop(height: int, width: int, light: float) -> Plane:
    """A wall with some texture and a head; `light` 1 is a lit studio, 0.1 a night scene."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    wall = 90 + 40 * np.sin(columns / 97) + 20 * np.cos(rows / 53)
    far = np.hypot((rows - height * 0.45) / (height * 0.3), (columns - width / 2) / (height * 0.22))
    picture = np.where(far < 1, 170 - 30 * far, wall)
    return np.clip(16 + (picture - 16) * light, 16, 235).astype(np.uint8)


def face(
    *,
    mouth: float = 0.0,
    lids: float = 0.0,
    sway: int = 0,
    light: float = 1.0,
    size: tuple[int, int] = (HEIGHT, WIDTH),
) -> Plane:
    """One frame; `mouth` and `lids` 0 to 1, `sway` in pixels."""
    height, width = size
    frame = np.roll(backdrop(height, width, light), sway, axis=1).copy()
    level = lambda value: np.uint8(np.clip(16 + (value - 16) * light, 16, 235))  # noqa: E731  # used thrice, here only
    unit = height // 36
    centre = width // 2 + sway
    if mouth > 0:
        opening = max(round(unit * 1.4 * mouth), 1)
        row = round(height * 0.6)
        frame[row : row + opening, centre - unit : centre + unit] = level(50)
    for side in (-1, 1):
        column, row = centre + side * 2 * unit, round(height * 0.4)
        eye = level(60) if lids < 0.5 else level(160)
        frame[row : row + unit, column - unit // 2 : column + unit // 2] = eye
    return frame


Scene = Callable[[int], Plane]


def idle(index: int, **more: Any) -> Plane:
    """A listener: a blink every three seconds, a sway of two pixels."""
    blinking = index % (3 * FPS) < 4
    return face(lids=1.0 if blinking else 0.0, sway=round(2 * np.sin(index / FPS)), **more)


def talking(index: int) -> Plane:
    """A mouth that opens and shuts five times a second, nothing else."""
    return face(mouth=abs(np.sin(index * np.pi * 5 / FPS)))


def noisy(frame: Plane, index: int, levels: int = 2) -> Plane:
    """Coding noise over a frame."""
    rng = np.random.default_rng(index)
    return (
        (frame.astype(np.int16) + rng.integers(-levels, levels + 1, frame.shape))
        .clip(0, 255)
        .astype(np.uint8)
    )


def with_logo(frame: Plane, index: int) -> Plane:
    """A bright dot that runs about in the lower right corner."""
    frame = frame.copy()
    row, column = frame.shape[0] - 40 + index % 12, frame.shape[1] - 60 + (index * 3) % 24
    frame[row : row + 14, column : column + 14] = 230
    return frame


def marked(frame: Plane, size: tuple[int, int]) -> Plane:
    """A watermark of so many pixels, wide and high, in the lower right corner."""
    (wide, high), frame = size, frame.copy()
    mark = frame[-20 - high : -20, -20 - wide : -20]
    mark[:], mark[high // 4 : high // 2, wide // 8 : wide // 2] = 200, 60
    return frame


def flickering(frame: Plane, index: int, every: int) -> Plane:
    """Light that jumps up and down by ten grey levels, each lasting `every` frames."""
    lighter = index // every % 2
    return (frame.astype(np.int16) + (10 if lighter else -10)).clip(0, 255).astype(np.uint8)


def before_moving(frame: Plane, moved: int) -> Plane:
    """The head of a frame before a mosaic that has moved `moved` pixels to the right."""
    height, width = frame.shape
    tiles = np.random.default_rng(1).integers(40, 200, (height // 16 + 1, width // 16 + 1), dtype=np.uint8)
    mosaic = np.roll(tiles.repeat(16, 0).repeat(16, 1)[:height, :width], moved, axis=1)
    rows, columns = np.mgrid[0:height, 0:width]
    head = np.hypot((rows - height * 0.45) / (height * 0.3), (columns - width / 2) / (width * 0.22)) < 1
    return np.where(head, frame, mosaic)


def watch(
    scene: Scene,
    seconds: float,
    *,
    skip: Callable[[float], bool] = lambda _t: False,
    limits: Limits | None = None,
) -> VideoMeter:
    """A meter that has watched a scene for some seconds at 25 fps; where `skip` holds, no frame came."""
    meter = VideoMeter(limits or Limits(), keep_mouth=True)
    for at_s, frame in frames(scene, seconds):
        if not skip(at_s):
            meter.frame(frame, at_s)
    return meter


def frames(scene: Scene, seconds: float) -> Iterator[tuple[float, Plane]]:
    """Moments and frames of a scene."""
    for index in range(round(seconds * FPS)):
        yield index / FPS, scene(index)
