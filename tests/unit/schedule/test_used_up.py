"""The line in the log when the day's credits are used up."""

import io
import json
from pathlib import Path

import pytest

from liveavatar_ops.schedule.log import Log
from tests.support.watching import Clock, config, outcome, target, watcher

ZONE = "Europe/Berlin"


def spent(path: Path, clock: Clock, *, watchers: int = 1, days: int = 1, **budget: float) -> list[tuple]:
    """What is heard of a budget by watchers on one file that look now and then, for so many days."""
    heard: list[tuple] = []
    settings = config(time_zone=ZONE, budget=budget or {"credits_a_day": 2})
    rounds = [
        watcher(path, clock, [target()], settings, pid=pid, on_used_up=lambda *told: heard.append(told))
        for pid in range(1, watchers + 1)
    ]
    for _ in range(days * 24 * 4):
        clock.at += 900.0
        for each in rounds:
            for run in each.start_due().started:
                each.finish(run, outcome("healthy", credits=2.0))
    return heard


@pytest.mark.parametrize("watchers", [1, 2])
def test_the_end_of_the_budget_is_logged_once_a_day(tmp_path: Path, watchers: int):
    """By whoever finds it first, with when it goes on: the next midnight of the time zone."""
    clock = Clock()
    heard = spent(tmp_path / "w.sqlite3", clock, watchers=watchers, days=2)
    midnight = 1_772_406_000.0  # 2026-03-02 00:00 in Berlin

    assert heard == [(2.0, midnight), (2.0, midnight + 86400.0), (2.0, midnight + 2 * 86400.0)]


def test_two_watchers_that_look_at_once_log_it_once(tmp_path: Path, monkeypatch):
    """The other one tells it after ours saw that nobody had."""
    clock, heard, settings = Clock(), [], config(budget={"credits_a_day": 1})
    one, two = (
        watcher(
            tmp_path / "w.sqlite3",
            clock,
            [target()],
            settings,
            pid=pid,
            on_used_up=lambda *_, n=pid: heard.append(n),
        )
        for pid in (1, 2)
    )
    decide = one._decision

    def meanwhile(*given):
        two.start_due()
        return decide(*given)

    monkeypatch.setattr(one, "_decision", meanwhile)
    one.start_due()

    assert heard == [2]


def test_a_budget_that_lasts_is_no_line(tmp_path: Path):
    """Nor one that there is not."""
    assert spent(tmp_path / "w.sqlite3", Clock(), credits_a_day=1000) == []


def test_the_line_says_how_much_and_until_when():
    """In the words of the status page; a machine reads the moment with its offset."""
    people, machines = io.StringIO(), io.StringIO()
    for log in (Log(people), Log(machines, as_json=True)):
        log.used_up(2.0, 1_772_406_000.0, 2.0, ZONE)

    assert people.getvalue()[10:] == (
        "Today's credits are used up: 2 of 2. Checks that cost credits go on at 00:00 (Europe/Berlin).\n"
    )
    told = json.loads(machines.getvalue())
    assert (told["event"], told["until"]) == ("budget.used_up", "2026-03-02T00:00+01:00")
    assert (told["spent"], told["limit"]) == (2.0, 2.0)
