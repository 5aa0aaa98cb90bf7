"""No limit without effect: each of those that shape a measure, shifted, changes what is found."""

import re
from pathlib import Path

import numpy as np
import pytest

import liveavatar_ops
from liveavatar_ops.health.facts import (
    Span,
)
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import AudioMeter, VideoMeter, lip_facts
from liveavatar_ops.health.overrides import limits_from
from tests.support import health_pictures as show
from tests.support.health_mouths import SPEECH, envelope, levels, mouth_track
from tests.support.health_sound import RATE, hear, silence, tone

STILL = show.face()


def limits(**changed: float) -> Limits:
    return limits_from(("june.yaml", changed))


def test_every_limit_is_read_somewhere():
    """A limit that nothing reads would be believed and do nothing."""
    health = Path(liveavatar_ops.__file__).parent
    code = "\n".join(path.read_text() for path in health.rglob("*.py") if path.name != "limits.py")
    model = (health / "health/limits.py").read_text()
    methods = model[model.index("def talk_most_s") :]
    pairs = {
        f"{stem}_{line}_{unit}"
        for stem, unit in re.findall(r'pair\("(\w+)", "(\w+)"', code)
        for line in ("degraded", "unhealthy")
    } | {
        f"{stem}_{line}"
        for stem in re.findall(r'pair\("(\w+)"\)', code)
        for line in ("degraded", "unhealthy")
    }

    unread = [
        name
        for name in Limits.model_fields
        if name not in pairs and not re.search(rf"\b{name}\b", code) and f".{name}" not in methods
    ]

    assert unread == []


def with_large_logo(index: int) -> np.ndarray:
    """A banner over a tenth of the picture, at its edge, that runs."""
    frame = STILL.copy()
    frame[-80:, (index * 7) % 40 :: 40] = 230
    return frame


def cut_every_second(index: int) -> np.ndarray:
    """A slide show of two stills that differ little."""
    return STILL if index // 25 % 2 else np.clip(STILL.astype(np.int16) + 12, 16, 235).astype(np.uint8)


SEEN = {
    # limit: (shifted to, scene, what is read, found by default, found then)
    "small_area_share": (0.3, with_large_logo, "frozen_s", 0.0, 12.0),
    "centre_share": (0.99, lambda i: show.with_logo(STILL, i), "frozen_s", 12.0, 0.0),
    "cut_levels": (30, cut_every_second, "scene_cuts", 11, 0),
    "cut_area_share": (1.0, lambda i: STILL if i // 25 % 2 else np.roll(STILL, 300, 1), "scene_cuts", 11, 0),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_limit_of_the_picture_changes_what_is_seen(name: str):
    value, scene, field, by_default, changed = SEEN[name]

    assert getattr(show.watch(scene, 12).facts(12.0), field) == pytest.approx(by_default, abs=0.6)
    assert getattr(show.watch(scene, 12, limits=limits(**{name: value})).facts(12.0), field) == (
        pytest.approx(changed, abs=0.6)
    )


def test_an_encoder_that_settles_slowly_may_be_given_more_time():
    """Two seconds of sharpening after each cut are life by default and a slide show with more patience."""

    def sharpening(index: int) -> np.ndarray:
        still, age = (STILL if index // 100 % 2 else 255 - STILL), index % 100
        coarse = still.reshape(9, 80, 16, 80).mean(axis=(1, 3)).repeat(80, 0).repeat(80, 1)
        share = max(1 - age / 50, 0.0)
        return (coarse * share + still * (1 - share)).astype(np.uint8)

    assert show.watch(sharpening, 12).facts(12.0).frozen_s < 5
    assert show.watch(sharpening, 12, limits=limits(settles_s=2.5)).facts(12.0).frozen_s > 11


def test_what_counts_as_detail_in_the_dark_may_be_shifted():
    """A night scene is black to a check that asks for stronger lights than it has."""
    dim = lambda index: show.idle(index, light=0.08)  # noqa: E731  # said once

    assert show.watch(dim, 4).facts(4.0).black_s == 0
    assert show.watch(dim, 4, limits=limits(black_detail_levels=60)).facts(4.0).black_s > 1


def test_how_long_a_picture_stands_before_it_is_watched_on_may_be_shifted():
    def undecided(meter: VideoMeter) -> float:
        return meter.undecided_s(3.5)

    still = lambda _index: STILL  # noqa: E731  # said once
    assert undecided(show.watch(still, 3.5)) > 0
    assert undecided(show.watch(still, 3.5, limits=limits(watch_longer_after_s=6))) == 0


HUMMING = np.concatenate((tone(2, 0.02), tone(1, 0.06), tone(2, 0.02)))
PAUSED = np.concatenate((tone(1, 0.1), silence(0.5), tone(1, 0.1), silence(1)))
FADING = np.concatenate((tone(1, 0.1), tone(1, 0.001), silence(1)))
MODEST = np.concatenate((silence(1), tone(1, 0.2), silence(1)))
HEARD = {
    # limit: (shifted to, sound, what is read, found by default, found then)
    "speech_over_noise_db": (5, HUMMING, "speech_s", 0.0, 3.0),  # the hum after it is within the release
    "noise_most_dbfs": (-10, tone(3, 0.1), "speech_s", 3.0, 0.0),
    "speech_release_db": (30, FADING, "speech_s", 1.0, 2.0),
    "speech_hang_s": (0.8, PAUSED, "speech_s", 2.0, 2.5),
    "clipped_at_share": (0.1, MODEST, "clipped_share", 0.0, 0.66),
}


@pytest.mark.parametrize("name", HEARD)
def test_a_limit_of_the_sound_changes_what_is_heard(name: str):
    value, sound, field, by_default, changed = HEARD[name]

    def heard(limits: Limits) -> float:
        meter: AudioMeter = hear(sound, limits=limits)
        return float(getattr(meter.facts(), field))

    assert sound.size >= 2 * RATE
    assert heard(Limits()) == pytest.approx(by_default, abs=0.1)
    assert heard(limits(**{name: value})) == pytest.approx(changed, abs=0.1)


talks = lambda t: envelope(np.array(t))  # noqa: E731  # said often
MOUTHS = {
    "mouth_moves_levels": (30, {}, 0.0),
    "mouth_area_share": (0.05, {}, 0.0),
    "mouth_frames_share": (0.99, {}, 0.0),
    "mouth_least_fps": (20, {"every": 2}, None),
    "mouth_dimmest_share": (1.0, {"light": 0.3}, 0.3),
}


@pytest.mark.parametrize("name", MOUTHS)
def test_a_limit_of_the_mouth_changes_whether_it_talks(name: str):
    value, scene, changed = MOUTHS[name]
    track = mouth_track(talks, **scene)

    assert lip_facts(track, levels(), SPEECH, limits=Limits()).moving_share > 0.6
    found = lip_facts(track, levels(), SPEECH, limits=limits(**{name: value})).moving_share
    assert found is None if changed is None else found <= changed


def test_a_dim_mouth_is_held_against_what_is_usual_in_light_and_contrast():
    """Both must say that it is bright, before a dim mouth has to move as much as a lit one."""
    track = mouth_track(talks, light=0.3)
    bright = limits(mouth_usual_luma=17, mouth_usual_contrast_levels=1)

    assert lip_facts(track, levels(), SPEECH, limits=Limits()).moving_share > 0.6
    assert lip_facts(track, levels(), SPEECH, limits=bright).moving_share < 0.3
    for one in ({"mouth_usual_luma": 17}, {"mouth_usual_contrast_levels": 1}):
        assert lip_facts(track, levels(), SPEECH, limits=limits(**one)).moving_share > 0.6


def test_how_much_of_the_speech_must_be_seen_may_be_shifted():
    half = [Span(kind="speech", start_s=8.0, end_s=12.0)]  # the track ends at 10 s

    track = mouth_track(lambda t: abs(np.sin(t * 16)))
    assert lip_facts(track, levels(), half, limits=Limits()).moving_share is None
    assert lip_facts(track, levels(), half, limits=limits(mouth_measured_share=0.4)).moving_share > 0.6
