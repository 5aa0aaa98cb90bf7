"""
What one frame costs the health job, against the same measures at full resolution, in one run.

    .venv/bin/python -m bench frame_meter

Prints milliseconds a frame (median of the loops), the share of one core at 25 frames a second and the ratio.
Only the ratios carry over to another machine.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bench.record import keep
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import VideoMeter

Plane = npt.NDArray[np.uint8]
FRAMES = 400
GOAL_CORE = 0.1
SIZES = {"480p": (480, 848), "720p": (720, 1280), "1080p": (1080, 1920)}


def pictures(height: int, width: int) -> list[Plane]:
    """A few frames of a picture with edges, noise and one patch that moves."""
    rng = np.random.default_rng(3)
    base = (np.add.outer(np.arange(height), np.arange(width)) % 200 + 20).astype(np.uint8)
    frames = []
    for step in range(8):
        frame = base + rng.integers(0, 3, base.shape, dtype=np.uint8)
        frame[height // 2 : height // 2 + 24, width // 2 : width // 2 + 40] = 40 + 20 * step
        padded = np.zeros((height, width + 64), np.uint8)  # a stride longer than the row, as decoders give
        padded[:, :width] = frame
        frames.append(padded[:, :width])
    return frames


def full_resolution(reference: Plane) -> Callable[[Plane], object]:
    """The same measures without pooling: block change twice, black share, spread, mean."""
    height, width = (side // 16 * 16 for side in reference.shape)

    def change(a: Plane, b: Plane) -> float:
        difference = np.abs(a[:height, :width].astype(np.int16) - b[:height, :width])
        return float(difference.reshape(height // 16, 16, width // 16, 16).mean(axis=(1, 3)).max())

    def look(frame: Plane) -> object:
        return (
            change(frame, reference),
            change(frame, reference),
            np.count_nonzero(frame <= 37),
            frame.std(),
            frame.mean(),
        )

    return look


def milliseconds(look: Callable[[Plane, float], object], frames: list[Plane], count: int) -> float:
    """Median cost of one call."""
    took = []
    for index in range(count):
        begun = time.perf_counter()
        look(frames[index % len(frames)], index / 25)
        took.append(time.perf_counter() - begun)
    return float(np.median(took) * 1e3)


def main(_argv: Sequence[str] = ()) -> int:
    """One line a size. Exit code 1 when a 720p picture costs more than a tenth of a core at 25 fps."""
    kept: dict[str, dict[str, float]] = {}
    print(
        f"{'size':>6} {'meter':>9} {'with mouth':>11} {'full res.':>10} {'ratio':>6} {'core at 25 fps':>15}"
    )
    for name, (height, width) in SIZES.items():
        frames = pictures(height, width)
        full = full_resolution(frames[0])
        meter, keeping = VideoMeter(Limits()), VideoMeter(Limits(), keep_mouth=True)
        plain = milliseconds(meter.frame, frames, FRAMES)
        mouth = milliseconds(keeping.frame, frames, FRAMES)
        whole = milliseconds(lambda frame, _at, look=full: look(frame), frames, FRAMES // 8)  # type: ignore[misc]  # default binds the loop's value
        share = plain * 25 / 1000
        costs = f"{plain:>6.2f} ms {mouth:>8.2f} ms {whole:>7.2f} ms"
        print(f"{name:>6} {costs} {whole / plain:>5.1f}x {share:>14.1%}")
        kept[name] = {"meter_ms": plain, "with_mouth_ms": mouth, "full_resolution_ms": whole, "core": share}
    print(f"kept in {keep('frame_meter', kept)}")
    return 1 if kept["720p"]["core"] > GOAL_CORE else 0


if __name__ == "__main__":
    main()
