"""The recording: small and bounded while the check runs, whole and true to time when it is played."""

from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest

from liveavatar_ops.health.clip_size import MOST_PER_S
from liveavatar_ops.health.facts import Depth, Facts
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.pipe import Frame
from liveavatar_ops.health.plan import Asked, Usage, plan
from liveavatar_ops.health.prompt import load_prompt
from liveavatar_ops.health.recording import (
    FRAMES_FILE,
    INDEX_FILE,
    SOUND_FILE,
    Spool,
    kept_frames,
    pictures,
    shrink,
    sounds,
)
from liveavatar_ops.health.recording_clip import MISSING, NoClip, make_clip, recorder_missing
from liveavatar_ops.health.recording_sound import RATE_HZ, laid_out, with_prompt
from tests.support.health_facts import healthy

TONE = (8000 * np.sin(np.arange(RATE_HZ // 50) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)
FIRST_S = 2.0


def frame(at_s: float, width: int = 320, height: int = 180) -> Frame:
    """Grey, with a bright bar that moves on with time."""
    luma = np.full((height, width), 60, np.uint8)
    left = int((at_s * 40) % (width - 20))
    luma[:, left : left + 20] = 220
    chroma = np.full(2 * ((width + 1) // 2) * ((height + 1) // 2), 128, np.uint8)
    return Frame(at_s, width, height, luma.tobytes() + chroma.tobytes())


def recorded(
    folder: Path, *, for_s: float = 4.0, sound: bool = True, size: tuple[int, int] = (320, 180)
) -> None:
    """A spool of pictures at 25 a second from 2 s on, with a tone."""
    spool = Spool(folder)
    for index in range(round(for_s * 25)):
        spool.see(frame(FIRST_S + index / 25, *size))
    for index in range(round(for_s * 50) if sound else 0):
        spool.hear(TONE.tobytes(), FIRST_S + (index + 1) / 50)
    spool.close()
    assert spool.problem is None


def watched(until_s: float, depth: Depth = Depth.VIDEO, **changes) -> Facts:
    return healthy(depth, room={"watched_until_s": until_s}, video={"watched_until_s": until_s}, **changes)


def played(path: Path) -> tuple[list[tuple[float, np.ndarray]], np.ndarray, float]:
    """Pictures with their moments, sound, and the length that a player shows."""
    with av.open(str(path)) as clip:
        length = clip.duration / av.time_base
        shown = [(f.time, f.to_ndarray(format="gray")) for f in clip.decode(video=0)]
    with av.open(str(path)) as clip:
        heard = [f.to_ndarray()[0] for f in clip.decode(audio=0)] if clip.streams.audio else []
    return shown, np.concatenate(heard) if heard else np.empty(0), length


def test_at_most_twelve_pictures_a_second_are_kept(tmp_path):
    recorded(tmp_path, for_s=4.0)
    kept = kept_frames(tmp_path)

    assert 40 <= len(kept) <= 4 * MOST_PER_S
    assert kept[0].at_s == FIRST_S


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1280, 720), (640, 360)),
        ((1920, 1080), (640, 360)),
        ((720, 1280), (360, 640)),
        ((854, 480), (854, 480)),
        ((321, 181), (320, 180)),
    ],
)
def test_pictures_are_scaled_down_to_480_lines_with_even_sides(size, small):
    """Odd sides cannot be encoded; upright stays upright."""
    held, width, height = shrink(frame(1.0, *size))

    assert (width, height) == small
    assert len(held) == width * height * 3 // 2


def test_scaling_down_takes_the_mean_of_each_block():
    luma = np.random.default_rng(3).integers(0, 255, (720, 1280), np.uint8)
    data = luma.tobytes() + bytes(720 * 1280 // 2)
    held, width, height = shrink(Frame(0.0, 1280, 720, data))

    means = luma.reshape(360, 2, 640, 2).mean(axis=(1, 3))
    small = np.frombuffer(held, np.uint8, width * height).reshape(height, width)
    assert np.abs(small - means).max() < 1


def test_the_spool_is_a_ring_of_bounded_size_that_keeps_the_latest(tmp_path):
    """An hour's watch must not fill the disk; how it ended matters most."""
    most = 10 * 320 * 180 * 3 // 2
    spool = Spool(tmp_path, most_bytes=most)
    for index in range(100):
        spool.see(frame(FIRST_S + index / 10))
    spool.close()
    kept = kept_frames(tmp_path)

    assert (tmp_path / FRAMES_FILE).stat().st_size <= most
    assert [each.at_s for each in kept] == pytest.approx([FIRST_S + index / 10 for index in range(90, 100)])
    assert len(list(pictures(tmp_path, kept))) == 10


def test_a_larger_picture_still_fits_its_place_in_the_ring(tmp_path):
    """A stream that begins small, as simulcast does."""
    spool = Spool(tmp_path)
    spool.see(frame(2.0, 320, 180))
    spool.see(frame(3.0, 1280, 720))
    spool.close()
    kept = kept_frames(tmp_path)

    assert all(each.size <= kept[0].size for each in kept)
    assert len(kept) == 2


def test_what_a_killed_child_left_half_written_is_left_out(tmp_path):
    recorded(tmp_path, for_s=1.0)
    whole = len(kept_frames(tmp_path))
    for name in (INDEX_FILE, SOUND_FILE):
        held = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(held[:-3])

    assert len(kept_frames(tmp_path)) == whole - 1
    assert len(list(sounds(tmp_path))) == 49
    assert make_clip(tmp_path, watched(3.0), tmp_path / "clip.mp4") > 0


def test_a_full_disk_ends_the_recording_and_not_the_check(tmp_path):
    """/dev/full says that no space is left."""
    (tmp_path / FRAMES_FILE).symlink_to("/dev/full")
    spool = Spool(tmp_path)
    spool.see(frame(2.0))
    spool.see(frame(3.0))
    spool.hear(TONE.tobytes(), 3.0)
    spool.close()

    assert "No space left" in spool.problem
    assert list(sounds(tmp_path)) == []  # nothing is tried again: each try would cost the check time
    assert kept_frames(tmp_path) == []


def test_the_clip_plays_with_moving_pictures_and_sound_and_its_true_length(tmp_path):
    recorded(tmp_path)
    length = make_clip(tmp_path, watched(6.0), tmp_path / "clip.mp4")
    shown, heard, plays = played(tmp_path / "clip.mp4")

    assert length == pytest.approx(4.0)
    assert plays == pytest.approx(4.0, abs=0.2)
    assert shown[0][1].shape == (180, 320)
    assert len(shown) >= 40
    bars = [int(picture[90].argmax()) for _, picture in shown[:40]]
    expected = [int((FIRST_S + at_s) * 40) for at_s, _ in shown[:40]]
    assert np.abs(np.array(bars) - expected).max() <= 22  # the bar is 20 wide, and where its moment puts it
    assert heard.size / RATE_HZ == pytest.approx(4.0, abs=0.2)
    assert 0.1 < np.abs(heard[RATE_HZ : 2 * RATE_HZ]).max() < 0.5


def test_the_wait_after_the_last_frame_is_part_of_the_clip(tmp_path):
    """A viewer saw it stand; so does whoever plays the clip."""
    recorded(tmp_path, for_s=2.0)
    make_clip(tmp_path, watched(10.0), tmp_path / "clip.mp4")
    shown, _, plays = played(tmp_path / "clip.mp4")

    assert plays == pytest.approx(8.0, abs=0.3)
    assert shown[-1][0] == pytest.approx(8.0, abs=0.3)
    assert shown[-2][0] < 2.1


def test_a_picture_that_shrinks_keeps_the_clip_whole(tmp_path):
    spool = Spool(tmp_path)
    for index in range(50):
        size = (640, 360) if index < 25 else (320, 180)
        spool.see(frame(FIRST_S + index / 25, *size))
    spool.close()
    make_clip(tmp_path, watched(4.0), tmp_path / "clip.mp4")
    shown, _, _ = played(tmp_path / "clip.mp4")

    assert {picture.shape for _, picture in shown} == {(360, 640)}


def test_our_prompt_is_heard_where_we_asked(tmp_path):
    """Else the answer would follow on nothing."""
    recorded(tmp_path, for_s=6.0, sound=False)
    facts = watched(8.0, Depth.CONVERSATION, conversation={"prompt_started_s": 4.0, "prompt_ended_s": 6.0})
    make_clip(tmp_path, facts, tmp_path / "clip.mp4")
    _, heard, _ = played(tmp_path / "clip.mp4")

    assert np.abs(heard[: round(1.8 * RATE_HZ)]).max() < 0.01
    assert np.abs(heard[round(2.2 * RATE_HZ) : round(3.5 * RATE_HZ)]).max() > 0.05


def test_the_clip_can_do_without_h264(tmp_path):
    """Builds of FFmpeg without x264 still have MPEG-4."""
    recorded(tmp_path, for_s=2.0)
    fallback = (("no-such-encoder", {}), ("mpeg4", {"qscale": "5"}))
    make_clip(tmp_path, watched(4.0), tmp_path / "clip.mp4", encoders=fallback)
    shown, _, plays = played(tmp_path / "clip.mp4")

    assert plays == pytest.approx(2.0, abs=0.2)
    assert len(shown) >= 20


def test_where_there_can_be_no_clip_it_is_said_why(tmp_path):
    with pytest.raises(NoClip, match="not one frame"):
        make_clip(tmp_path, watched(4.0), tmp_path / "clip.mp4")
    recorded(tmp_path, for_s=1.0)
    with pytest.raises(NoClip, match="neither"):
        make_clip(tmp_path, watched(4.0), tmp_path / "clip.mp4", encoders=(("no-such-encoder", {}),))
    with pytest.raises(NoClip, match="encoding it failed"):
        make_clip(tmp_path, watched(4.0), tmp_path / "no such folder" / "clip.mp4")


def test_sound_that_comes_in_bursts_is_laid_out_evenly():
    """Arrival jitters; samples do not. The earliest plausible arrival is the true one."""
    late = [0.06, 0.04, 0.02, 0.0, 0.03] * 10
    chunks = [(1.02 + index / 50 + wait, TONE.tobytes()) for index, wait in enumerate(late)]
    sound = laid_out(chunks, 1.0, 2.0)

    assert np.array_equal(sound, np.tile(TONE, 50))


def test_lost_sound_is_silence_and_what_follows_keeps_its_time():
    chunks = [(1.02, TONE.tobytes()), (1.82, TONE.tobytes())]
    sound = laid_out(chunks, 1.0, 2.0)

    assert np.array_equal(sound[: TONE.size], TONE)
    assert not sound[TONE.size : round(0.8 * RATE_HZ)].any()
    assert np.array_equal(sound[round(0.8 * RATE_HZ) :][: TONE.size], TONE)


def test_what_lies_outside_the_clip_is_cut():
    chunks = [(0.5, TONE.tobytes()), (1.01, TONE.tobytes()), (9.0, TONE.tobytes())]
    sound = laid_out(chunks, 1.0, 2.0)

    assert sound.size == RATE_HZ
    assert np.array_equal(sound[: TONE.size // 2], TONE[TONE.size // 2 :])


def test_the_prompt_is_mixed_without_wrapping_round():
    """Loud on loud is clipped, never turned into noise."""
    loud = np.full(RATE_HZ * 4, 32000, np.int16)

    assert with_prompt(loud, load_prompt(), 1.0).min() > 0


def test_without_pyav_the_flag_is_refused_in_one_line_that_says_what_to_install():
    """Before a session is paid for."""
    assert recorder_missing(lambda _: None) == MISSING
    assert "pip install" in MISSING
    assert recorder_missing(find_spec) is None


def test_a_clip_without_evidence_or_without_a_picture_is_refused():
    with pytest.raises(Usage, match="--no-evidence"):
        Output(as_json=True, junit=None, evidence=None, no_evidence=True, record=True).check_places()
    with pytest.raises(Usage, match="--record: depth api"):
        plan(Asked(stack="dev", depth=Depth.API, record=True), outputs_of=lambda _: {})
