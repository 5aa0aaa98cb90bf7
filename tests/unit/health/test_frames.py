"""Frames on their way to the meter, and the few that are kept as pictures."""

import threading
from pathlib import Path

import numpy as np
import pytest

from liveavatar_ops.health.facts import VideoFacts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.picking import Keeper, shrink_i420
from liveavatar_ops.health.pipe import Frame, FramePipe
from liveavatar_ops.health.senses import Senses
from liveavatar_ops.health.thumbnails import Thumbnail, load, save


def i420(width: int, height: int, y: int, u: int, v: int) -> bytes:
    half = ((width + 1) // 2) * ((height + 1) // 2)
    return bytes([y]) * (width * height) + bytes([u]) * half + bytes([v]) * half


@pytest.mark.parametrize(
    ("yuv", "rgb"),
    [
        pytest.param((16, 128, 128), (0, 0, 0), id="black"),
        pytest.param((235, 128, 128), (254, 254, 254), id="white"),
        pytest.param((81, 90, 240), (254, 0, 0), id="red"),
        pytest.param((145, 54, 34), (0, 255, 1), id="green"),
        pytest.param((41, 240, 110), (0, 0, 255), id="blue"),
    ],
)
def test_colours_of_a_thumbnail_are_those_of_the_frame(yuv: tuple[int, ...], rgb: tuple[int, ...]):
    """BT.601, limited range, as decoders give it."""
    picture = shrink_i420(i420(1280, 720, *yuv), 1280, 720)

    assert picture.shape == (180, 320, 3)
    assert np.abs(picture[0, 0].astype(int) - rgb).max() <= 2


@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (360, 640), (33, 17), (2, 2), (1281, 721)])
def test_any_frame_size_makes_a_small_upright_picture(size: tuple[int, int]):
    """Odd sizes and vertical avatars included."""
    picture = shrink_i420(i420(*size, 100, 128, 128), *size)

    assert max(picture.shape[:2]) <= 320
    assert (picture.shape[1] > picture.shape[0]) == (size[0] > size[1])


def test_thumbnails_are_spread_over_the_watch_and_end_with_the_last_frame():
    """Twelve over ten seconds at 25 fps: the first, evenly spaced ones, the very last."""
    keeper = Keeper(every_s=10 / 11, at_most=14)
    picture = np.zeros((9, 16, 3), np.uint8)
    for frame in range(251):
        at_s = 2 + frame * 0.04 + (0.015 if frame % 2 else 0.0)
        if keeper.wants(at_s):
            keeper.keep(at_s, picture)
    keeper.keep_last(2 + 250 * 0.04, picture)

    moments = [each.at_s for each in keeper.kept]
    assert len(moments) == 12
    assert (moments[0], moments[-1]) == (2.0, 12.0)
    assert max(np.diff(moments)) < 1.0


def test_pictures_come_back_from_their_file_and_a_damaged_file_is_no_pictures(tmp_path: Path):
    """A child that died while writing leaves no traceback in the parent."""
    path = tmp_path / "pictures.rgb"
    kept = [Thumbnail(2.0, 3, 2, bytes([7]) * 18), Thumbnail(1.0, 4, 4, bytes(range(48)))]
    save(path, kept)

    assert load(path) == [kept[1], kept[0]]
    for cut in (-1, 20, 5, 0):
        path.write_bytes(path.read_bytes()[:cut])
        assert load(path) == []
    assert load(tmp_path / "none.rgb") == []


def test_frames_reach_the_meter_in_order_and_all_of_them():
    """What is offered is looked at, by the time the pipe is closed."""
    seen: list[float] = []
    pipe = FramePipe(lambda frame: seen.append(frame.at_s), Keeper(1.0), at_most=1000)
    for n in range(200):
        pipe.offer(Frame(n / 25, 32, 16, i420(32, 16, n, 128, 128)))

    assert pipe.close()
    assert seen == [n / 25 for n in range(200)]
    assert pipe.unseen == 0


def test_what_is_shown_after_a_tracks_end_is_no_picture_anywhere():
    """libwebrtc goes on with 2×2 black pixels: they reach neither the meter nor the contact sheet."""
    seen: list[int] = []
    keeper = Keeper(0.0)
    pipe = FramePipe(lambda frame: seen.append(frame.width), keeper)
    for n, (width, height) in enumerate([(32, 16), (2, 2), (32, 16), (15, 300), (2, 2)]):
        pipe.offer(Frame(float(n), width, height, i420(width, height, 100, 128, 128)))

    assert pipe.close()
    assert seen == [32, 32]
    assert [picture.at_s for picture in keeper.kept] == [0.0, 2.0]


def test_nothing_counts_from_the_moment_on_at_which_the_avatar_left():
    """It left at 2 s and was watched for to 5 s: no gap, no standing picture, no black."""
    limits = Limits(warm_up_s=0.5)
    left, stayed = Senses(limits, 4), Senses(limits, 4)
    for senses in (left, stayed):
        for n in range(50):
            senses.see(Frame(n / 25, 64, 64, i420(64, 64, 16 if n > 45 else 90 + n, 128, 128)))

    gone, there = left.close(5.0, over_s=2.0)["video"], stayed.close(5.0)["video"]

    assert isinstance(gone, VideoFacts)
    assert isinstance(there, VideoFacts)
    assert (gone.longest_gap_s, gone.watched_until_s) == (0.04, 2.0)
    assert gone.black_s < 0.2
    assert there.longest_gap_s > 3.0


def test_a_slow_meter_costs_content_but_never_timing():
    """The loop never waits; every frame's moment arrives, its picture only if there was room."""
    release = threading.Event()
    seen: list[tuple[float, bool]] = []

    def look(frame: Frame) -> None:
        release.wait(30)
        seen.append((frame.at_s, frame.luma() is not None))

    pipe = FramePipe(look, Keeper(1.0), at_most=5)
    for n in range(50):
        pipe.offer(Frame(float(n), 32, 16, i420(32, 16, 0, 128, 128)))
    release.set()
    pipe.close()

    assert [at_s for at_s, _ in seen] == [float(n) for n in range(50)]
    assert pipe.unseen == sum(not looked for _, looked in seen) >= 40


def test_a_meter_that_breaks_is_our_fault_and_known_as_such():
    """The thread goes on, and the failure is kept for the facts."""

    def look(_: Frame) -> None:
        raise ZeroDivisionError("by nought")

    pipe = FramePipe(look, Keeper(1.0))
    pipe.offer(Frame(0.0, 32, 16, i420(32, 16, 0, 128, 128)))

    assert pipe.close()
    assert pipe.failure == "ZeroDivisionError: by nought"
