"""Listens to the avatar: levels, speech by energy with hysteresis, clipping. Silence is frames too."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.facts import AudioFacts, LevelSeries, Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.holes import broken_share

WINDOW_S = 0.02
SILENT_DBFS = -96.0
FULL_SCALE = 32768.0
ATTACK_WINDOWS = 2
REANCHOR_S = 0.25  # arrival this far from the sample clock: sound was lost, start a new clock

Levels = npt.NDArray[np.float64]


@dataclass
class AudioMeter:
    """
    Feed it mono int16 samples as they arrive; take `facts` at the end.

    Samples carry no timestamps, so time is counted in samples from the earliest plausible arrival: frames
    that come late in a burst do not shift it, lost sound starts it anew.
    """

    limits: Limits
    sample_rate: int = 16000
    frames: int = 0
    _anchor_s: float | None = None
    _samples: int = 0
    _rest: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    _segments: list[tuple[float, int]] = field(default_factory=list)  # anchor, index of first window
    _power: list[float] = field(default_factory=list)
    _peak: list[int] = field(default_factory=list)
    _clipped: list[int] = field(default_factory=list)

    def frame(self, samples: npt.NDArray[np.int16], at_s: float) -> None:
        """Take one frame that had arrived in full at `at_s`."""
        self.frames += 1
        took_s = samples.size / self.sample_rate
        expected_s = None if self._anchor_s is None else self._anchor_s + self._samples / self.sample_rate
        begins_s = at_s - took_s
        if expected_s is None or begins_s - expected_s > REANCHOR_S:
            self._rest = np.empty(0, np.int16)
            self._segments.append((begins_s, len(self._power)))
            self._anchor_s, self._samples = begins_s, 0
        elif begins_s < expected_s:
            assert self._anchor_s is not None
            self._anchor_s -= expected_s - begins_s
            self._segments[-1] = (self._anchor_s, self._segments[-1][1])
        self._samples += samples.size
        self._cut_windows(samples)

    def levels(self) -> tuple[Levels, Levels]:
        """Moment (middle) and loudness in dBFS of every 20 ms window."""
        power = np.asarray(self._power)
        dbfs = 10 * np.log10(np.maximum(power, 10 ** (SILENT_DBFS / 10)))
        at = np.arange(power.size, dtype=np.float64)
        starts = [*(first for _, first in self._segments), power.size]
        for (anchor_s, first), end in zip(self._segments, starts[1:], strict=True):
            at[first:end] = anchor_s + (np.arange(end - first) + 0.5) * WINDOW_S
        return at, dbfs

    def heard_until_s(self) -> float | None:
        """End of the last sound received, silence included."""
        return None if self._anchor_s is None else self._anchor_s + self._samples / self.sample_rate

    def speech(self) -> list[Span]:
        """Stretches of speech of at least `speech_least_s`, in order."""
        at, dbfs = self.levels()
        return find_speech(at, dbfs, self.limits)

    def facts(self) -> AudioFacts:
        """Sum up everything heard."""
        if not self._power:
            return AudioFacts(frames=self.frames)
        limits = self.limits
        at, dbfs = self.levels()
        spans = find_speech(at, dbfs, limits)
        spoken = inside(at, spans)
        peak = max(self._peak)
        window = round(self.sample_rate * WINDOW_S)
        clipped = np.asarray(self._clipped)[spoken].sum() / max(int(spoken.sum()) * window, 1)
        loud = np.asarray(self._power)[spoken].mean() if spoken.any() else None
        return AudioFacts(
            frames=self.frames,
            heard_s=round(len(self._power) * WINDOW_S, 2),
            first_frame_s=round(self._segments[0][0], 3),
            first_audible_s=spans[0].start_s if spans else None,
            speech_s=round(sum(span.took_s for span in spans), 2),
            speech=tuple(spans),
            level_dbfs=None if loud is None else round(float(10 * np.log10(loud)), 1),
            peak_dbfs=round(float(20 * np.log10(peak / FULL_SCALE)), 1) if peak else SILENT_DBFS,
            floor_dbfs=round(float(np.percentile(dbfs, 10)), 1),
            clipped_share=round(float(clipped), 5),
            broken_share=round(
                broken_share([dbfs[inside(at, [span])] for span in spans], WINDOW_S, limits), 4
            ),
            series=_series(at, dbfs),
        )

    def _cut_windows(self, samples: npt.NDArray[np.int16]) -> None:
        size = round(self.sample_rate * WINDOW_S)
        held = np.concatenate((self._rest, samples)) if self._rest.size else samples
        whole = held.size // size * size
        self._rest = held[whole:].copy()
        if not whole:
            return
        windows = held[:whole].astype(np.int32).reshape(-1, size)
        loud = np.abs(windows)
        self._power += ((windows / FULL_SCALE) ** 2).mean(axis=1).tolist()
        self._peak += loud.max(axis=1).tolist()
        self._clipped += (loud >= self.limits.clipped_at_share * FULL_SCALE).sum(axis=1).tolist()


def find_speech(at: Levels, dbfs: Levels, limits: Limits) -> list[Span]:
    """
    Speech by energy with hysteresis: begins above the floor, ends when well below it for a while.

    The floor is the limit's or so much over the quietest tenth, whichever is higher: a humming line is not
    speech. It never rises above `noise_most_dbfs`, so that unbroken speech is not taken for hum.
    """
    if not dbfs.size:
        return []
    hum = float(np.percentile(dbfs, 10)) + limits.speech_over_noise_db
    on = max(limits.speech_floor_dbfs, min(hum, limits.noise_most_dbfs))
    spans: list[Span] = []
    begun: float | None = None
    run, last_loud = 0, 0.0
    for moment, level in zip(at.tolist(), dbfs.tolist(), strict=True):
        if begun is not None and moment - last_loud > limits.speech_hang_s:
            _add(spans, begun, last_loud + WINDOW_S / 2, limits)
            begun, run = None, 0
        run = run + 1 if level >= on else 0
        if begun is None and run >= ATTACK_WINDOWS:
            begun = moment - (run - 0.5) * WINDOW_S
        if begun is not None and level >= on - limits.speech_release_db:
            last_loud = moment
    if begun is not None:
        _add(spans, begun, last_loud + WINDOW_S / 2, limits)
    return spans


def inside(at: Levels, spans: Sequence[Span]) -> npt.NDArray[np.bool_]:
    """Which moments lie in one of the spans."""
    mask = np.zeros(at.size, np.bool_)
    for span in spans:
        mask |= (at >= span.start_s) & (at <= span.end_s)
    return mask


def _add(spans: list[Span], start_s: float, end_s: float, limits: Limits) -> None:
    if end_s - start_s >= limits.speech_least_s:
        spans.append(Span(kind="speech", start_s=round(start_s, 3), end_s=round(end_s, 3)))


def _series(at: Levels, dbfs: Levels, *, step_s: float = 0.1) -> LevelSeries:
    per = round(step_s / WINDOW_S)
    firsts = np.arange(0, at.size, per)
    loudest = np.maximum.reduceat(dbfs, firsts)
    return LevelSeries(
        at_s=tuple(round(float(moment), 2) for moment in at[firsts]),
        dbfs=tuple(round(float(level), 1) for level in loudest),
    )
