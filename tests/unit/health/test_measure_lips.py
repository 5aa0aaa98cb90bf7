"""Whether mouth and voice belong together."""

import numpy as np
import pytest

from liveavatar_ops.health.facts import Span
from liveavatar_ops.health.measure import lip_facts, mouth_moving_s
from liveavatar_ops.health.measure.mouth import MouthTrack
from tests.support import health_pictures as show
from tests.support.health_mouths import (
    LIMITS,
    SPEECH,
    envelope,
    levels,
    mouth_track,
    without,
)


@pytest.mark.parametrize("polarity", [-40.0, 40.0], ids=["dark mouth", "light teeth"])
def test_a_mouth_that_follows_the_voice_is_found(polarity):
    found = lip_facts(
        mouth_track(lambda t: envelope(np.array(t)), polarity=polarity), levels(), SPEECH, limits=LIMITS
    )

    assert found.correlation > 0.6
    assert abs(found.offset_s) <= 0.04
    assert found.mouth_speaking > 5 * found.mouth_silent
    assert found.moving_share > 0.8


@pytest.mark.parametrize("offset_s", [-0.24, -0.12, 0.12, 0.2])
def test_the_offset_is_measured_with_its_sign(offset_s):
    """Positive: the sound comes before the picture."""
    found = lip_facts(
        mouth_track(lambda t: envelope(np.array(t - offset_s))), levels(), SPEECH, limits=LIMITS
    )

    assert found.offset_s == pytest.approx(offset_s, abs=0.05)


@pytest.mark.parametrize("cut_s", [1.9, 2.04, 2.2, 3.0, 5.8])
@pytest.mark.parametrize("late_s", [0.0, 0.2])
@pytest.mark.parametrize("aside", [0, 64], ids=["in place", "another camera"])
def test_a_scene_cut_hides_no_offset_and_makes_none(cut_s, late_s, aside):
    """Everything changes at once, by far more than a mouth does; just when the avatar begins is the worst."""

    def talking(index: int) -> np.ndarray:
        opening = float(np.minimum(envelope(np.array(index / show.FPS - late_s)), 1))
        picture = show.face(mouth=opening, size=(360, 640), light=0.5)
        return picture if index < cut_s * show.FPS else np.roll(picture, aside, axis=1) // 2 + np.uint8(110)

    found = lip_facts(show.watch(talking, 8).mouth, levels(), SPEECH, limits=LIMITS)

    assert found.correlation > LIMITS.lip_correlation_degraded_share
    assert found.offset_s == pytest.approx(late_s, abs=0.06)


def test_a_still_mouth_does_not_move():
    found = lip_facts(mouth_track(lambda _t: 0.0), levels(), SPEECH, limits=LIMITS)

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
    talks = lip_facts(mouth_track(lambda t: envelope(np.array(t)), **scene), levels(), SPEECH, limits=LIMITS)
    rests = lip_facts(mouth_track(lambda _t: 0.0, **scene), levels(), SPEECH, limits=LIMITS)

    assert talks.moving_share > 0.6
    assert rests.moving_share == 0


@pytest.mark.parametrize("every", [1, 2, 3], ids=["25 fps", "12 fps", "8 fps"])
def test_a_nodding_head_is_no_talking_mouth_at_any_frame_rate(every):
    """The longer from frame to frame, the more it changes; a mouth is still told from it."""
    rests = lip_facts(mouth_track(lambda _t: 0.0, nod=13.0, every=every), levels(), SPEECH, limits=LIMITS)
    talks = lip_facts(
        mouth_track(lambda t: envelope(np.array(t)), nod=13.0, every=every), levels(), SPEECH, limits=LIMITS
    )

    assert rests.moving_share < 0.1
    assert talks.moving_share > 0.6


@pytest.mark.parametrize("every", [4, 5, 12], ids=["6 fps", "5 fps", "2 fps"])
def test_a_mouth_that_was_looked_at_too_seldom_is_neither_still_nor_moving(every):
    """No evidence is not a still mouth: under eight frames a second nobody can tell talk from a blink."""
    track = mouth_track(lambda t: envelope(np.array(t)), every=every)

    assert lip_facts(track, levels(), SPEECH, limits=LIMITS).moving_share is None


def test_a_mouth_is_judged_by_the_moments_in_which_it_was_seen():
    """A tenth of the speech without frames leaves the rest as proof, half of it does not."""
    talks = mouth_track(lambda t: envelope(np.array(t)))
    most = lip_facts(without(talks, 2.0, 2.4), levels(), SPEECH, limits=LIMITS)
    half = lip_facts(without(talks, 2.0, 4.0), levels(), SPEECH, limits=LIMITS)

    assert most.moving_share > 0.8
    assert half.moving_share is None


def test_too_little_speech_says_nothing_about_lips():
    short = [Span(kind="speech", start_s=2.0, end_s=2.6)]

    found = lip_facts(mouth_track(lambda _t: 0.0), levels(), short, limits=LIMITS)

    assert (found.mouth_speaking, found.correlation, found.speech_s) == (None, None, 0.6)


def test_a_mouth_moving_without_a_voice_is_seen():
    """Between 3 and 6 s it talks; blinks and a swaying edge do not count."""
    track = mouth_track(lambda t: abs(np.sin(t * 16)) if 3 <= t < 6 else 0.0)

    assert mouth_moving_s(track, 0, 10, LIMITS) == pytest.approx(3.0, abs=0.8)
    assert mouth_moving_s(track, 6.5, 10, LIMITS) == 0
    assert mouth_moving_s(mouth_track(lambda _t: 0.0), 0, 10, LIMITS) == 0


def test_an_empty_track_has_no_mouth():
    assert mouth_moving_s(MouthTrack(LIMITS.centre_share), 0, 10, LIMITS) == 0
    assert lip_facts(MouthTrack(LIMITS.centre_share), levels(), SPEECH, limits=LIMITS).correlation is None
