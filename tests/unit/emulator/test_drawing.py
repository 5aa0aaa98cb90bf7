"""The drawn avatar: it looks alive where it should, stays still where it should, and costs little."""

import random
from itertools import pairwise

import numpy as np
import pytest

from liveavatar_emulator.worker.drawing.layers import Picture
from liveavatar_emulator.worker.drawing.looks import KNOWN, character_for
from liveavatar_emulator.worker.drawing.motion import LIDS, Motion, Pose
from liveavatar_emulator.worker.drawing.portrait import OPENINGS, SHUT, WIDTHS, Mouth, Portrait

JUNE, MAREK, INES = (f"a1b2c3d4-000{n}-4000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.fixture(scope="module")
def june() -> Portrait:
    return Portrait(character_for(JUNE, "studio"), 640, 360)


def luma(portrait: Portrait, pose: Pose = Pose(), mouth: Mouth = SHUT) -> np.ndarray:  # noqa: B008 - frozen
    picture = Picture.blank(portrait.width, portrait.height)
    portrait.draw(picture, pose, mouth)
    return picture.planes()[0].astype(np.int16)


def within(y: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    left, top, right, bottom = box
    return y[top:bottom, left:right]


def test_an_open_mouth_darkens_the_mouth_and_nothing_else(june: Portrait) -> None:
    """Opening the mouth changes the mouth's pixels strongly and leaves every other pixel as it was."""
    shut, wide = luma(june), luma(june, mouth=Mouth(OPENINGS - 1))
    changed = np.abs(wide - shut)
    box = june.mouth_box(Pose())

    assert within(changed, box).mean() > 8
    within(changed, box)[:] = 0
    assert changed.max() <= 2


def test_each_opening_is_larger_than_the_one_before(june: Portrait) -> None:
    """Openings can be told apart in order, so that lips can follow loudness."""
    box = june.mouth_box(Pose())
    darkness = [-within(luma(june, mouth=Mouth(step)), box).mean() for step in range(OPENINGS)]

    assert darkness == sorted(darkness)
    assert darkness[-1] - darkness[0] > 4


def test_widths_give_different_mouths(june: Portrait) -> None:
    """A round and a spread mouth differ visibly at the same opening."""
    shapes = [within(luma(june, mouth=Mouth(3, w)), june.mouth_box(Pose())) for w in range(len(WIDTHS))]

    assert np.abs(shapes[0] - shapes[2]).mean() > 2


def test_a_blink_changes_the_eyes_and_not_the_mouth(june: Portrait) -> None:
    """Closing the lids covers the whites of the eyes with skin."""
    opened, shut = luma(june), luma(june, Pose(lids=LIDS - 1))
    changed = np.abs(shut - opened)
    left, top, right, bottom = june.eyes_box(Pose())
    x, y = left + (right - left) // 4, (top + bottom) // 2  # the middle of one eye
    pupil = (x - 3, y - 2, x + 3, y + 4)

    assert within(opened, pupil).min() < 60
    assert 100 < within(shut, pupil).mean() < 185
    assert within(changed, june.eyes_box(Pose())).mean() > 5
    assert within(changed, june.mouth_box(Pose())).max() == 0


def test_the_head_moves_by_less_than_a_pixel(june: Portrait) -> None:
    """A quarter of a pixel is a visible, small change: no jump, not nothing."""
    nudge = 0.25 / june.scale
    changed = np.abs(luma(june, Pose(head_x=nudge)) - luma(june))

    assert 0.05 < changed.mean() < 2


def test_breathing_moves_the_shoulders(june: Portrait) -> None:
    """The chest rises between breathing out and in."""
    changed = np.abs(luma(june, Pose(breath=1.0)) - luma(june, Pose(breath=0.0)))

    assert changed[june.height * 3 // 4 :].mean() > 0.2


def test_the_dark_look_is_dark_but_not_black() -> None:
    """Low light by design: a low mean, yet far from the share of black pixels that makes a black picture."""
    y = luma(Portrait(character_for(MAREK, "dark"), 640, 360))

    assert 30 < y.mean() < 70
    assert (y <= 37).mean() < 0.6
    assert np.percentile(y, 95) > 70


def test_in_the_dark_look_little_light_falls_on_the_face() -> None:
    """The same person is much darker at night than before a plain wall: not only the wall is."""
    faces = []
    for look in ("dark", "plain"):
        portrait = Portrait(character_for(MAREK, look), 640, 360)
        faces.append(within(luma(portrait), portrait.eyes_box(Pose())).mean())

    assert faces[0] < 0.75 * faces[1]


def test_the_other_looks_are_well_lit() -> None:
    """Only the dark look is dark."""
    for avatar, look, size in ((JUNE, "studio", (640, 360)), (INES, "vertical", (360, 640))):
        assert luma(Portrait(character_for(avatar, look), *size)).mean() > 90


def test_every_known_avatar_has_a_face_of_its_own() -> None:
    """Two avatars are never drawn alike, so that a wrong avatar can be seen."""
    faces = {luma(Portrait(character_for(avatar, "plain"), 320, 180)).tobytes() for avatar in KNOWN}

    assert len(faces) == len(KNOWN)


def test_an_unknown_avatar_always_gets_the_same_face() -> None:
    """A face belongs to an id."""
    assert character_for("somebody-new", "studio") == character_for("somebody-new", "studio")


def test_a_scene_cut_changes_the_room_and_not_the_face(june: Portrait) -> None:
    """After the cut most of the wall differs; the face is the same; and it can be cut back."""
    before = luma(june)
    june.change_scene("garden")
    after = luma(june)
    june.change_scene("studio")

    assert np.abs(after - before)[:40].mean() > 10
    assert np.abs(within(after - before, june.mouth_box(Pose()))).max() == 0
    assert np.array_equal(luma(june), before)


@pytest.mark.parametrize("size", [(640, 360), (854, 480), (360, 640), (320, 180), (160, 90)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    """Faults ask for odd sizes; the picture is whole I420 of that size, cut at the sides where it must be."""
    portrait = Portrait(character_for(JUNE, "studio"), *size)
    picture = Picture.blank(portrait.width, portrait.height)
    portrait.draw(picture, Pose(), SHUT)

    assert (picture.width, picture.height) == size
    assert len(picture.data) == size[0] * size[1] * 3 // 2
    assert picture.planes()[0].std() > 15


def test_a_frame_costs_copies_only_once_all_pieces_are_made(june: Portrait) -> None:
    """
    Pieces are scaled when first shown and never again: the same minute of movement, drawn twice, makes
    nothing new the second time, and their number has an end.
    """
    picture = Picture.blank(june.width, june.height)

    def minute() -> None:
        motion = Motion(random.Random(4))  # noqa: S311 - repeatable, not secret
        for frame in range(600):
            pose = motion.at(frame / 25, 0.5 * (frame % 40 > 20))
            june.draw(picture, pose, Mouth(frame % OPENINGS, frame % len(WIDTHS)))

    minute()
    made = june.pieces_made()
    minute()

    assert june.pieces_made() == made
    # 16 phases of 3 planes each for the head, 19 mouths, 13 eyes and 3 brows, and the chest.
    assert made <= 16 * 3 * (1 + 19 + 13 + 3 + 1) + 8


def test_movement_never_rests_and_eyes_blink_every_few_seconds() -> None:
    """In a minute of listening: 8 to 40 blinks, none longer than half a second, and the head never stands."""
    motion = Motion(random.Random(2))  # noqa: S311 - repeatable, not secret
    poses = [motion.at(frame / 25, 0.0) for frame in range(60 * 25)]
    shut = [pose.lids == LIDS - 1 for pose in poses]
    blinks = sum(now and not before for before, now in pairwise(shut))
    xs = np.array([pose.head_x for pose in poses])

    assert 8 <= blinks <= 40
    assert max(len(run) for run in "".join("x" if s else " " for s in shut).split()) < 13
    assert all(np.ptp(xs[start : start + 75]) > 0.0005 for start in range(0, len(xs) - 75, 25))


def test_a_picture_shows_the_colours_it_was_painted_with() -> None:
    """RGB to I420 and back keeps a plain colour within a few levels."""
    wall = Portrait(character_for(JUNE, "plain"), 320, 180)
    picture = Picture.blank(320, 180)
    wall.draw(picture, Pose(), SHUT)
    corner = picture.rgb()[5:15, 100:110].reshape(-1, 3).mean(axis=0)

    assert np.ptp(corner) < 12  # the plain wall is grey
    assert 150 < corner.mean() < 240
