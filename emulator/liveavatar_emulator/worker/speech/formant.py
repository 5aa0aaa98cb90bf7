"""A small voice of our own where espeak-ng is not: vowels and hiss by letters, audible but no words."""

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.speech.voices import Voice

RATE = 22050
# First two formants (Hz) of what a letter most often stands for; the rest are noise or a short stop.
FORMANTS = {
    "a": (730, 1240), "e": (530, 1840), "i": (300, 2250), "o": (500, 900), "u": (330, 870), "y": (300, 2100),
    "l": (380, 1100), "m": (280, 900), "n": (280, 1400), "r": (420, 1250), "w": (300, 700),
}  # fmt: skip
HISS = set("scfhxzv")


def say(text: str, voice: Voice) -> NDArray[np.int16]:
    """Something like the text as mono PCM at `RATE`; the same text always sounds the same."""
    noise = np.random.default_rng(1)
    letter_s = 60 / voice.words_per_minute / 5.2
    sounds = [_letter(c, voice.hertz, letter_s, noise) for c in text.lower()]
    pcm = np.concatenate([*sounds, np.zeros(RATE // 10, dtype=np.float32)])
    return np.asarray(np.clip(pcm * 9000, -32000, 32000), dtype=np.int16)


def _letter(c: str, hertz: float, seconds: float, noise: np.random.Generator) -> NDArray[np.float32]:
    n = int(seconds * RATE * (1.6 if c in "aeiou" else 2.5 if c in ".?!" else 1.0))
    t = np.arange(n, dtype=np.float32) / RATE
    swell = np.sin(np.pi * np.arange(n, dtype=np.float32) / max(n, 1)) ** 0.5
    if c in FORMANTS:
        out = np.zeros(n, dtype=np.float32)
        for k in range(1, int(3600 / hertz)):
            f = k * hertz
            gain = sum(1 / (1 + ((f - peak) / 90) ** 2) for peak in FORMANTS[c]) + 0.02
            out += np.float32(gain) * np.sin(2 * np.pi * f * t + k)
        return np.asarray(out * swell, dtype=np.float32)
    if c in HISS:
        return np.asarray(noise.standard_normal(n) * 0.25 * swell, dtype=np.float32)
    return np.zeros(n, dtype=np.float32)
