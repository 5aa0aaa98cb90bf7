"""The avatar's voice: thirteen names that can be told apart, and a voice even without the library."""

from itertools import combinations

import numpy as np
import pytest

from liveavatar_emulator.worker import speech
from liveavatar_emulator.worker.speech import formant
from liveavatar_emulator.worker.speech.voices import VOICES, voice_named

SENTENCE = "Good day, and welcome."


def rms(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2)))


@pytest.mark.parametrize("voice", VOICES)
def test_every_voice_of_the_connector_speaks_audibly_and_unclipped(voice: str) -> None:
    """Each name gives more than half a second of sound, well above silence and below full scale."""
    pcm = speech.speak(SENTENCE, voice)

    assert len(pcm) > speech.RATE / 2
    assert rms(pcm) > 800
    assert int(np.abs(pcm.astype(np.int32)).max()) < 32000


def test_the_thirteen_voices_all_differ() -> None:
    """No two names have the same pace and pitch, so that a wrong voice can be heard (and measured)."""
    heard = {
        v: (len(speech.speak(SENTENCE * 2, v)) / speech.RATE, pitch(speech.speak("aaah.", v))) for v in VOICES
    }

    assert len(heard) == 13
    for (one, (pace, hertz)), (other, (pace2, hertz2)) in combinations(heard.items(), 2):
        assert abs(pace - pace2) > 0.02 or abs(hertz - hertz2) > 4, f"{one} sounds like {other}"


def test_a_low_voice_is_lower_than_a_high_one() -> None:
    """The voices differ in what an ear would call pitch."""
    assert pitch(speech.speak("aaah, aaah.", "onyx")) < pitch(speech.speak("aaah, aaah.", "shimmer"))


def pitch(pcm: np.ndarray) -> float:
    wave = pcm.astype(np.float64)
    loudest = int(np.argmax(np.convolve(np.abs(wave), np.ones(2400), "valid")))
    part = wave[loudest : loudest + 2400]
    alike = np.correlate(part, part, "full")[len(part) - 1 :]
    lags = slice(speech.RATE // 400, speech.RATE // 60)
    return speech.RATE / float(np.argmax(alike[lags]) + speech.RATE // 400)


def test_more_words_take_longer() -> None:
    """It is the text that is spoken, not a fixed sound."""
    assert len(speech.speak(SENTENCE * 3, "alloy")) > 2 * len(speech.speak(SENTENCE, "alloy"))


def test_without_the_library_there_is_still_a_voice() -> None:
    """The fallback is audible, has pauses between words, and differs by voice."""
    pcm = formant.say("hello there.", voice_named("alloy"))

    assert rms(pcm) > 800
    assert formant.say("hello there.", voice_named("onyx")).tobytes() != pcm.tobytes()
    assert (np.abs(pcm) < 50).mean() > 0.05


def test_resampling_keeps_the_length_in_seconds() -> None:
    """A second stays a second."""
    assert len(speech.resampled(np.ones(22050, dtype=np.int16), 22050)) == speech.RATE
