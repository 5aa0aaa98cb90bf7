"""
Holds mouth against voice: does the mouth move when the avatar is heard, and how far apart are the two?

No face detector: the mouth is where blocks of the picture's centre move while there is speech and rest while
there is none. Blinks (short) and swaying (always) do not fit that. The offset is the lag of the strongest
correlation of the mouth's brightness with loudness; an open mouth may be dark or light, so its size counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.facts import LipFacts, Span
from liveavatar_ops.health.measure.audio import inside
from liveavatar_ops.health.measure.mouth import MouthTrack, Table

GRID_S = 0.02
MOST_LAG_S = 0.4
DETREND_S = 1.0
MOVED_LEVELS = 2.0  # a block changed between two frames
MOUTH_BLOCKS = 8
LEAST_SPEECH_S = 1.0
QUIETEST_DBFS = -60.0
MOUTH_LEAST_BLOCKS = 4
WINDOW_S = 1.0
STEP_S = 0.25
MOVING_SHARE = 0.42  # of frames; measured: talking ≥ 0.44 (p10), listening ≤ 0.40 (p98)
LEAST_FRAMES = 8  # in a second, to tell talking from blinking

Series = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Heard:
    """Speech as seen from the frames: which frames lie in it and which well outside."""

    speaking: npt.NDArray[np.bool_]
    silent: npt.NDArray[np.bool_]


def lip_facts(
    mouth: MouthTrack,
    levels: tuple[Series, Series],
    speech: Sequence[Span],
    *,
    moves_levels: float = 4.0,
) -> LipFacts:
    """
    Compare the mouth with what was heard. `levels` are moments and dBFS as AudioMeter gives them;
    `moves_levels` is the limit mouth_moves_levels.

    Numbers are None where there is less than a second of speech (or of silence) to compare.
    """
    spoken_s = sum(span.took_s for span in speech)
    if spoken_s < LEAST_SPEECH_S or len(mouth) < 2:
        return LipFacts(speech_s=round(spoken_s, 2))
    at = mouth.at_s
    heard = _heard(at, speech)
    motion = mouth.motion
    blocks = _mouth_blocks(motion, heard)
    still = np.setdiff1d(np.arange(motion.shape[1]), blocks)
    correlation, offset = _correlate(at, mouth.luma[:, blocks], levels, speech)
    moving_s = sum(mouth_moving_s(mouth, s.start_s, s.end_s, levels=moves_levels) for s in speech)
    return LipFacts(
        moving_share=round(min(moving_s / spoken_s, 1.0), 3),
        mouth_speaking=_mean(motion[heard.speaking][:, blocks]),
        mouth_silent=_mean(motion[heard.silent][:, blocks]),
        mouth_noise=_mean(motion[heard.speaking][:, still]),
        correlation=correlation,
        offset_s=offset,
        speech_s=round(spoken_s, 2),
    )


def mouth_moving_s(mouth: MouthTrack, start_s: float, end_s: float, *, levels: float = 4.0) -> float:
    """
    How long in [start, end] a small group of blocks moved as a talking mouth does, heard or not.

    A block talks at a moment when it changed by `levels` in two of five frames of the second around it: an
    eyelid moves for an instant, a swaying edge by less. Steps of a quarter second.
    """
    at, moved = mouth.at_s, mouth.motion >= levels
    if at.size < LEAST_FRAMES or moved.shape[1] < MOUTH_LEAST_BLOCKS:
        return 0.0
    sums = np.concatenate((np.zeros((1, moved.shape[1])), np.cumsum(moved, axis=0)))
    talking = 0
    for moment in np.arange(start_s + STEP_S / 2, end_s, STEP_S):
        first, end = np.searchsorted(at, (moment - WINDOW_S / 2, moment + WINDOW_S / 2))
        if end - first < LEAST_FRAMES:
            continue
        shares = (sums[end] - sums[first]) / (end - first)
        talking += np.partition(shares, -MOUTH_LEAST_BLOCKS)[-MOUTH_LEAST_BLOCKS] >= MOVING_SHARE
    return float(talking * STEP_S)


def _heard(at: Series, speech: Sequence[Span]) -> _Heard:
    speaking = inside(at, speech)
    wide = [Span(kind="speech", start_s=s.start_s - MOST_LAG_S, end_s=s.end_s + MOST_LAG_S) for s in speech]
    return _Heard(speaking=speaking, silent=~inside(at, wide))


def _mouth_blocks(motion: Table, heard: _Heard) -> npt.NDArray[np.intp]:
    """The blocks that move most in speech and, where there is silence to compare, least outside it."""
    moved = motion >= MOVED_LEVELS
    score = moved[heard.speaking].mean(axis=0)
    if np.count_nonzero(heard.silent) >= 10:
        score = score - moved[heard.silent].mean(axis=0)
    score = score + motion[heard.speaking].mean(axis=0) * 1e-3  # among equals, the one that moves more
    return np.argsort(score)[::-1][:MOUTH_BLOCKS]


def _correlate(
    at: Series, luma: Table, levels: tuple[Series, Series], speech: Sequence[Span]
) -> tuple[float | None, float | None]:
    """Largest |r| over the lags and the offset it stands for; positive when the sound comes first."""
    start_s = max(at[0], levels[0][0], speech[0].start_s - 0.5) + MOST_LAG_S
    end_s = min(at[-1], levels[0][-1], speech[-1].end_s + 0.5) - MOST_LAG_S
    if end_s - start_s < LEAST_SPEECH_S:
        return None, None
    grid = np.arange(start_s - MOST_LAG_S, end_s + MOST_LAG_S, GRID_S)
    loudness = np.interp(grid, levels[0], _smooth(np.maximum(levels[1], QUIETEST_DBFS), 3))
    columns = [np.interp(grid, at, column) for column in luma.T]
    opening = _detrend(_common(np.array([_detrend(column) for column in columns])))
    loudness = _detrend(loudness)
    reach = round(MOST_LAG_S / GRID_S)
    core = loudness[reach:-reach]
    lags = range(-reach, reach + 1)
    found = [_r(core, opening[reach + lag : opening.size - reach + lag]) for lag in lags]
    best = int(np.argmax(np.abs(found)))
    return round(abs(found[best]), 3), round(lags[best] * GRID_S, 3)


def _common(columns: Series) -> Series:
    """The movement that the blocks share, whatever its sign in each: their first principal component."""
    _, _, shared = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(shared[0])


def _detrend(values: Series) -> Series:
    return values - _smooth(values, round(DETREND_S / GRID_S))


def _smooth(values: Series, width: int) -> Series:
    width = min(width, values.size)
    kernel = np.ones(width)
    weight = np.convolve(np.ones(values.size), kernel, "same")
    return np.asarray(np.convolve(values, kernel, "same") / weight)


def _r(a: Series, b: Series) -> float:
    spread = float(a.std() * b.std())
    return 0.0 if spread < 1e-12 else float(((a - a.mean()) * (b - b.mean())).mean() / spread)


def _mean(table: Table) -> float | None:
    return round(float(table.mean()), 3) if table.size else None
