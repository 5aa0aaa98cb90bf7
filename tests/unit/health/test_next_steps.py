"""What is advised helps: each limit that an advice names moves the verdict the way that it says."""

import re

import numpy as np
import pytest

from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import VideoMeter
from liveavatar_ops.health.next_steps import NEXT_STEPS
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.verdicts import Cause

FPS = 25


def nearly_black() -> np.ndarray:
    """A night scene, the level of black throughout, with a faint lamp: less detail than is spared."""
    picture = np.full((360, 640), 20, np.uint8)
    picture[32:64, 64:144] = 34  # 10 of 880 blocks
    return picture


def black_for_s(limits: Limits) -> float:
    meter = VideoMeter(limits=limits)
    for index in range(6 * FPS):
        meter.frame(nearly_black(), index / FPS)
    return meter.facts(6.0).black_s


ADVISED = [
    (cause, verb, name)
    for cause, text in NEXT_STEPS.items()
    for verb, name in re.findall(r"\b(raise|lower) ([a-z]+_[a-z_]+)", text)
]
JUDGED = {Cause.BLACK: black_for_s}


@pytest.mark.parametrize(("cause", "verb", "name"), ADVISED)
def test_a_limit_moved_as_advised_spares_the_scene(cause: Cause, verb: str, name: str):
    """The other way round, the advice would make the alarm louder."""
    default = float(getattr(Limits(), name))
    moved = limits_from(("health", {name: default / 3 if verb == "lower" else min(default * 3, 1.0)}))

    assert JUDGED[cause](Limits()) > Limits().black_unhealthy_s
    assert JUDGED[cause](moved) == 0


def test_every_limit_that_an_advice_names_exists():
    """`black_detail_share`, as `health explain` prints it."""
    named = {word for text in NEXT_STEPS.values() for word in re.findall(r"\b(black_\w+|watch_\w+)", text)}

    assert named
    assert named <= set(Limits.model_fields)
    assert {cause for cause, _, _ in ADVISED} <= set(JUDGED), "an advice of a limit needs a judge here"


def test_no_advice_names_what_the_api_does_not_have():
    """There is no region in a session's body (LiveAvatar API facts §2.9)."""
    assert not [cause for cause, text in NEXT_STEPS.items() if "region" in text]
