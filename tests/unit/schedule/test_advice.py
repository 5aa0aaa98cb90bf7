"""What a dry run advises holds when it is followed, and what it shows is what will be."""

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule.dry_run import show
from liveavatar_ops.schedule.forecast import WRITTEN_S, forecast
from liveavatar_ops.schedule.quantities import spoken
from liveavatar_ops.schedule.targets import WatchTarget
from liveavatar_ops.schedule.windows import always_paused
from tests.support.watching import NOON, config, target

MIDNIGHT = NOON + 12 * 3600
ALL_DAY = {"from": "00:00", "for": "24h"}


def advised(targets: list[WatchTarget], limit: float, now: float = NOON, **settings: object) -> str | None:
    """The interval that the warnings name."""
    said = forecast(config(budget={"credits_a_day": limit}, **settings), targets, now).warnings
    found = re.search(r"Every (.+?) would fit", " ".join(said))
    return found.group(1) if found else None


def shown(targets: list[WatchTarget], width: int = 200, *, terminal: bool = False, **settings: Any) -> str:
    out, plan = io.StringIO(), config(**settings)
    show(
        plan,
        targets,
        forecast(plan, targets, NOON),
        Console(file=out, width=width, force_terminal=terminal, color_system=None),
    )
    return out.getvalue()


def paid(every_s: float, name: str = "paid", **values: object) -> WatchTarget:
    return target(name, every_s, **values)


def free(every_s: float) -> WatchTarget:
    return target("free", every_s, sandbox=True)


PLANS = [
    pytest.param([paid(10.0), free(10.0)], 2, "24 h", id="12 h leaves nothing to set aside for the second"),
    pytest.param([paid(300.0), free(6 * 3600.0)], 144, "12 min", id="a slow one that is free has no say"),
    pytest.param([paid(300.0)], 145, "10 min", id="the last check of the day is paid for, too"),
    pytest.param([paid(300.0)], 100, "15 min", id="14.4 minutes, rounded up"),
    pytest.param([paid(60.0), paid(60.0, "full", mode="FULL")], 60, "1 h 30 min", id="two prices"),
]


@pytest.mark.parametrize("now", [NOON, MIDNIGHT])
@pytest.mark.parametrize(("targets", "limit", "every"), PLANS)
def test_the_interval_that_would_fit_does(targets: list[WatchTarget], limit: float, every: str, now: float):
    """Whoever follows the advice is not warned again, at whatever time of day the next dry run is made."""
    said = advised(targets, limit, now)
    seconds = next(each for each in WRITTEN_S if spoken(each) == said)
    followed = [t if t.sandbox else replace(t, every_s=seconds) for t in targets]
    budget = config(budget={"credits_a_day": limit}, account={"max_parallel": 100})

    assert said == every
    for again in (NOON, MIDNIGHT):
        seen = forecast(budget, followed, again)
        assert seen.warnings == ()
        assert seen.credits <= limit


def test_free_targets_are_not_told_to_slow_down():
    """The advice says whom it is for, where not all are meant."""
    said = forecast(config(budget={"credits_a_day": 100}), [paid(300.0), free(300.0)], NOON).warnings

    assert "Every 15 min would fit for what costs credits, or a sandbox template" in said[0]


def test_a_window_of_some_days_makes_no_interval_shorter():
    """8 minutes would fit on Sunday and Monday, and not on Tuesday."""
    half_days = [{"days": ["sun", "mon"], "from": "00:00", "for": "12h"}]

    assert advised([paid(300.0)], 100, maintenance=half_days) == "15 min"


def test_where_no_interval_helps_none_is_named():
    """Nothing but the reason at a budget of nothing, and for a check that is dearer than the budget."""
    nothing = forecast(config(budget={"credits_a_day": 0}), [paid(300.0), free(300.0)], NOON).warnings
    dear = [paid(300.0), paid(300.0, "dear", mode="FULL")]
    one_dear = forecast(config(budget={"credits_a_day": 3}), dear, NOON).warnings

    assert [each.split(":")[0] for each in nothing] == ["paid can never be checked"]
    assert one_dear[0].startswith("dear can never be checked")
    assert "not watched. What would fit is a sandbox template, or a larger budget." in one_dear[1]
    assert advised([paid(60.0, name) for name in "abc"], 2.5) is None, "three a day are too many already"


@pytest.mark.parametrize(
    ("zone", "begins", "ends", "said"),
    [
        ("America/New_York", "2026-11-24T00:00:00Z", "2026-11-24T23:00:00Z",
         "2026-11-23 19:00 to 2026-11-24 18:00 (America/New_York)"),
        ("Europe/Berlin", "2026-07-01T12:00-04:00", "2026-07-01T13:00-04:00",
         "2026-07-01 18:00 to 2026-07-01 19:00 (Europe/Berlin)"),
        ("Europe/Berlin", "2026-07-01T12:00", "2026-07-01T13:00",
         "2026-07-01 12:00 to 2026-07-01 13:00 (Europe/Berlin)"),
    ],
)  # fmt: skip
def test_a_window_is_shown_in_the_zone_that_is_named_beside_it(zone: str, begins: str, ends: str, said: str):
    """However its moments were written; those without an offset are in the zone already."""
    window = {"from": begins, "to": ends, "time_zone": zone}

    assert said in shown([target()], maintenance=[window])


NAMES = ("demo/front-desk", "production/concierge-of-the-night[1]")


def named() -> list[WatchTarget]:
    return [paid(5400.0, name, depth=Depth.CONVERSATION) for name in NAMES]


def table(**settings: Any) -> list[str]:
    return shown(named(), **settings).split("\n\n")[0].splitlines()


def test_eighty_columns_cut_no_name_and_no_figure():
    """What is too long goes on in the next line."""
    lines = table(width=80, terminal=True)
    names = "".join(line[:19].strip() for line in lines)

    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    assert all(name in names for name in NAMES)
    assert sum("conversation" in line and "1, at most 3" in line for line in lines) == 2


def test_a_pipe_gets_each_name_in_one_line():
    """So that it can be searched for."""
    lines = table(width=80)

    assert all(any(line.startswith(name) for line in lines) for name in NAMES)


@pytest.mark.parametrize(
    ("windows", "zone", "always"),
    [
        pytest.param([ALL_DAY], "UTC", True, id="a day long, each day"),
        pytest.param([ALL_DAY], "Europe/Berlin", True, id="also where a day may have 25 hours"),
        pytest.param([{"from": "08:00", "for": "12h"}, {"from": "20:00", "for": "12h"}], "UTC", True,
                     id="two that meet"),
        pytest.param([{"days": ["mon"], "from": "00:00", "for": "7d"}], "UTC", True, id="a week, each week"),
        pytest.param([{"days": ["mon"], "from": "00:00", "for": "6d"}], "UTC", False, id="six of seven days"),
        pytest.param([{"from": "00:00", "for": "23h"}], "UTC", False, id="an hour is left"),
        pytest.param([{**ALL_DAY, "mode": "mute"}], "UTC", False, id="muted is checked"),
        pytest.param([{**ALL_DAY, "targets": ["b"]}], "UTC", False, id="another target"),
        pytest.param([{"from": "2026-01-01T00:00", "to": "2028-01-01T00:00"}], "UTC", False, id="ends once"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("days_on", [0, 27, 237])  # 28 March and 24 October: just before the clocks change
def test_windows_without_a_gap_are_known(windows: list[dict], zone: str, always: bool, days_on: int):
    """In every week of the year."""
    maintenance = config(maintenance=windows).maintenance

    assert always_paused(maintenance, NOON + days_on * 86400, target="a", zone=zone) is always


def test_a_plan_that_never_checks_anything_is_warned_of():
    """An empty list of checks says nothing by itself."""
    all_of_them = shown([target("a"), target("b")], maintenance=[ALL_DAY])
    one_of_them = shown([target("a"), target("b")], maintenance=[{**ALL_DAY, "targets": ["b"]}])

    assert (
        "Warning: Nothing is ever checked: the maintenance windows leave no time between them." in all_of_them
    )
    assert "none in the next 24 hours" in all_of_them
    assert "Warning: b: never checked: the maintenance windows leave no time between them." in one_of_them
    assert "none in the next 24 hours" not in one_of_them
