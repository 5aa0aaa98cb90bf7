"""Which pictures show nothing: black ones and flat ones, with whatever stands in their corner."""

from functools import lru_cache

import numpy as np
import pytest

from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import blank
from tests.support import health_pictures as show

SIZE = (720, 1280)
FLAT, BLACK = np.full(SIZE, 112, np.uint8), np.full(SIZE, 17, np.uint8)


@lru_cache
def head() -> np.ndarray:
    """Where the head is."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    return np.hypot((rows - SIZE[0] * 0.45) / (SIZE[0] * 0.3), (columns - SIZE[1] / 2) / (SIZE[1] * 0.22)) < 1


def on_a_plain_wall(index: int, wall: int = 200, light: float = 1.0) -> np.ndarray:
    """A talking head before one colour."""
    return np.where(head(), show.face(mouth=abs(np.sin(index)), light=light), np.uint8(wall))


NOTHING = {
    "a watermark over one colour": (FLAT, (120, 40), "one_colour"),
    "a large watermark over one colour": (FLAT, (300, 80), "one_colour"),
    "a watermark over black": (BLACK, (120, 40), "black"),
    "a large watermark over black": (BLACK, (300, 80), "black"),
}


@pytest.mark.parametrize(("plain", "size", "kind"), NOTHING.values(), ids=NOTHING)
def test_a_watermark_is_nothing_to_see(plain: np.ndarray, size: tuple[int, int], kind: str):
    """The cause names what is wrong: `frozen` would send people elsewhere."""
    facts = show.watch(lambda i: show.noisy(show.marked(plain, size), i, 1), 3).facts(3.0)

    found = {"one_colour": facts.one_colour_s, "black": facts.black_s}
    assert found.pop(kind) == pytest.approx(1.0, abs=0.1)  # after the warm-up
    assert set(found.values()) == {0.0}


SOMETHING = {
    "a head on a plain wall": on_a_plain_wall,
    "a head on a plain wall, with a watermark": lambda i: show.marked(on_a_plain_wall(i), (300, 80)),
    "a head in a dark room": lambda i: on_a_plain_wall(i, wall=17, light=0.15),
    "a dark scene": lambda i: show.idle(i, light=0.12),
    "a dark scene with a watermark": lambda i: show.marked(show.idle(i, light=0.12), (300, 80)),
    "a dark scene with a mark that hides its least lights": lambda i: show.marked(
        show.idle(i, light=0.08), (120, 40)
    ),
}


@pytest.mark.parametrize("scene", SOMETHING.values(), ids=SOMETHING)
def test_who_is_there_is_seen_beside_a_watermark(scene: show.Scene):
    facts = show.watch(scene, 3).facts(3.0)

    assert (facts.black_s, facts.one_colour_s) == (0.0, 0.0)


def test_what_counts_as_a_mark_may_be_shifted():
    """A scene that is meant to be one small light at the edge."""
    light = lambda _index: show.marked(FLAT, (120, 40))  # noqa: E731  # said once
    strict = Limits(small_area_share=0.001)

    assert show.watch(light, 3).facts(3.0).one_colour_s > 0.5
    assert show.watch(light, 3, limits=strict).facts(3.0).one_colour_s == 0


def test_a_picture_that_varies_is_told_without_its_median_and_never_otherwise(
    monkeypatch: pytest.MonkeyPatch,
):
    """Walls of blocks with marks of every size and contrast, and lights spread about the line of a mark."""
    rng, limits = np.random.default_rng(7), Limits()
    spared, step = 0, 1 / 256  # the grain of a block's mean
    for _ in range(3000):
        wall = rng.integers(0, 200) + rng.uniform(0, 12) * rng.random((9, 16))
        blocks = (wall // step * step).astype(np.float32)
        marked = rng.random(blocks.shape) < rng.uniform(0, 3) * limits.small_area_share
        blocks[marked] += rng.choice([0.5, 1, 2, 10]) * limits.black_detail_levels
        quick = blank._without_marks(blocks, limits)
        spared += blank._varies(blocks, limits)
        with monkeypatch.context() as median_only:
            median_only.setattr(blank, "_varies", lambda *_: False)
            slow = blank._without_marks(blocks, limits)
        assert (quick is None) == (slow is None)
        assert quick is None or np.array_equal(quick, np.asarray(slow))
    assert 300 < spared < 2700, "the pictures are all of one kind"
