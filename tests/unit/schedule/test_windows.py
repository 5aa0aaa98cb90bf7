"""Maintenance windows and local days, also where clocks change."""

from datetime import UTC, datetime

import pytest

from liveavatar_ops.schedule.windows import (
    at,
    day_begin,
    day_of,
    last_pause_end,
    muted,
    next_day_begin,
    paused_until,
)
from tests.support.watching import config

BERLIN = "Europe/Berlin"


def moment(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def until(windows: list[dict], when: str, *, target: str = "a", zone: str = BERLIN) -> str | None:
    found = paused_until(config(maintenance=windows).maintenance, moment(when), target=target, zone=zone)
    return None if found is None else datetime.fromtimestamp(found, UTC).isoformat(timespec="minutes")


NIGHTLY = {"from": "02:00", "for": "30m"}
SUNDAYS = {"days": ["sun"], "from": "23:00", "for": "3h"}
HOLIDAYS = {"from": "2026-12-24T18:00", "to": "2026-12-27T08:00"}


@pytest.mark.parametrize(
    ("windows", "when", "ends"),
    [
        pytest.param([NIGHTLY], "2026-01-10T02:00+01:00", "2026-01-10T01:30+00:00", id="begin included"),
        pytest.param([NIGHTLY], "2026-01-10T02:30+01:00", None, id="end excluded"),
        pytest.param([NIGHTLY], "2026-07-10T02:10+02:00", "2026-07-10T00:30+00:00", id="summer time"),
        pytest.param([NIGHTLY], "2026-01-10T02:10+00:00", None, id="local, not UTC"),
        pytest.param([SUNDAYS], "2026-03-02T01:00+01:00", "2026-03-02T01:00+00:00", id="past midnight"),
        pytest.param([SUNDAYS], "2026-03-03T23:30+01:00", None, id="another day"),
        pytest.param([HOLIDAYS], "2026-12-25T12:00+01:00", "2026-12-27T07:00+00:00", id="one-off, local"),
        pytest.param([HOLIDAYS], "2026-12-27T08:00+01:00", None, id="over"),
        pytest.param(
            [NIGHTLY, {"from": "02:30", "for": "1h"}],
            "2026-01-10T02:10+01:00",
            "2026-01-10T02:30+00:00",
            id="windows that touch are one",
        ),
        pytest.param(
            [{**NIGHTLY, "time_zone": "UTC"}],
            "2026-01-10T02:10+00:00",
            "2026-01-10T02:30+00:00",
            id="own zone",
        ),
        pytest.param([{**NIGHTLY, "targets": ["b"]}], "2026-01-10T02:10+01:00", None, id="another target"),
        pytest.param([{**NIGHTLY, "mode": "mute"}], "2026-01-10T02:10+01:00", None, id="muting checks on"),
        pytest.param(
            [NIGHTLY], "2026-03-29T03:10+02:00", "2026-03-29T01:30+00:00", id="the hour that is skipped"
        ),
        pytest.param(
            [{"from": "00:00", "for": "25h"}],
            "2026-01-10T12:00+01:00",
            None,
            id="always, but a year is the end",
        ),
    ],
)
def test_a_pause_ends_when_it_should(windows, when, ends):
    """By the local clock of the window's zone."""
    if ends is None and windows[0].get("for") == "25h":
        assert until(windows, when) > "2026-12"
    else:
        assert until(windows, when) == ends


def test_muting_says_nothing_but_checks():
    """A mute window mutes; a pause does too."""
    windows = config(maintenance=[{**NIGHTLY, "mode": "mute"}]).maintenance

    assert muted(windows, moment("2026-01-10T02:10+01:00"), target="a", zone=BERLIN)
    assert not muted(windows, moment("2026-01-10T02:40+01:00"), target="a", zone=BERLIN)


def test_the_last_pause_is_known():
    """So that the time in it is not held against the watcher."""
    windows = config(maintenance=[NIGHTLY]).maintenance
    found = last_pause_end(windows, moment("2026-01-10T09:00+01:00"), target="a", zone=BERLIN)

    assert found == moment("2026-01-10T02:30+01:00")


@pytest.mark.parametrize(
    ("when", "hours"),
    [("2026-03-29T12:00+02:00", 23), ("2026-10-25T12:00+01:00", 25), ("2026-06-01T12:00+02:00", 24)],
)
def test_a_day_is_as_long_as_its_clock_says(when, hours):
    """The budget's day goes from midnight to midnight, also when clocks change."""
    begin, end = day_begin(moment(when), BERLIN), next_day_begin(moment(when), BERLIN)

    assert (end - begin) / 3600 == hours
    assert day_of(begin, BERLIN) == day_of(end - 1, BERLIN) != day_of(end, BERLIN)
    assert at(day_of(begin, BERLIN), 0, BERLIN) == begin
