"""How long something lasted, in words that hold where the check counts less than it saw."""

from typing import Any

import pytest

from liveavatar_ops.health.facts import Facts, Span
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from tests.support.health_facts import healthy


def said(facts: Facts) -> str:
    return judge(facts, Limits()).headline


def blank(kind: Any, seen_s: tuple[float, float], counts_s: float) -> Facts:
    """A picture that was blank in this stretch; watched from 2 s to 14 s, the first 2 s of it warm up."""
    span = Span(kind=kind, start_s=seen_s[0], end_s=seen_s[1])
    return healthy(video={f"{kind}_s": counts_s, "spans": (span,)})


@pytest.mark.parametrize(
    ("seen_s", "counts_s", "sentence"),
    [
        pytest.param((2.0, 14.0), 10.0, "for at least 10 s (limit 2 s).", id="longer than counts"),
        pytest.param((2.0, 6.0), 2.0, "for at least 2 s (limit 2 s, reached).", id="begins in the warm-up"),
        pytest.param((11.0, 14.0), 3.0, "for at least 3 s (limit 2 s).", id="outlives the check"),
        pytest.param((6.0, 9.0), 3.0, "for 3 s (limit 2 s).", id="seen from its beginning to its end"),
    ],
)
@pytest.mark.parametrize(("kind", "words"), [("black", "black"), ("one_colour", "one flat colour")])
def test_a_blank_picture_lasted_at_least_as_long_as_counts(
    kind: str, words: str, seen_s: tuple[float, float], counts_s: float, sentence: str
):
    """The warm-up is not counted, and a check does not wait for the end of what it has proven."""
    assert said(blank(kind, seen_s, counts_s)) == f"The picture was {words} {sentence}"


@pytest.mark.parametrize(("begins_s", "how_long"), [(4.0, "at least 10 s"), (3.0, "10 s")])
def test_a_standing_picture_has_reached_its_limit(begins_s: float, how_long: str):
    """A check stops at the very moment, and `10 s (limit 10 s)` would read as no fault."""
    facts = healthy(video={"frozen_s": 10.0, "frozen_at_s": begins_s, "frozen_kind": "exact"})

    assert said(facts) == (
        f"The picture stood still for {how_long} while frames kept coming (limit 10 s, reached): "
        "exactly the same picture."
    )


def test_what_falls_short_by_a_hair_has_not_reached_its_limit():
    """For rates and shares less is worse."""
    assert "ran at 20.0 fps (limit 20.0 fps, not reached)" in said(
        healthy(video={"fps": 19.97, "fps_eff": 19.97})
    )
