"""The size of the picture: what counts as small, for how long, and in which shape."""

import pytest

from liveavatar_ops.health.facts import Facts, SizeChange
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity, Verdict
from tests.support.health_facts import healthy

BEGAN_S, ENDED_S = 2.0, 13.96  # of the picture of a healthy check


def sized(*changes: tuple[float, int, int]) -> Facts:
    """A healthy check at 720p whose picture took these sizes, each from its moment on."""
    return healthy(video={"sizes": tuple(SizeChange(at_s=at, width=w, height=h) for at, w, h in changes)})


def said(facts: Facts, **limits: float) -> tuple[Verdict, list[tuple[Severity, str]]]:
    judged = judge(facts, Limits(**limits))
    assert {reason.cause for reason in judged.reasons} <= {Cause.SMALL}
    return judged.verdict, [(reason.severity, reason.sentence) for reason in judged.reasons]


LARGE_ENOUGH = {
    "upright, as many lines": (404, 720),
    "square": (720, 720),
    "upright, lines across": (720, 1280),
    "wider than 16:9": (1280, 544),
    "a few lines less, as codecs round": (1276, 718),
    "more than was asked for": (1920, 1080),
}


@pytest.mark.parametrize("size", LARGE_ENOUGH.values(), ids=LARGE_ENOUGH)
def test_a_quality_names_lines_and_no_shape(size: tuple[int, int]):
    """An avatar of another shape is not small for ever."""
    assert said(sized((BEGAN_S, *size))) == (Verdict.HEALTHY, [])


def test_a_picture_that_was_always_small_did_not_shrink():
    assert said(sized((BEGAN_S, 640, 360))) == (
        Verdict.UNHEALTHY,
        [
            (
                Severity.FAILS,
                "The picture had 50 % of the size asked for (limit 70 %): it came as 640×360.",
            )
        ],
    )


def test_a_picture_that_grew_late_did_not_shrink():
    verdict, reasons = said(sized((BEGAN_S, 640, 360), (9.0, 1280, 720)))

    assert verdict is Verdict.UNHEALTHY
    assert reasons[0][1].endswith("it came as 640×360.")


def test_a_picture_that_shrank_says_from_what():
    """Upright ones too, though half of their height is nearly as many lines as were asked for."""
    (_, landscape), (_, upright) = (
        said(sized((BEGAN_S, 1280, 720), (9.0, 640, 360)))[1][0],
        said(sized((BEGAN_S, 720, 1280), (9.0, 360, 640)))[1][0],
    )

    assert landscape.endswith("50 % of the size asked for (limit 70 %): it shrank from 1280×720 to 640×360.")
    assert upright.endswith("50 % of the size asked for (limit 70 %): it shrank from 720×1280 to 360×640.")


def test_one_small_frame_is_a_note():
    """A short dip of the bandwidth, perhaps of our own line."""
    verdict, reasons = said(sized((BEGAN_S, 1280, 720), (8.0, 640, 360), (8.04, 1280, 720)))

    assert verdict is Verdict.HEALTHY
    assert reasons == [
        (
            Severity.NOTE,
            "The picture was small for 40 ms, 640×360 at the least: too short to count (limit 2 s).",
        )
    ]


def test_dips_add_up():
    """Two seconds in all are no dip, however they are cut up; and fewer where the limit says so."""
    dips = [dip for at in (5.0, 7.0, 9.0) for dip in ((at, 640, 360), (at + 0.8, 1280, 720))]

    assert said(sized((BEGAN_S, 1280, 720), *dips))[0] is Verdict.UNHEALTHY
    assert said(sized((BEGAN_S, 1280, 720), *dips[:4]))[0] is Verdict.HEALTHY
    assert said(sized((BEGAN_S, 1280, 720), *dips[:4]), size_lasts_s=1.5)[0] is Verdict.UNHEALTHY


def test_a_picture_that_shrank_just_before_the_end_degrades():
    """Nobody knows whether it would have come back."""
    verdict, reasons = said(sized((BEGAN_S, 1280, 720), (ENDED_S - 0.6, 640, 360)))

    assert verdict is Verdict.DEGRADED
    assert reasons[0][1].endswith("(limit 2 s); it was still small when the check ended.")


@pytest.mark.parametrize("small_s", [0.0, 0.04, 0.4])
def test_a_picture_that_is_small_only_in_its_very_last_frames_is_a_note(small_s: float):
    """One frame at the end is no more than one in the middle."""
    verdict, reasons = said(sized((BEGAN_S, 1280, 720), (ENDED_S - small_s, 640, 360)))

    assert verdict is Verdict.HEALTHY
    assert reasons[0][1].endswith("; it was still small when the check ended.")
    assert ("small in its last frame, 640×360" in reasons[0][1]) is (small_s == 0)


def test_small_frames_at_the_end_add_up_whatever_their_size():
    ever_smaller = [(ENDED_S - left_s, width, width * 9 // 16) for left_s, width in ((0.6, 640), (0.2, 320))]

    assert said(sized((BEGAN_S, 1280, 720), *ever_smaller))[0] is Verdict.DEGRADED


def test_a_beginning_that_is_small_is_no_dip():
    """Simulcast begins small: the warm-up does not count, nor does it shorten what stays."""
    ramp = sized((BEGAN_S, 320, 180), (BEGAN_S + 1.8, 1280, 720))

    assert said(ramp) == (Verdict.HEALTHY, [])
    assert said(sized((ENDED_S - 2.5, 640, 360)))[0] is Verdict.UNHEALTHY


def test_the_size_that_is_milder_is_judged_where_the_harsher_was_brief():
    """Both are said: what lasted degrades, the dip below it is a note."""
    verdict, reasons = said(sized((BEGAN_S, 1280, 720), (6.0, 960, 540), (9.0, 640, 360), (9.5, 960, 540)))

    assert verdict is Verdict.DEGRADED
    assert [severity for severity, _ in reasons] == [Severity.DEGRADES, Severity.NOTE]


def test_where_no_size_was_asked_for_none_is_small():
    facts = sized((BEGAN_S, 320, 180))
    anything = facts.model_copy(update={"target": facts.target.model_copy(update={"width": None})})

    assert said(anything) == (Verdict.HEALTHY, [])
