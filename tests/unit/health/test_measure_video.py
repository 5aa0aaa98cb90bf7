"""What the video meter makes of frames: when they came, how large, and whether they showed anything."""

import numpy as np
import pytest

from liveavatar_ops.health.facts import Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import VideoMeter
from liveavatar_ops.health.measure.pooling import block_change, block_luma, pool
from tests.support import health_pictures as show

STILL = show.face()
SMALL = (360, 640)
BLACK = np.full(SMALL, 16, np.uint8)


def test_pooling_agrees_with_the_plain_formula():
    """Sums of 4×4 pixels, strided planes included, and 16×16 block means as defined."""
    rng = np.random.default_rng(5)
    wide = rng.integers(0, 256, (100, 256), dtype=np.uint8)
    plane = wide[:, :200]  # 96 x 192 whole blocks are left

    pooled = pool(plane)

    whole = plane[:96, :192].astype(np.int32)
    assert (pooled == whole.reshape(24, 4, 48, 4).sum(axis=(1, 3))).all()
    assert block_luma(pooled) == pytest.approx(whole.reshape(6, 16, 12, 16).mean(axis=(1, 3)))
    other = pool(np.flipud(plane[:96, :192]).copy())
    expected = np.abs(pooled.astype(int) - other).reshape(6, 4, 12, 4).sum(axis=(1, 3)) / 256
    assert block_change(pooled, other) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(1, 1), (5, 40), (15, 15), (17, 16), (720, 1280)])
def test_a_plane_of_any_size_can_be_pooled(shape):
    """A stream may begin with a tiny picture."""
    pooled = pool(np.full(shape, 90, np.uint8))

    assert pooled.size >= 16
    assert (pooled == 90 * 16).all()


def test_an_empty_plane_is_refused():
    with pytest.raises(ValueError, match="at least one pixel"):
        pool(np.empty((0, 10), np.uint8))


def test_a_dark_scene_is_told_from_a_black_picture():
    """Both are black to the pixel counter; detail makes the difference."""
    dark = show.watch(lambda i: show.idle(i, light=0.12), 6).facts(6.0)
    black = show.watch(lambda i: show.noisy(np.full((720, 1280), 17, np.uint8), i, 1), 6).facts(6.0)

    assert (dark.black_s, dark.dark_share) == (0.0, 1.0)
    assert black.black_s == pytest.approx(4.0, abs=0.1)  # after the warm-up
    assert (black.black_share, black.one_colour_s) == (1.0, 0.0)


def test_a_flat_colour_is_not_called_black():
    facts = show.watch(lambda i: show.noisy(np.full((720, 1280), 112, np.uint8), i, 2), 6).facts(6.0)

    assert facts.one_colour_s == pytest.approx(4.0, abs=0.1)
    assert facts.black_s == 0


def test_a_flash_of_black_counts_only_after_the_warm_up():
    """A track may begin black; later it may not."""
    black = np.full((720, 1280), 16, np.uint8)
    early = show.watch(lambda i: black if i < 25 else show.idle(i), 6).facts(6.0)
    late = show.watch(lambda i: black if 75 <= i < 100 else show.idle(i), 6).facts(6.0)

    assert early.black_s == 0
    assert late.black_s == pytest.approx(1.0, abs=0.05)


def test_the_wait_after_the_last_frame_is_a_gap():
    """A track that dies must not pass for one that was short."""
    facts = show.watch(show.idle, 5).facts(9.0)

    assert facts.longest_gap_s == pytest.approx(4.04, abs=0.01)
    assert facts.open_gap_s == facts.longest_gap_s
    assert facts.freeze_ratio > 0.5
    assert [span.kind for span in facts.spans] == ["gap"]
    assert facts.fps_eff < 5


def test_a_stall_is_a_gap_and_not_a_standing_picture():
    """No frame came: nothing is known about what it would have shown."""
    facts = show.watch(show.idle, 10, skip=lambda t: 4 <= t < 7).facts(10.0)

    assert facts.longest_gap_s == pytest.approx(3.04, abs=0.01)
    assert facts.longest_gap_at_s == pytest.approx(3.96, abs=0.01)
    assert facts.freeze_count == 1
    assert facts.frozen_s < 3.1


def test_a_falling_rate_shows_in_its_thirds():
    """25 fps for six seconds, then every third frame."""
    facts = show.watch(show.idle, 12, skip=lambda t: t > 6 and round(t * 25) % 3 != 0).facts(12.0)

    assert facts.fps_first_third == pytest.approx(25, abs=0.5)
    assert facts.fps_last_third == pytest.approx(25 / 3, abs=0.5)


def test_sizes_are_noted_and_the_smallest_counts_after_the_warm_up():
    """Simulcast begins small; that is not a drop."""
    small, large = show.face(size=SMALL), show.face()
    ramp = show.watch(lambda i: small if i < 30 else large, 6).facts(6.0)
    drop = show.watch(lambda i: large if i < 100 else small, 6).facts(6.0)

    assert (ramp.smallest_width, ramp.width) == (1280, 1280)
    assert (drop.smallest_width, drop.smallest_height) == (640, 360)
    assert [size.width for size in drop.sizes] == [1280, 640]


def test_a_track_without_frames_says_nothing_but_how_long():
    facts = VideoMeter(Limits()).facts(7.5)

    assert (facts.frames, facts.first_frame_s, facts.watched_until_s) == (0, None, 7.5)


def test_a_single_frame_is_enough_to_sum_up():
    meter = VideoMeter(Limits())
    meter.frame(STILL, 1.0)

    facts = meter.facts(3.0)

    assert (facts.frames, facts.open_gap_s, facts.width) == (1, 2.0, 1280)


def test_what_the_sdk_shows_after_a_tracks_end_is_no_frame():
    """libwebrtc goes on with black pictures of 2×2 pixels."""
    meter = show.watch(show.idle, 4)
    for index in range(6):
        meter.frame(np.zeros((2, 2), np.uint8), 4.0 + index / 30)

    facts = meter.facts(4.2)

    assert (facts.frames, facts.black_s, len(facts.sizes)) == (100, 0.0, 1)


def test_frames_out_of_order_do_not_run_time_backwards():
    meter = VideoMeter(Limits())
    for at_s in (1.0, 1.3, 1.1, 1.5):
        meter.frame(STILL, at_s)

    assert meter.facts(1.5).longest_gap_s == pytest.approx(0.3)


def test_timing_of_frames_that_nobody_looked_at_counts():
    """A backlog costs content, never cadence."""
    meter = VideoMeter(Limits())
    for index in range(100):
        if index % 2:
            meter.frame_passed(1280, 720, index / 25)
        else:
            meter.frame(STILL, index / 25)

    facts = meter.facts(4.0)

    assert facts.fps == pytest.approx(25, abs=0.5)
    assert facts.analysed_share == 0.5


def test_a_watch_is_prolonged_only_while_something_stands():
    """Twice as long for a doubtful picture, not a second more for a living one."""
    assert show.watch(show.idle, 6).undecided_s(6.0) == 0
    frozen = show.watch(lambda i: show.talking(i) if i < 75 else STILL, 6)

    assert 6.5 < frozen.undecided_s(6.0) < 7.5
    assert frozen.undecided_s(13.2) < 3  # only the gap that is now open
    stalled = show.watch(show.idle, 5)

    assert stalled.undecided_s(6.0) == pytest.approx(1.14, abs=0.1)


PROVEN = {
    "black": (lambda i: BLACK if i > 50 else show.talking(i), (), {}),
    "one colour": (lambda i: np.full(SMALL, 112, np.uint8) if i > 50 else show.talking(i), (), {}),
    "black, then a standing picture": (lambda i: BLACK if 50 < i < 110 else STILL, (), {}),
    "standing for long enough": (lambda i: STILL, (), {"frozen_unhealthy_s": 5.5}),
    "standing while heard": (
        lambda i: STILL, (Span(kind="speech", start_s=2.0, end_s=4.5),), {}
    ),
    "a gap, then a standing picture": (lambda i: STILL if not 20 < i < 75 else None, (), {}),
}  # fmt: skip


@pytest.mark.parametrize(("scene", "speech", "limits"), PROVEN.values(), ids=PROVEN)
def test_what_is_proven_is_not_watched_any_longer(scene, speech, limits):
    """Each second may begin another credit, and no second can change an unhealthy verdict."""
    meter = VideoMeter(Limits(**limits))
    for index in range(150):
        if (frame := scene(index)) is not None:
            meter.frame(frame, index / 25)

    assert meter.undecided_s(6.0, speech=speech) == 0


def test_black_that_began_in_the_warm_up_is_watched_until_it_counts():
    """A watch as short as the warm-up would call it healthy."""
    meter = show.watch(lambda _: BLACK, 2)

    assert meter.undecided_s(2.0) == pytest.approx(2.1)
    assert meter.undecided_s(4.05) == 0


@pytest.mark.parametrize("shown", [BLACK, np.full(SMALL, 112, np.uint8)], ids=["black", "one colour"])
def test_a_greeting_over_no_picture_does_not_end_the_watch(shown: np.ndarray):
    """It stands while the avatar is heard; but that follows from the black, which is not proven yet."""
    meter = show.watch(lambda _: shown, 3)
    greeting = [Span(kind="speech", start_s=0.3, end_s=2.9)]

    assert meter.undecided_s(3.0, speech=greeting) > 1
    assert meter.undecided_s(4.05, speech=greeting) == 0


def test_standing_while_heard_is_measured_against_speech():
    meter = show.watch(lambda i: show.talking(i) if i < 100 else STILL, 8)
    speech = [Span(kind="speech", start_s=1.0, end_s=5.0), Span(kind="speech", start_s=5.3, end_s=7.0)]

    facts = meter.facts(8.0, speech=speech)

    assert facts.frozen_while_speaking_s == pytest.approx(3.0, abs=0.3)
    assert meter.facts(8.0).frozen_while_speaking_s == 0


def test_a_long_series_is_kept_short():
    meter = VideoMeter(Limits())
    for index in range(4000):
        meter.frame(STILL[::8, ::8], index / 25)

    series = meter.facts(160.0).series

    assert len(series.at_s) == len(series.luma) == len(series.motion) <= 1500
