"""What the plan means before it runs."""

import io

import pytest
from rich.console import Console

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import cost
from liveavatar_ops.schedule.config import LongCheck
from liveavatar_ops.schedule.dry_run import show
from liveavatar_ops.schedule.forecast import forecast
from tests.support.watching import NOON, config, target


def warned(*targets, **settings) -> list[str]:
    return list(forecast(config(**settings), list(targets), NOON).warnings)


@pytest.mark.parametrize(
    ("every_s", "mode", "sandbox", "checks", "credits_"),
    [(300.0, "LITE", False, 288, 288), (900.0, "FULL", False, 96, 192), (600.0, "LITE", True, 144, 0)],
)
def test_a_day_costs_what_its_checks_cost(every_s, mode, sandbox, checks, credits_):
    """LITE 1 credit a minute, FULL 2, sandbox none (LiveAvatar API facts §4)."""
    seen = forecast(config(), [target(every_s=every_s, mode=mode, sandbox=sandbox)], NOON)

    assert (len(seen.checks), seen.credits) == (checks, credits_)


def test_windows_and_the_long_check_are_in_the_forecast():
    """It is the real plan, run against a clock of its own."""
    window = [{"from": "13:00", "for": "12h"}]
    seen = forecast(config(maintenance=window), [target(every_s=600.0, long=LongCheck())], NOON)

    assert len(seen.checks) == 6 + 66
    assert [each.kind for each in seen.checks].count("long") == 2, "today's and tomorrow's"


def test_a_plan_beyond_the_budget_says_what_would_fit():
    """And when the day's credits would be used up."""
    seen = forecast(config(budget={"credits_a_day": 100}), [target(every_s=300.0)], NOON)

    assert seen.runs_out_at == pytest.approx(NOON + 99 * 300, abs=600)
    assert "about 288 credits a day, the budget is 100" in seen.warnings[0]
    assert "Every 15 min would fit" in seen.warnings[0]


def test_warnings_are_for_plans_that_need_them():
    """A plan that fits is not commented on."""
    roomy = {"budget": {"credits_a_day": 400}}

    assert warned(target(), **roomy) == []
    assert "There is no daily budget; about 288" in warned(target())[0]
    assert "can never be checked" in warned(target(), budget={"credits_a_day": 1})[0]
    assert "they will run late" in warned(*[target(n, 60.0, sandbox=True) for n in "abc"], **roomy)[0]


@pytest.mark.parametrize(
    ("credits_a_day", "said"),
    [
        (100, "it is used up at Sun 20:15"),
        (200, "it lasts until midnight, but not for a whole day."),
        (400, "it lasts."),
    ],
)
def test_the_budget_lasts_where_a_whole_day_fits(credits_a_day: float, said: str):
    """From noon to noon two days pay, 144 credits each; from midnight on one day pays for all 288."""
    plan, out = config(budget={"credits_a_day": credits_a_day}), io.StringIO()
    show(plan, [target()], forecast(plan, [target()], NOON), Console(file=out, width=120))

    assert f"Budget: {credits_a_day} credits a day; {said}" in out.getvalue()


def test_what_watches_nothing_is_soon_over():
    """`api` and `session` take seconds, so 30 s apart is kept beside a target that is watched each minute."""
    targets = [target("quick", 30.0, depth=Depth.SESSION), target("watched", 60.0)]
    seen = forecast(config(budget={"credits_a_day": 9999}), targets, NOON)

    assert (len(seen.of("quick")), len(seen.of("watched"))) == (2880, 1440)
    assert seen.warnings == ()


@pytest.mark.parametrize(
    ("depth", "takes_s", "costs", "at_most"),
    [
        (Depth.API, 4.0, 0, 0),
        (Depth.SESSION, 4.0, 1, 1),
        (Depth.VIDEO, 20.0, 1, 2),
        (Depth.CONVERSATION, 35.0, 1, 3),
    ],
)
def test_deeper_checks_take_longer_and_cost_more(depth: Depth, takes_s: float, costs: int, at_most: int):
    """What is set aside follows from all that a check may wait for, not from an ordinary day."""
    one = target(depth=depth)

    assert cost.takes_s(one, "regular") == takes_s
    assert (cost.expected(one, "regular"), cost.worst(one, "regular")) == (costs, at_most)


def test_the_dry_run_reads_well():
    """Every figure that a decision needs is on the screen."""
    settings = config(
        budget={"credits_a_day": 100}, time_zone="Europe/Berlin",
        maintenance=[{"from": "02:00", "for": "30m", "days": ["sun"]},
                     {"from": "2026-12-24T18:00", "to": "2026-12-27T08:00", "mode": "mute",
                      "targets": ["dev/front-desk"]}],
    )  # fmt: skip
    out = io.StringIO()
    targets = [target(long=LongCheck()), target("dev/free", sandbox=True)]
    show(settings, targets, forecast(settings, targets, NOON), Console(file=out, width=120))
    said = out.getvalue()

    for part in (
        "dev/front-desk", "sandbox", "288", "Sun 13:00:00  dev/front-desk, the day's long one",
        "Not checked: all targets, sun from 02:00 for 30 min (Europe/Berlin)",
        "Checked, nobody told: dev/front-desk, 2026-12-24 18:00 to 2026-12-27 08:00",
        "Budget: 100 credits a day; it is used up at Sun 21:05:00.", "Warning: The plan costs about",
        "Nothing was started.",
    ):  # fmt: skip
        assert part in said, said
