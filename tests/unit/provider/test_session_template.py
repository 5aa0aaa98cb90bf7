"""A session template's own inputs, beside the body of a token."""

import pytest

from pulumi_liveavatar.session_template import SessionTemplateProvider

WANTED = {"name": "p-s-desk", "avatar_id": "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_limit_that_is_no_number_is_refused_in_the_preview(value: float):
    """No check could use it; which names there are is the health job's to know, and a gate asks it."""
    result = SessionTemplateProvider().check({}, {**WANTED, "health": {"watch_s": value}})

    assert [(f.property, f.reason) for f in result.failures] == [
        ("health", "watch_s should be a finite number")
    ]


def test_limits_are_numbers_words_and_truths():
    """As Pulumi hands them over."""
    limits = {"watch_s": 5.0, "gap_unhealthy_s": "3", "sandbox": True}
    result = SessionTemplateProvider().check({}, {**WANTED, "health": limits})

    assert not result.failures
    assert result.inputs["health"] == limits
