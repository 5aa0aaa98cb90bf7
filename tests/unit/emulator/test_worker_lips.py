"""From sound to mouth."""

import numpy as np

from liveavatar_emulator.worker import speech
from liveavatar_emulator.worker.drawing.portrait import OPENINGS
from liveavatar_emulator.worker.lips import Lips

RATE, FRAME = 48000, 1920


def tone(hertz: float, level: float) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(FRAME) / RATE)).astype(np.int16)


def test_silence_shuts_the_mouth() -> None:
    """No sound, no opening."""
    mouth, loudness = Lips(RATE).hear(np.zeros(FRAME, dtype=np.int16))

    assert (mouth.opening, loudness) == (0, 0.0)


def test_louder_is_wider() -> None:
    """The opening follows the energy, up to its widest."""
    openings = [Lips(RATE).hear(tone(400, level))[0].opening for level in (200, 1000, 4000, 20000)]

    assert openings == sorted(openings)
    assert openings[0] == 0
    assert openings[-1] == OPENINGS - 1


def test_it_closes_within_a_fifth_of_a_second_after_speech() -> None:
    """A mouth that lags behind the sound would look dubbed."""
    lips = Lips(RATE)
    lips.hear(tone(400, 20000))
    after = [lips.hear(np.zeros(FRAME, dtype=np.int16))[0].opening for _ in range(5)]

    assert after[0] < OPENINGS - 1
    assert after[-1] == 0


def test_dark_sounds_round_the_lips_and_bright_sounds_spread_them() -> None:
    """The width follows the spectral centroid."""
    assert Lips(RATE).hear(tone(300, 8000))[0].width == 0
    assert Lips(RATE).hear(tone(3000, 8000))[0].width == 2


def test_real_speech_uses_many_shapes() -> None:
    """A spoken sentence goes through at least five openings, both quick and wide."""
    pcm = speech.resampled(speech.speak("Good day, how may I help you?", "marin"), speech.RATE, RATE)
    lips = Lips(RATE)
    shown = [lips.hear(pcm[i : i + FRAME])[0] for i in range(0, len(pcm), FRAME)]

    assert len({mouth.opening for mouth in shown}) >= 5
    assert len({mouth.width for mouth in shown}) >= 2
