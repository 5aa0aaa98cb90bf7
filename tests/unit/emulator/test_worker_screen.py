"""What faults make of the picture, and what they leave alone."""

import random
from itertools import pairwise

import numpy as np
import pytest

from liveavatar_emulator.worker.drawing.looks import character_for
from liveavatar_emulator.worker.drawing.motion import Motion, Pose
from liveavatar_emulator.worker.drawing.portrait import Mouth, Portrait
from liveavatar_emulator.worker.faults import Faults
from liveavatar_emulator.worker.job import Fault
from liveavatar_emulator.worker.screen import Screen

PORTRAIT = Portrait(character_for("a1b2c3d4-0001-4000-8000-000000000001", "studio"), 640, 360)


def frames(fault: Fault | None, count: int = 60) -> list[np.ndarray]:
    """The luma of frames with a fault from the start, mouth and head moving as in speech."""
    screen, faults, motion = Screen(PORTRAIT), Faults([fault] if fault else []), Motion(random.Random(5))  # noqa: S311 - repeatable, not secret
    shown = []
    for frame in range(count):
        picture = screen.draw(motion.at(frame / 25, 0.4), Mouth(frame % 7), faults, frame / 25)
        shown.append(picture.planes()[0].astype(np.int16))
    return shown


def block_change(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean change of every 16 by 16 block: what tells life from noise."""
    change = np.abs(a - b)[:352]
    return change.reshape(22, 16, 40, 16).mean(axis=(1, 3))


def test_a_healthy_picture_lives() -> None:
    """Without a fault some block changes strongly within a second."""
    shown = frames(None)

    assert max(block_change(shown[0], frame).max() for frame in shown[:25]) > 9


def test_frozen_never_changes() -> None:
    """Every frame is the same, bit for bit."""
    shown = frames(Fault(name="frozen"))

    assert all(np.array_equal(shown[0], frame) for frame in shown)


def test_nearly_frozen_changes_every_frame_but_no_block_means_anything() -> None:
    """Compression-like noise: no two neighbours are equal, and no block moves by more than a still does."""
    shown = frames(Fault(name="nearly_frozen"))

    assert all(not np.array_equal(a, b) for a, b in pairwise(shown))
    assert max(block_change(shown[0], frame).max() for frame in shown) < 4


def test_a_frozen_picture_with_a_logo_moves_in_one_corner_only() -> None:
    """The logo is alive, the person is not."""
    shown = frames(Fault(name="frozen_logo"))
    change = np.max([np.abs(shown[0] - frame) for frame in shown], axis=0)

    assert change[-60:, -60:].max() > 60
    change[-60:, -60:] = 0
    assert change.max() == 0


@pytest.mark.parametrize(("name", "black"), [("black", True), ("one_colour", False)])
def test_flat_pictures_are_flat(name: str, black: bool) -> None:
    """Black is black in every pixel; one colour is flat but not dark."""
    shown = frames(Fault(name=name))[0]

    assert shown.std() == 0
    assert bool(shown.max() <= 37) is black


def test_a_fault_begins_after_its_time_and_its_end_brings_life_back() -> None:
    """Frozen from 0.4 s for 0.8 s: moving before, still between, moving after."""
    shown = frames(Fault(name="frozen", after_s=0.4, for_s=0.8))
    same = [np.array_equal(a, b) for a, b in pairwise(shown)]

    assert not any(same[:9])
    assert all(same[10:29])
    assert not any(same[31:])


def test_a_second_freeze_holds_the_picture_of_its_own_moment() -> None:
    """What is frozen is what was shown last, not what an earlier freeze held."""
    screen, faults, motion = Screen(PORTRAIT), Faults(), Motion(random.Random(5))  # noqa: S311 - repeatable

    def show(frame: int) -> bytes:
        return bytes(screen.draw(motion.at(frame / 25, 0.4), Mouth(frame % 7), faults, frame / 25).data)

    faults.add(Fault(name="frozen"), 0)
    first = show(0)
    faults.clear()
    show(30)
    faults.add(Fault(name="frozen"), 0)

    assert show(31) != first


def test_a_new_portrait_is_shown_in_its_own_size() -> None:
    """A drop in resolution changes the frames' size, not their content's life."""
    screen = Screen(PORTRAIT)
    screen.show(Portrait(character_for("x", "plain"), 320, 180))
    picture = screen.draw(Pose(), Mouth(), Faults(), 0)

    assert (picture.width, picture.height) == (320, 180)
