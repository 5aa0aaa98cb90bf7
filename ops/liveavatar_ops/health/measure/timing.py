"""Cadence from frame timestamps alone. The SDK's own freeze and pause durations are always 0, so not used."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[np.float64]

MEAN_OVER = 30  # frame durations, W3C webrtc-stats
LEAST_FOR_MEAN = 5  # libwebrtc judges no freeze before this many
FREEZE_ADDS_S = 0.15


@dataclass(frozen=True)
class Freezes:
    """Gaps long enough to be felt as a freeze, as (start, end) moments."""

    spans: tuple[tuple[float, float], ...]

    @property
    def total_s(self) -> float:
        """Summed length."""
        return sum(end - start for start, end in self.spans)


def plain_rate(at: Moments, start_s: float, until_s: float) -> float | None:
    """Frames over time in [start, until)."""
    if until_s <= start_s:
        return None
    return float(np.count_nonzero((at >= start_s) & (at < until_s)) / (until_s - start_s))


def harmonic_rate(at: Moments, start_s: float, until_s: float) -> float | None:
    """
    1/(ΣD²/ΣD) over the frame durations D: the rate that a viewer feels, as each gap weighs by its length.

    The wait after the last frame counts as one more duration once it is longer than a usual one.
    """
    durations = np.diff(at[at >= start_s])
    if not durations.size:
        return None
    wait = until_s - at[-1]
    if wait > 3 * durations.mean():
        durations = np.append(durations, wait)
    squares = float((durations**2).sum())
    return float(durations.sum()) / squares if squares else None


def gaps(at: Moments, until_s: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Start and length of every wait for a frame, the one after the last frame included."""
    ends = np.append(at[1:], max(until_s, at[-1]))
    return at, ends - at


def freezes(at: Moments, start_s: float, until_s: float) -> Freezes:
    """
    Gaps of at least max(3·avg, avg + 150 ms), avg over the last 30 durations (W3C webrtc-stats).

    W3C counts a freeze when the next frame is rendered, so an ended stream never froze; here the wait after
    the last frame counts too.
    """
    starts, lengths = gaps(at, until_s)
    sums = np.concatenate(([0.0], np.cumsum(lengths)))
    index = np.arange(lengths.size)
    first = np.maximum(index - MEAN_OVER, 0)
    count = np.maximum(index - first, 1)
    mean = (sums[index] - sums[first]) / count
    long = (lengths >= np.maximum(3 * mean, mean + FREEZE_ADDS_S)) & (index >= LEAST_FOR_MEAN)
    long &= starts + lengths > start_s
    spans = zip(np.maximum(starts[long], start_s), (starts + lengths)[long], strict=True)
    return Freezes(tuple((float(begin), float(end)) for begin, end in spans))
