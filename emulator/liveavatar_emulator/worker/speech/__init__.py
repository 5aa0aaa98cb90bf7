"""Text to PCM at 24 kHz mono, as OpenAI Realtime sends it, in thirteen voices that can be told apart."""

import functools

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.speech import formant
from liveavatar_emulator.worker.speech.espeak import Espeak, NoEspeak
from liveavatar_emulator.worker.speech.voices import VOICES, voice_named

RATE = 24000
LOUDNESS = 3600.0  # RMS of spoken parts: about -19 dBFS, as a voice on a call

__all__ = ["RATE", "VOICES", "resampled", "speak"]

Pcm = NDArray[np.int16]


def speak(text: str, voice: str) -> Pcm:
    """
    The text, spoken, as 16-bit mono PCM at 24 kHz.

    Takes some hundredths of a second for a sentence and blocks: call it in a thread. Falls back to a small
    voice of our own where espeak-ng cannot be loaded.
    """
    how = voice_named(voice)
    engine = _engine()
    pcm = (
        resampled(engine.say(text, how), engine.rate)
        if engine
        else resampled(formant.say(text, how), formant.RATE)
    )
    return _level(pcm)


def resampled(pcm: Pcm, rate: int, to: int = RATE) -> Pcm:
    """The same sound at another rate (linear: enough for a voice)."""
    if rate == to or not pcm.size:
        return pcm
    n = int(len(pcm) * to / rate)
    at = np.arange(n) * (rate / to)
    return np.asarray(np.interp(at, np.arange(len(pcm)), pcm), dtype=np.int16)


@functools.cache
def _engine() -> Espeak | None:
    try:
        return Espeak()
    except NoEspeak:
        return None


def _level(pcm: Pcm) -> Pcm:
    """All voices equally loud, and none clipped."""
    if not pcm.size:
        return pcm
    wave = pcm.astype(np.float32)
    spoken = wave[np.abs(wave) > 200]
    if not spoken.size:
        return pcm
    gain = LOUDNESS / float(np.sqrt(np.mean(spoken**2)))
    peak = float(np.abs(wave).max()) * gain
    return (wave * gain * min(1.0, 30000 / peak)).astype(np.int16)
