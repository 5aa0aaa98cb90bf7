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
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.audio import inside
from liveavatar_ops.health.measure.mouth import MouthTrack, Table

GRID_S = 0.02
MOST_LAG_S = 0.4
DETREND_S = 1.0
MOVED_LEVELS = 2.0  # a block changed between two frames
MOUTH_BLOCKS = 8
LEAST_SPEECH_S = 1.0
QUIETEST_DBFS = -60.0
MOUTH_LEAST_BLOCKS = 4  # whatever its share; one block alone is noise
FEW_BLOCKS, FEW_LEAST_BLOCKS = 200, 2  # in the middle of a picture under 360 lines a mouth covers fewer
BLACK = 16.0
USUAL_INTERVAL_S = 0.04  # between two frames; what sways changes by more in a longer one
WINDOW_S = 1.0
STEP_S = 0.25

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
    limits: Limits,
) -> LipFacts:
    """
    Compare the mouth with what was heard. `levels` are moments and dBFS as AudioMeter gives them.

    Numbers are None where there is less than a second of speech (or of silence) to compare; `moving_share`
    also where too few frames were looked at while the avatar spoke: no evidence is not a still mouth.
    """
    spoken_s = sum(span.took_s for span in speech)
    motion = mouth.motion
    if spoken_s < LEAST_SPEECH_S or len(mouth) < 2 or not motion.size:
        return LipFacts(speech_s=round(spoken_s, 2))
    at = mouth.at_s
    heard = _heard(at, speech)
    blocks = _mouth_blocks(motion, heard)
    still = np.setdiff1d(np.arange(motion.shape[1]), blocks)
    correlation, offset = _correlate(at, mouth.luma_joined[:, blocks], levels, speech)
    return LipFacts(
        moving_share=_moving_share(mouth, speech, limits),
        mouth_speaking=_mean(motion[heard.speaking][:, blocks]),
        mouth_silent=_mean(motion[heard.silent][:, blocks]),
        mouth_noise=_mean(motion[heard.speaking][:, still]),
        correlation=correlation,
        offset_s=offset,
        speech_s=round(spoken_s, 2),
    )


def mouth_moving_s(mouth: MouthTrack, start_s: float, end_s: float, limits: Limits) -> float:
    """
    How long in [start, end] a small group of blocks moved as a talking mouth does, heard or not.

    A block talks at a moment when it changed by `mouth_moves_levels` in `mouth_frames_share` of the frames of
    the second around it: an eyelid moves for an instant, a swaying edge by less. In dim light everything
    changes by less, between frames far apart by more, so the levels are fitted to both. Steps of a quarter
    second.
    """
    return float(np.count_nonzero(_talking(mouth, [(start_s, end_s)], limits) > 0) * STEP_S)


def _moving_share(mouth: MouthTrack, speech: Sequence[Span], limits: Limits) -> float | None:
    """Share of the speech with a talking mouth, of those moments that had frames enough to tell."""
    moments = _talking(mouth, [(span.start_s, span.end_s) for span in speech], limits)
    told = np.count_nonzero(moments >= 0)
    if not told or told < limits.mouth_measured_share * moments.size:
        return None
    return round(float(np.count_nonzero(moments > 0) / told), 3)


def _talking(
    mouth: MouthTrack, stretches: Sequence[tuple[float, float]], limits: Limits
) -> npt.NDArray[np.int8]:
    """Every quarter second of the stretches: 1 the mouth talks, 0 it rests, -1 too few frames to tell."""
    moments = np.concatenate([np.arange(start_s + STEP_S / 2, end_s, STEP_S) for start_s, end_s in stretches])
    found = np.full(moments.size, -1, np.int8)
    at, motion = mouth.at_s, mouth.motion
    blocks = motion.shape[1] if motion.ndim > 1 else 0
    fewest = MOUTH_LEAST_BLOCKS if blocks >= FEW_BLOCKS else FEW_LEAST_BLOCKS
    least = max(fewest, round(blocks * limits.mouth_area_share))
    least_frames = limits.mouth_least_fps * WINDOW_S
    if at.size < max(least_frames, 2) or blocks < least:
        return found
    levels = limits.mouth_moves_levels * max(float(np.median(np.diff(at))) / USUAL_INTERVAL_S, 1.0)
    contrast = mouth.luma.std(axis=1)
    for index, moment in enumerate(moments):
        first, end = np.searchsorted(at, (moment - WINDOW_S / 2, moment + WINDOW_S / 2))
        if end - first >= max(least_frames, 1):
            dimness = _dimness(mouth.light(first, end), float(np.median(contrast[first:end])), limits)
            shares = np.mean(motion[first:end] >= levels * dimness, axis=0)
            found[index] = np.partition(shares, -least)[-least] >= limits.mouth_frames_share
    return found


def _dimness(light: Series, contrast: float, limits: Limits) -> Series:
    """
    What the limit is multiplied by at each block: 1 for usual light on a face in a picture of usual contrast.

    Each block has its own: before a bright window a face is dim and the rest of the picture is not.
    """
    bright = (light - BLACK) / max(limits.mouth_usual_luma - BLACK, 1.0)
    lit = np.minimum(bright, contrast / max(limits.mouth_usual_contrast_levels, 1.0))
    return np.asarray(np.clip(lit, limits.mouth_dimmest_share, 1.0))


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
