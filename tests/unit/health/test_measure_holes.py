"""A voice that breaks up: told from the stops and pauses of a healthy one, on the voices that ship."""

import numpy as np
import pytest

from liveavatar_emulator.openai_stand_in.replies import answer
from liveavatar_emulator.worker.show import BLOCK_S, HOLE_BLOCKS, LEFT_BLOCKS
from liveavatar_emulator.worker.speech import RATE, resampled, speak
from liveavatar_emulator.worker.speech.voices import VOICES as EMULATED
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.prompt import load_prompt
from liveavatar_ops.health.verdicts import Cause, Verdict
from tests.support.health_facts import healthy
from tests.support.health_sound import RATE as HEARD_RATE
from tests.support.health_sound import hear, silence, tone

LIMITS = Limits()
LATE_S = (0.0, 0.03, 0.06, 0.09, 0.12, 0.15)
STACCATO = (
    "Stop. Eat. Take it. Pick up a cup. Four, zero, eight, two, two, six, eight. Kitchen staff pack picnic."
)
SMOOTH = "Hello, I am June, your concierge. How can I help you today? The pool opens in the morning."


def voices() -> dict[str, np.ndarray]:
    """At the rate they are heard with: the prompt, and the emulator's voices over hard and soft words."""
    prompt = load_prompt()
    found = {"prompt": resampled(np.frombuffer(prompt.samples, "<i2"), prompt.rate_hz, HEARD_RATE)}
    for voice in ("alloy", "sage", "marin"):
        for name, text in (("staccato", STACCATO), ("smooth", SMOOTH)):
            found[f"{voice}, {name}"] = resampled(speak(text, voice), RATE, HEARD_RATE)
    return found


def holed(samples: np.ndarray, on_s: float, off_s: float) -> np.ndarray:
    """With silence of `off_s` after every `on_s`."""
    at = np.arange(samples.size) / HEARD_RATE % (on_s + off_s)
    return np.where(at < on_s, samples, 0).astype(np.int16)


def broken_share(samples: np.ndarray) -> float:
    return hear(silence(1), samples, silence(1)).facts().broken_share


VOICES = voices()


@pytest.mark.parametrize("voice", VOICES.values(), ids=VOICES)
def test_a_healthy_voice_is_well_below_the_line_and_a_broken_one_beyond_it(voice: np.ndarray):
    """With every other 100 ms gone nobody follows; stops of consonants are holes too, but few."""
    assert broken_share(voice) < 0.7 * LIMITS.broken_degraded_share
    assert broken_share(holed(voice, 0.1, 0.1)) > LIMITS.broken_degraded_share


@pytest.mark.parametrize("name", EMULATED)
def test_the_fault_of_the_emulator_is_well_past_the_line_with_each_of_its_voices(name: str):
    """Wherever its holes fall in the answer of a rehearsal, and in the windows that loudness is taken in."""
    spoken = speak(answer("You greet people and answer in one sentence.", 1), name)
    voice = np.concatenate([silence(0.01), resampled(spoken, RATE, HEARD_RATE)])
    left_s, hole_s = LEFT_BLOCKS * BLOCK_S, HOLE_BLOCKS * BLOCK_S

    shares = [broken_share(holed(voice[round(late_s * HEARD_RATE) :], left_s, hole_s)) for late_s in LATE_S]

    assert min(shares) > 1.3 * LIMITS.broken_unhealthy_share


def test_pauses_between_words_are_no_holes():
    """As long as they may be within one turn, and as hard as a cut."""
    words = [part for _ in range(6) for part in (tone(0.4, 0.2), silence(0.26))]

    facts = hear(silence(1), *words, silence(1)).facts()

    assert (len(facts.speech), facts.broken_share) == (1, 0.0)


def test_a_voice_that_fades_in_and_out_has_no_holes():
    """A syllable ends softly; what is cut out of sound ends at once."""
    fade = np.linspace(1, 0, round(0.2 * HEARD_RATE)) ** 6
    syllable = tone(0.4, 0.2) * np.concatenate([fade[::-1], fade])
    soft = np.tile(np.concatenate([syllable.astype(np.int16), silence(0.04)]), 6)

    assert broken_share(soft) == 0.0
    assert broken_share(holed(tone(3, 0.2), 0.1, 0.1)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("audio", "verdict"),
    [
        ({"broken_share": 0.12}, Verdict.HEALTHY),
        ({"broken_share": 0.22}, Verdict.DEGRADED),
        ({"broken_share": 0.4}, Verdict.UNHEALTHY),
        ({"broken_share": 0.4, "speech_s": 1.0}, Verdict.HEALTHY),
    ],
)
def test_a_broken_voice_is_distorted_where_enough_was_heard(audio, verdict):
    heard = {"speech_s": 3.5, "level_dbfs": -20.0, **audio}

    judged = judge(healthy(Depth.CONVERSATION, audio=heard), Limits())

    assert judged.verdict is verdict
    assert judged.cause is (Cause.NONE if verdict is Verdict.HEALTHY else Cause.DISTORTED)


def test_holes_of_what_was_lost_on_its_way_are_not_the_voices():
    """The decoder says how much it made up; that has a measure of its own."""
    facts = healthy(
        Depth.CONVERSATION,
        audio={"speech_s": 3.5, "level_dbfs": -20.0, "broken_share": 0.4},
        network={"concealed_share": 0.1},
    )

    assert [reason.measure for reason in judge(facts, Limits()).reasons if reason.measure] == ["concealed"]
