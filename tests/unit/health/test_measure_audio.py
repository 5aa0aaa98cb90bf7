"""Speech, levels, clipping: what the audio meter makes of what it is fed."""

import pytest

from liveavatar_ops.health.measure import AudioMeter
from tests.support.health_sound import CHUNK, LIMITS, RATE, hear, silence, tone


def test_silence_frames_are_no_speech():
    """Frames that arrive prove a track, not a voice."""
    facts = hear(silence(3)).facts()

    assert (facts.frames, facts.heard_s) == (150, 3.0)
    assert (facts.speech_s, facts.first_audible_s, facts.level_dbfs) == (0.0, None, None)
    assert facts.floor_dbfs == facts.peak_dbfs == -96.0


def test_speech_is_found_where_it_is_and_as_loud_as_it_is():
    """A sine of amplitude 0.1 has an RMS of -23 dBFS."""
    facts = hear(silence(1), tone(1.5, 0.1), silence(1), tone(0.8, 0.1), silence(0.5)).facts()

    assert [(round(s.start_s, 1), round(s.end_s, 1)) for s in facts.speech] == [(3.0, 4.5), (5.5, 6.3)]
    assert facts.first_audible_s == pytest.approx(3.0, abs=0.03)
    assert facts.level_dbfs == pytest.approx(-23.0, abs=0.3)
    assert facts.clipped_share == 0


def test_a_short_pause_is_inside_an_utterance_and_a_click_is_none():
    facts = hear(
        silence(1), tone(0.5, 0.1), silence(0.2), tone(0.5, 0.1), silence(1), tone(0.06, 0.5), silence(1)
    )

    assert len(facts.facts().speech) == 1
    assert facts.facts().speech_s == pytest.approx(1.2, abs=0.05)


def test_too_quiet_is_not_speech():
    """-50 dBFS lies under the floor of -45."""
    assert hear(silence(1), tone(2, 0.0045), silence(1)).facts().speech_s == 0


def test_a_humming_line_is_not_speech_but_a_voice_over_it_is():
    """The floor rises 12 dB over the quietest tenth."""
    hum = tone(4, 0.01, hertz=50)
    voiced = hum.copy()
    voiced[RATE : 2 * RATE] += tone(1, 0.3)

    assert hear(hum).facts().speech_s == 0
    assert hear(voiced).facts().speech_s == pytest.approx(1.0, abs=0.1)


def test_unbroken_speech_is_not_taken_for_hum():
    assert hear(tone(3, 0.2)).facts().speech_s == pytest.approx(3.0, abs=0.1)


def test_a_voice_driven_over_full_scale_is_clipped():
    facts = hear(silence(1), tone(1, 4.0), silence(1)).facts()

    assert facts.clipped_share > 0.7
    assert facts.peak_dbfs == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("chunk", [CHUNK, CHUNK // 2, 5 * CHUNK, 441, 4000])
def test_the_size_of_frames_does_not_matter(chunk):
    facts = hear(silence(1), tone(1, 0.2), silence(1), chunk=chunk).facts()

    assert facts.speech_s == pytest.approx(1.0, abs=0.05)
    assert facts.first_audible_s == pytest.approx(3.0, abs=0.05)


def test_frames_that_come_late_do_not_shift_time():
    """Time is counted in samples; only lost sound begins a new count."""
    facts = hear(silence(1), tone(1, 0.2), silence(1), jitter_s=0.15).facts()

    assert facts.first_audible_s == pytest.approx(3.0, abs=0.05)


def test_lost_sound_leaves_a_hole_in_time():
    meter = hear(silence(1), tone(0.5, 0.2))
    for first in range(0, RATE, CHUNK):
        meter.frame(tone(0.02, 0.2), 2.0 + 1.5 + 2.0 + (first + CHUNK) / RATE)

    assert [(round(s.start_s, 1), round(s.end_s, 1)) for s in meter.facts().speech] == [
        (3.0, 3.5),
        (5.5, 6.5),
    ]


def test_nothing_heard_is_nothing_found():
    assert AudioMeter(LIMITS).facts().heard_s == 0
    assert AudioMeter(LIMITS).speech() == []
