"""Real watcher processes in want: a disk without room, a day without credits."""

import resource
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import this_process
from pulumi_liveavatar.settings import DEFAULT_API_URL
from tests.host.test_watch import doubled, running
from tests.support.watch_world import fetch, wait_for, world
from tests.support.watching import rows


def room(process, most: int) -> None:
    """No file of this process grows beyond `most` bytes, as on a full disk; its memory's log is longer."""
    resource.prlimit(process.child.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits can be set on Linux only")
def test_a_result_waits_for_room_on_the_disk(tmp_path: Path):
    """As long as its lease holds: it was paid for, and nobody else may check meanwhile."""
    with world(tmp_path, templates=("a",), lease="60s") as made:
        word = made.checks_wait(verdict="degraded", cause="slow")
        one = made.watcher()
        [token] = wait_for(lambda: running(one, made), "a running check")
        room(one, 8192)
        word.touch()
        wait_for(lambda: one.saw("watcher.store_failed"), "the full disk in the log")
        time.sleep(2.5)
        said = len(one.saw("watcher.store_failed"))
        room(one, resource.RLIM_INFINITY)
        [ended] = wait_for(lambda: one.saw("check.ended"), "its result")
        made.wait_for_rounds(1)

        assert (ended["run"], ended["verdict"]) == (token, "degraded")
        assert said == 1, "once, not at every attempt"
        assert doubled(made.notes) == []
        assert one.end() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits can be set on Linux only")
def test_a_disk_that_stays_full_is_no_takeover(tmp_path: Path):
    """The result is said to be lost, and checking goes on when there is room."""
    with world(tmp_path, templates=("a",), lease="9s") as made:
        word = made.checks_wait()
        one = made.watcher()
        wait_for(lambda: running(one, made), "a running check")
        room(one, 8192)
        word.touch()  # it ends before its lease does, though that cannot be renewed any more
        wait_for(lambda: one.saw("check.not_written"), "the loss in the log")
        room(one, resource.RLIM_INFINITY)
        made.wait_for_rounds(2)

        assert one.saw("check.superseded") == []
        assert one.saw("watcher.store_works")
        assert doubled(made.notes) == []
        assert one.end() == 0


def where_it_is_noon() -> str:
    """A time zone whose day does not end during the test. In these names Etc/GMT-5 is five hours ahead."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def test_used_up_credits_are_a_line(tmp_path: Path):
    """Once, and nothing is checked from then on."""
    zone = where_it_is_noon()
    with world(tmp_path, templates=("a",), budget={"credits_a_day": 2}, time_zone=zone) as made:
        one = made.watcher()
        [told] = wait_for(lambda: one.saw("budget.used_up"), "the end of the budget")
        time.sleep(2.5)

        assert (told["limit"], told["time_zone"]) == (2.0, zone)
        assert len(one.saw("budget.used_up")) == 1
        assert made.ended("dev/a") == 1
        assert one.end() == 0


def test_a_check_that_is_killed_is_counted_at_its_dearest(tmp_path: Path):
    """Its session may bill on until the service ends it: 2 credits were set aside, it may cost 6."""
    budget = {"credits_a_day": 7}
    with world(tmp_path, templates=("a",), budget=budget, time_zone=where_it_is_noon()) as made:
        made.checks_are(killed_by=int(signal.SIGKILL))
        one = made.watcher()
        [told] = wait_for(lambda: one.saw("budget.used_up"), "the end of the budget")

        assert told["spent"] == 6.0
        assert rows(made.state / "watch.sqlite3", "SELECT stage, credits FROM runs") == [
            {"stage": "done", "credits": 6.0}
        ]
        assert one.end() == 0


def test_what_checks_by_hand_cost_counts_against_the_budget(tmp_path: Path):
    """The ledger tells: 2 of 3 are spent before the watcher begins, and a check may cost 2."""
    budget = {"credits_a_day": 3}
    with world(tmp_path, templates=("a",), budget=budget, time_zone=where_it_is_noon()) as made:
        ledger = Ledger(made.state / "ledger.sqlite3")
        mine = {"target": "desk", "api_url": DEFAULT_API_URL, "parent": this_process()}
        ledger.plan("by hand", **mine, deadline_at=time.time() + 300, rate=1.0)
        ledger.minted("by hand", "session-1")
        ledger.stopped("by hand", "stopped", credits_spent=2.0)
        one = made.watcher()
        [told] = wait_for(lambda: one.saw("budget.used_up"), "the end of the budget")
        metrics = fetch(one.url + "metrics")[2]

        assert (told["spent"], made.notes) == (2.0, [])
        assert b"watcher_spent_credits 2.0" in metrics
        assert one.end() == 0
