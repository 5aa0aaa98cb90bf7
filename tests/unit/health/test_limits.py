"""Limits: typed, explained, overridable, and never silently wrong."""

import io
import json

import pytest
from rich.console import Console

from liveavatar_ops.health.explain import explain_document, explained, print_explained
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.overrides import LimitsError, limits_from, pairs, parse_limit_flags


def test_every_limit_has_a_unit_a_reason_and_a_source():
    """What `health explain` prints; a bare number is not a limit."""
    for row in explained():
        assert row.unit, row.name
        assert row.reason, row.name
        assert row.source, row.name


def test_the_milder_line_comes_first_in_every_pair():
    assert len(list(pairs())) > 12
    for mild, harsh in pairs():
        assert getattr(Limits(), mild) != getattr(Limits(), harsh)


def test_later_overrides_win_and_the_rest_stays():
    limits = limits_from(
        ("june.yaml", {"gap_unhealthy_s": 3, "watch_s": 20}), ("--limit", {"gap_unhealthy_s": "4"})
    )

    assert (limits.gap_unhealthy_s, limits.watch_s) == (4.0, 20.0)
    assert limits.frozen_unhealthy_s == Limits().frozen_unhealthy_s


def test_all_mistakes_are_told_at_once_with_place_and_name():
    with pytest.raises(LimitsError) as caught:
        limits_from(
            ("june.yaml", {"gap_unhealty_s": 3, "black_level": -1, "fps_unhealthy": 30}),
            ("--limit", {"watch_s": "soon", "xyzzy": 1}),
        )

    assert [str(problem) for problem in caught.value.problems] == [
        "june.yaml: gap_unhealty_s: no such limit; did you mean gap_unhealthy_s?",
        "--limit: xyzzy: no such limit; `liveavatar-ops health explain` lists them all",
        "june.yaml: black_level: -1 should be greater than or equal to 0",
        "--limit: watch_s: 'soon' should be a number",
        "june.yaml: fps_unhealthy: fps_degraded=20 and fps_unhealthy=30 stand the wrong way round; set both",
    ]


@pytest.mark.parametrize("value", ["nan", "inf", None, [], "1 s", True])
def test_what_is_no_number_is_refused(value):
    """A limit of NaN would never be crossed."""
    with pytest.raises(LimitsError, match="gap_unhealthy_s"):
        limits_from(("june.yaml", {"gap_unhealthy_s": value}))


DEEP = json.loads("[" * 900 + "]" * 900)


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, [1] * 5000, {"a": "b" * 5000}, DEEP, 10**4000],
    ids=lambda value: type(value).__name__,
)
def test_a_long_value_is_not_quoted_at_length(value):
    """A line that nobody can read hides the one that matters."""
    with pytest.raises(LimitsError) as caught:
        limits_from(("june.yaml", {"gap_unhealthy_s": value, "x" * 5000: 1}))

    assert all(len(str(problem)) < 200 for problem in caught.value.problems)
    assert len(caught.value.problems) == 2


@pytest.mark.timeout(20)
def test_thousands_of_unknown_names_are_told_without_delay():
    """The first ones with the nearest name, which is dear to find."""
    with pytest.raises(LimitsError) as caught:
        limits_from(("june.yaml", {f"gap_unhealty_s{i}": 1 for i in range(100_000)}))

    assert [problem.message for problem in caught.value.problems[19:21]] == [
        "no such limit; did you mean gap_unhealthy_s?",
        "no such limit",
    ]


@pytest.mark.parametrize("name", [1, None, 1.5, True])
def test_a_name_that_is_no_word_is_no_such_limit(name):
    """A program may hand over anything."""
    with pytest.raises(LimitsError, match=f"june.yaml: {name}: no such limit"):
        limits_from(("june.yaml", {name: 2}))


def test_flags_are_name_equals_value():
    assert parse_limit_flags(["gap_unhealthy_s=3", " watch_s = 9 "]) == {
        "gap_unhealthy_s": "3",
        "watch_s": "9",
    }
    with pytest.raises(LimitsError, match="name=value"):
        parse_limit_flags(["gap_unhealthy_s"])


def test_explain_marks_what_was_overridden_and_fits_eighty_columns():
    limits = limits_from(("june.yaml", {"gap_unhealthy_s": 3}))
    console = Console(file=io.StringIO(), width=80, force_terminal=False)

    print_explained(console, limits)

    text = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above
    assert max(map(len, text.splitlines())) <= 80
    assert "(default 2 s)" in text
    rows = {row["name"]: row for row in explain_document(limits)["limits"]}
    assert [name for name, row in rows.items() if row["overridden"]] == ["gap_unhealthy_s"]
    assert len(rows) == len(Limits.model_fields)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"answer_unhealthy_s": 15},
            "answer_unhealthy_s=15 is never reached: a check ends after answer_deadline_s=12",
        ),
        (
            {"answer_deadline_s": 6},
            "answer_unhealthy_s=8 is never reached: a check ends after answer_deadline_s=6",
        ),
        ({"mouth_silent_s": 13}, "answer_deadline_s=12"),
        ({"answer_longest_s": 2}, "mouth_evidence_s=2 is never reached"),
        ({"join_unhealthy_s": 30}, "avatar_deadline_s=20"),
        ({"avatar_deadline_s": 10}, "join_unhealthy_s=15"),
        (
            {"first_frame_unhealthy_s": 50},
            "connect_deadline_s=15 + avatar_deadline_s=20 + video_deadline_s=10",
        ),
        (
            {"frozen_unhealthy_s": 30},
            "frozen_unhealthy_s=30 is never reached: a check ends after watch_s=10 + watch",
        ),
        ({"frozen_unhealthy_s": 22}, "watch_longer_s=12"),
        ({"watch_s": 4, "watch_longer_s": 3}, "frozen_unhealthy_s=10"),
        ({"gap_unhealthy_s": 30}, "gap_unhealthy_s=30"),
        ({"frozen_speaking_unhealthy_s": 30}, "frozen_speaking_unhealthy_s=30"),
        ({"black_unhealthy_s": 30}, "black_unhealthy_s=30"),
        ({"one_colour_unhealthy_s": 30}, "one_colour_unhealthy_s=30"),
    ],
)
def test_a_line_that_no_check_waits_for_is_refused(values, said):
    """It would turn an alarm into `inconclusive`, or `degraded`, for ever."""
    with pytest.raises(LimitsError) as caught:
        limits_from(("june.yaml", values))

    problem = str(caught.value)
    assert problem.startswith("june.yaml: ")
    assert said in problem
    assert "; raise that or lower " in problem


@pytest.mark.parametrize(
    "values",
    [
        {"answer_unhealthy_s": 12},
        {"answer_unhealthy_s": 15, "answer_deadline_s": 15},
        {"join_unhealthy_s": 20},
        {"frozen_unhealthy_s": 30, "watch_s": 20},
        {"watch_s": 0.5},
    ],
)
def test_a_line_within_reach_is_taken(values):
    """The waits were waited out, or reach further."""
    assert limits_from(("june.yaml", values)) != Limits()
