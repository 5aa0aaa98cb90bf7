"""Speech, levels, clipping; and whether mouth and voice belong together."""

import numpy as np
import pytest

from liveavatar_ops.health.facts import Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import AudioMeter, lip_facts, mouth_moving_s
from liveavatar_ops.health.measure.mouth import MouthTrack
from liveavatar_ops.health.measure.stillness import centre_mask

RATE = 16000
CHUNK = RATE // 50  # 20 ms


def tone(seconds: float, level: float, *, hertz: float = 220) -> np.ndarray:
    """A sine of this amplitude (0 to 1; more than 1 is cut off)."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return (np.clip(wave, -1, 1) * 32767).astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


def hear(*parts: np.ndarray, start_s: float = 2.0, jitter_s: float = 0.0, chunk: int = CHUNK) -> AudioMeter:
    """A meter that heard the parts, each frame when its last sample was there (or up to `jitter_s` later)."""
    meter = AudioMeter(Limits(), sample_rate=RATE)
    samples = np.concatenate(parts)
    rng = np.random.default_rng(2)
    for first in range(0, samples.size, chunk):
        piece = samples[first : first + chunk]
        late_s = rng.uniform(0, jitter_s) if first else 0.0
        meter.frame(piece, start_s + (first + piece.size) / RATE + late_s)
    return meter


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
    assert AudioMeter(Limits()).facts().heard_s == 0
    assert AudioMeter(Limits()).speech() == []


# Lips: blocks of luma and motion as the video meter keeps them.

FPS = 25
ROWS, COLUMNS = 45, 80
MOUTH = (slice(26, 29), slice(38, 42))


def envelope(at: np.ndarray) -> np.ndarray:
    """Syllables between 2 and 6 s."""
    syllables = np.abs(np.sin(at * 9.0) + 0.4 * np.sin(at * 23.0 + 1))
    return np.where((at >= 2) & (at < 6), syllables, 0.0)


def levels() -> tuple[np.ndarray, np.ndarray]:
    at = np.arange(0, 10, 0.02) + 0.01
    return at, 20 * np.log10(np.maximum(envelope(at) * 0.2, 1e-5))


SPEECH = [Span(kind="speech", start_s=2.0, end_s=6.0)]


def without(track: MouthTrack, start_s: float, end_s: float) -> MouthTrack:
    """The same, nobody having looked from start to end."""
    thin = MouthTrack()
    for at_s, luma, motion in zip(track.at_s, track.luma, track.motion, strict=True):
        if not start_s <= at_s < end_s:
            whole = np.zeros((ROWS, COLUMNS), np.float32)
            moved = whole.copy()
            whole[centre_mask(whole.shape)], moved[centre_mask(whole.shape)] = luma, motion
            thin.see(whole, moved, at_s)
    return thin


def mouth_track(
    opening,
    *,
    polarity: float = -40.0,
    noise: float = 0.3,
    blink: bool = True,
    every: int = 1,
    light: float = 1.0,
    size: tuple[int, int] = (ROWS, COLUMNS),
    mouth: tuple[slice, slice] = MOUTH,
    nod: float = 0.0,
    window: float = 0.0,
) -> MouthTrack:
    """
    Ten seconds of a face whose mouth opens by `opening(t)`; only one frame in `every` is looked at.

    `light` dims the scene, mouth and all; `size` is in blocks of 16×16 pixels; `nod` is by how much an edge
    of the head goes lighter and darker as it nods; `window` is how much brighter it is behind the head.
    """
    wall = 120 + 45 * np.sin(np.arange(size[1]) / 3).astype(np.float32)
    rng = np.random.default_rng(4)
    track, before = MouthTrack(), None
    for index in range(0, 10 * FPS, every):
        t = index / FPS
        blocks = np.tile(wall, (size[0], 1))
        blocks[mouth] += polarity * opening(t)
        if blink and index % 70 < 4:
            blocks[size[0] * 2 // 5 : size[0] * 2 // 5 + 2, size[1] * 3 // 7 : size[1] * 3 // 7 + 3] -= 30
        blocks[size[0] // 4, size[1] // 8 : -size[1] // 8] += 3 * np.sin(t)  # a swaying edge
        blocks[size[0] // 3, size[1] // 3 : -size[1] // 3] += nod * np.sin(5 * t)
        blocks = 16 + (blocks - 16) * np.float32(light)
        blocks[:, : size[1] // 3] += window
        blocks += rng.normal(0, noise, blocks.shape)
        track.see(blocks, None if before is None else np.abs(blocks - before).astype(np.float32), t)
        before = blocks
    return track


@pytest.mark.parametrize("polarity", [-40.0, 40.0], ids=["dark mouth", "light teeth"])
def test_a_mouth_that_follows_the_voice_is_found(polarity):
    found = lip_facts(mouth_track(lambda t: envelope(np.array(t)), polarity=polarity), levels(), SPEECH)

    assert found.correlation > 0.6
    assert abs(found.offset_s) <= 0.04
    assert found.mouth_speaking > 5 * found.mouth_silent
    assert found.moving_share > 0.8


@pytest.mark.parametrize("offset_s", [-0.24, -0.12, 0.12, 0.2])
def test_the_offset_is_measured_with_its_sign(offset_s):
    """Positive: the sound comes before the picture."""
    found = lip_facts(mouth_track(lambda t: envelope(np.array(t - offset_s))), levels(), SPEECH)

    assert found.offset_s == pytest.approx(offset_s, abs=0.05)


def test_a_still_mouth_does_not_move():
    found = lip_facts(mouth_track(lambda _t: 0.0), levels(), SPEECH)

    assert found.moving_share == 0


DIM = {"light": 0.3}
TINY = {"size": (11, 20), "mouth": (slice(6, 7), slice(9, 11))}  # 320x180
BIG = {"size": (45, 80), "polarity": -60.0}


BACKLIT = {"light": 0.4, "window": 120.0}


@pytest.mark.parametrize(
    "scene", [DIM, TINY, DIM | TINY, BIG, BACKLIT], ids=["dim", "tiny", "both", "lit", "backlit"]
)
def test_a_talking_mouth_is_seen_in_low_light_and_in_a_small_picture(scene):
    """All changes are smaller there; measured on a dark avatar: 2 grey levels where a lit one has 4."""
    talks = lip_facts(mouth_track(lambda t: envelope(np.array(t)), **scene), levels(), SPEECH)
    rests = lip_facts(mouth_track(lambda _t: 0.0, **scene), levels(), SPEECH)

    assert talks.moving_share > 0.6
    assert rests.moving_share == 0


@pytest.mark.parametrize("every", [1, 2, 3], ids=["25 fps", "12 fps", "8 fps"])
def test_a_nodding_head_is_no_talking_mouth_at_any_frame_rate(every):
    """The longer from frame to frame, the more it changes; a mouth is still told from it."""
    rests = lip_facts(mouth_track(lambda _t: 0.0, nod=13.0, every=every), levels(), SPEECH)
    talks = lip_facts(mouth_track(lambda t: envelope(np.array(t)), nod=13.0, every=every), levels(), SPEECH)

    assert rests.moving_share < 0.1
    assert talks.moving_share > 0.6


@pytest.mark.parametrize("every", [4, 5, 12], ids=["6 fps", "5 fps", "2 fps"])
def test_a_mouth_that_was_looked_at_too_seldom_is_neither_still_nor_moving(every):
    """No evidence is not a still mouth: under eight frames a second nobody can tell talk from a blink."""
    track = mouth_track(lambda t: envelope(np.array(t)), every=every)

    assert lip_facts(track, levels(), SPEECH).moving_share is None


def test_a_mouth_is_judged_by_the_moments_in_which_it_was_seen():
    """A tenth of the speech without frames leaves the rest as proof, half of it does not."""
    talks = mouth_track(lambda t: envelope(np.array(t)))
    most = lip_facts(without(talks, 2.0, 2.4), levels(), SPEECH)
    half = lip_facts(without(talks, 2.0, 4.0), levels(), SPEECH)

    assert most.moving_share > 0.8
    assert half.moving_share is None


def test_too_little_speech_says_nothing_about_lips():
    short = [Span(kind="speech", start_s=2.0, end_s=2.6)]

    found = lip_facts(mouth_track(lambda _t: 0.0), levels(), short)

    assert (found.mouth_speaking, found.correlation, found.speech_s) == (None, None, 0.6)


def test_a_mouth_moving_without_a_voice_is_seen():
    """Between 3 and 6 s it talks; blinks and a swaying edge do not count."""
    track = mouth_track(lambda t: abs(np.sin(t * 16)) if 3 <= t < 6 else 0.0)

    assert mouth_moving_s(track, 0, 10) == pytest.approx(3.0, abs=0.8)
    assert mouth_moving_s(track, 6.5, 10) == 0
    assert mouth_moving_s(mouth_track(lambda _t: 0.0), 0, 10) == 0


def test_an_empty_track_has_no_mouth():
    assert mouth_moving_s(MouthTrack(), 0, 10) == 0
    assert lip_facts(MouthTrack(), levels(), SPEECH).correlation is None
