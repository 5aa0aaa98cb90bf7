"""How much of a voice is missing: short holes with hard edges, which a pause to breathe does not have."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.limits import Limits

LOUD_PERCENTILE = 75
EDGE_WINDOWS = 2  # a window that a hole begins in is half as loud

Levels = npt.NDArray[np.float64]


def broken_share(turns: Sequence[Levels], window_s: float, limits: Limits) -> float:
    """Share of speech lost in holes; `turns` are the loudness in dBFS of each window of each turn."""
    heard = sum(turn.size for turn in turns)
    return sum(_lost(turn, window_s, limits) for turn in turns) / heard if heard else 0.0


def _lost(turn: Levels, window_s: float, limits: Limits) -> int:
    """Windows of one turn that lie in holes. Its stops (p, t, k) are such holes too, but few."""
    loud = float(np.percentile(turn, LOUD_PERCENTILE))
    low = turn < loud - limits.broken_below_db
    edges = np.flatnonzero(np.diff(low.astype(np.int8), prepend=0, append=0))
    lost = 0
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        inside_speech = begin > 0 and end < turn.size
        short = (end - begin) * window_s <= limits.broken_longest_s + window_s / 2
        if inside_speech and short and _hard(turn, begin, end) >= loud - limits.broken_edge_db:
            lost += end - begin
    return lost


def _hard(turn: Levels, begin: int, end: int) -> float:
    """The loudness that a hole falls from and rises to, the lower of both."""
    before, after = turn[max(begin - EDGE_WINDOWS, 0) : begin], turn[end : end + EDGE_WINDOWS]
    return min(float(before.max()), float(after.max()))
