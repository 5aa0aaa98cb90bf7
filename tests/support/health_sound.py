"""Tones and silence as they arrive from a room, and a meter that heard them."""

import numpy as np

from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import AudioMeter

LIMITS = Limits()
RATE = 16000
CHUNK = RATE // 50  # 20 ms


def tone(seconds: float, level: float, *, hertz: float = 220) -> np.ndarray:
    """A sine of this amplitude (0 to 1; more than 1 is cut off)."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return (np.clip(wave, -1, 1) * 32767).astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


def hear(
    *parts: np.ndarray,
    start_s: float = 2.0,
    jitter_s: float = 0.0,
    chunk: int = CHUNK,
    limits: Limits = LIMITS,
) -> AudioMeter:
    """A meter that heard the parts, each frame when its last sample was there (or up to `jitter_s` later)."""
    meter = AudioMeter(limits, sample_rate=RATE)
    samples = np.concatenate(parts)
    rng = np.random.default_rng(2)
    for first in range(0, samples.size, chunk):
        piece = samples[first : first + chunk]
        late_s = rng.uniform(0, jitter_s) if first else 0.0
        meter.frame(piece, start_s + (first + piece.size) / RATE + late_s)
    return meter
