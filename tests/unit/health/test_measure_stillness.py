"""Which pictures are alive to the video meter, and which only look so."""

import numpy as np
import pytest

from liveavatar_ops.health.facts import Span
from liveavatar_ops.health.limits import Limits
from tests.support import health_pictures as show

STILL = show.face()
SMALL = (360, 640)
TINY = (180, 320)


def talking_tiny(index: int) -> np.ndarray:
    return show.face(mouth=abs(np.sin(index * np.pi / 5)), size=TINY)


def swaying(index: int) -> np.ndarray:
    """To the side and back in 4 s; a frame differs from the one before by less than a codec's noise."""
    share = (1 - np.cos(2 * np.pi * index / 100)) / 2
    return (STILL * (1 - share) + np.roll(STILL, 4, axis=1) * share).astype(np.uint8)


ALIVE = {
    "idle listener": show.idle,
    "idle listener under coding noise": lambda i: show.noisy(show.idle(i), i),
    "dark scene by design": lambda i: show.idle(i, light=0.15),
    "talking, else unmoved": show.talking,
    "talking in a small picture": lambda i: show.face(mouth=abs(np.sin(i)), size=SMALL),
    "listener after a cut": lambda i: show.idle(i) if i < 100 else 255 - show.idle(i),
    "swaying slowly": swaying,
    "only blinking": lambda i: show.face(lids=1.0 if i % 75 < 4 else 0.0),
    "talking before a moving background": lambda i: show.before_moving(talking_tiny(i), 4 * i),
    "listener before a moving background": lambda i: show.before_moving(show.idle(i, size=TINY), 4 * i),
    "talking in flickering light": lambda i: show.flickering(talking_tiny(i), i, 10),
    "listener in flickering light": lambda i: show.flickering(show.idle(i, size=TINY), i, 12),
    "light that flickers fast": lambda i: show.flickering(show.idle(i, size=TINY), i, 1),
}


@pytest.mark.parametrize("scene", ALIVE.values(), ids=ALIVE)
def test_a_living_picture_is_never_frozen_black_or_flat(scene):
    """The limits' own lines: nothing that lives may even be degraded."""
    limits = Limits()
    facts = show.watch(scene, 12).facts(12.0)

    assert facts.frozen_s < limits.frozen_degraded_s
    assert facts.black_s == 0
    assert facts.one_colour_s == 0
    assert facts.fps == pytest.approx(25, abs=0.5)


def sharpening(index: int) -> np.ndarray:
    """Every 4 s another still, first blurred: an encoder needs some frames for a new scene."""
    still, age = (STILL if index // 100 % 2 else 255 - STILL), index % 100
    coarse = still.reshape(9, 80, 16, 80).mean(axis=(1, 3)).repeat(80, 0).repeat(80, 1)
    share = max(1 - age / 10, 0.0)
    return (coarse * share * 0.7 + still * (1 - share * 0.7)).astype(np.uint8)


def fading(index: int) -> np.ndarray:
    """Every 3 s another still, of which the first frame shows two thirds."""
    before, after = (STILL, 255 - STILL) if index // 75 % 2 else (255 - STILL, STILL)
    return after if index % 75 else (before * 0.33 + after * 0.67).astype(np.uint8)


FROZEN = {
    "the same frame": (lambda i: STILL, "exact"),
    "under coding noise": (lambda i: show.noisy(STILL, i, 4), "nearly"),
    "with a moving logo": (lambda i: show.with_logo(STILL, i), "small_area"),
    "with a moving logo under noise": (lambda i: show.noisy(show.with_logo(STILL, i), i), "small_area"),
    "a slide show of two stills": (lambda i: STILL if i // 75 % 2 else 255 - STILL, "exact"),
    "a fast slide show": (lambda i: STILL if i // 25 % 2 else 255 - STILL, "exact"),
    "a slide show that fades": (fading, "exact"),
    "sharpened by the encoder after a cut": (sharpening, "exact"),
    "changing its size": (lambda i: STILL if i < 80 else show.face(size=SMALL), "exact"),
}


@pytest.mark.parametrize(("scene", "kind"), FROZEN.values(), ids=FROZEN)
def test_a_standing_picture_is_frozen_whatever_moves_over_it(scene, kind):
    """Codec noise, a logo, a cut and a change of size are not life."""
    facts = show.watch(scene, 12).facts(12.0)

    assert facts.frozen_s == pytest.approx(12, abs=0.2)
    assert facts.frozen_kind == kind
    assert [span.kind for span in facts.spans] == ["frozen"]


def test_a_freeze_begins_where_the_last_movement_was():
    """After five seconds of talk the picture stands; the span says since when."""
    facts = show.watch(lambda i: show.talking(i) if i < 125 else STILL, 12).facts(12.0)

    assert facts.frozen_at_s == pytest.approx(5.0, abs=0.3)
    assert facts.frozen_s == pytest.approx(7.0, abs=0.3)


def test_a_logo_on_a_living_picture_does_not_hide_its_life():
    facts = show.watch(lambda i: show.with_logo(show.idle(i), i), 12).facts(12.0)

    assert facts.frozen_s < 4


def test_a_cut_is_counted_and_is_no_fault():
    facts = show.watch(ALIVE["listener after a cut"], 12).facts(12.0)

    assert facts.scene_cuts == 1
    assert facts.spans == ()


def test_a_background_that_moves_for_some_seconds_of_speech_is_no_standing_picture():
    """Every frame of a pan changes everything, as a cut does."""
    pan = lambda i: show.before_moving(talking_tiny(i), 4 * min(max(i - 100, 0), 75))  # noqa: E731  # a scene is a function
    speech = [Span(kind="speech", start_s=1.0, end_s=11.0)]

    facts = show.watch(pan, 12).facts(12.0, speech=speech)

    assert facts.frozen_while_speaking_s < Limits().frozen_speaking_degraded_s
    assert facts.scene_cuts <= 1
