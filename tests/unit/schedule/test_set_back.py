"""A clock that is set back by hours, as on a machine whose time server answers late."""

from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.elsewhere import Elsewhere
from liveavatar_ops.schedule.plan import Backoff
from liveavatar_ops.schedule.set_back import is_set_back
from tests.support.watching import (
    Clock,
    Machine,
    config,
    once,
    outcome,
    owner,
    rows,
    target,
    titles,
    watcher,
)

HOURS = 3600.0
NOTIFY = [{"kind": "webhook", "url_env": "A"}]


def looks(rounds: Any, clock: Clock, *, hours: float, verdict: str = "healthy") -> tuple[list[float], int]:
    """(when checks began, how often the set-back was noticed); a look every ten seconds."""
    begun, noticed, until = [], 0, clock.at + hours * HOURS
    while clock.at < until:
        turn = rounds.start_due()
        noticed += turn.set_back
        for run in turn.started:
            begun.append(clock.at)
            rounds.finish(run, outcome(verdict))
        rounds.look_for_blindness()
        clock.at += 10.0
    return begun, noticed


@pytest.mark.parametrize("anew", [True, False])
def test_checks_go_on_within_an_interval(file: Path, clock: Clock, anew: bool):
    """By the watcher that saw it, or by one that was started after it; it is said once."""
    rounds = watcher(file, clock, [target()], config())
    once(rounds, outcome("healthy"), clock=clock)
    clock.at -= 6 * HOURS
    back_at = clock.at
    if anew:
        rounds = watcher(file, clock, [target()], config(), pid=2)
    begun, noticed = looks(rounds, clock, hours=1.0)

    assert begun[0] <= back_at + 330.0 + 10.0
    assert len(begun) >= 10
    assert noticed == 1


def test_a_slewed_clock_is_not_one_that_was_set(file: Path, clock: Clock):
    """Half a second is what a time server takes back every now and then."""
    rounds = watcher(file, clock, [target()], config())
    turn = rounds.start_due()
    clock.at -= 0.5

    assert rounds.finish(turn.started[0], outcome("healthy"))
    assert not rounds.start_due().set_back


def test_the_account_is_not_left_alone_for_longer_than_ever(file: Path, clock: Clock):
    """A back-off of two minutes stays one of an hour at most."""
    rounds = watcher(file, clock, [target()], config())
    once(rounds, outcome("healthy"), clock=clock)
    with Database(file).writing() as db:
        store.keep_backoff(db, Backoff(streak=1, until=clock.at + 120.0))
    clock.at -= 6 * HOURS
    begun, _ = looks(rounds, clock, hours=2.0)

    assert begun


def test_blindness_counts_from_the_new_time(file: Path, clock: Clock):
    """The last good word is not younger than now; three intervals without another one are told."""
    rounds = watcher(file, clock, [target()], config(notify=NOTIFY))
    once(rounds, outcome("healthy"), clock=clock)
    clock.at -= 6 * HOURS
    looks(rounds, clock, hours=0.5, verdict="inconclusive")

    assert titles(file) == ["dev/front-desk is not seen: no check was conclusive"]


def test_the_lease_of_a_watcher_elsewhere_runs_out_by_the_new_time(file: Path, clock: Clock):
    """It cannot be seen from here, so only its lease tells that it is gone."""
    machine = Machine()
    gone = watcher(file, clock, [target()], config())
    gone.start_due()
    machine.hidden.add("here")
    clock.at -= 6 * HOURS
    begun, _ = looks(watcher(file, clock, [target()], config(), pid=2, machine=machine), clock, hours=0.25)

    assert begun
    assert rows(file, "SELECT stage FROM runs ORDER BY token")[0] == {"stage": "lost"}


def test_credits_spent_under_the_wrong_time_count_on_one_day_only(file: Path, clock: Clock):
    """On the day that it really is; the days until the wrong time comes have budgets of their own."""
    right = clock.at
    clock.at += 5 * 24 * HOURS
    rounds = watcher(file, clock, [target(every_s=HOURS)], config(budget={"credits_a_day": 2}))
    once(rounds, outcome("healthy"), outcome("healthy"), clock=clock)
    clock.at = right
    today, _ = looks(rounds, clock, hours=0.5)
    with Database(file).reading() as db:
        still_set_back = is_set_back(db, right)
    clock.at = right + 12 * HOURS
    tomorrow, _ = looks(rounds, clock, hours=0.5)

    assert (today, len(tomorrow)) == ([], 1)
    assert not still_set_back


def test_targets_of_every_watcher_are_brought_back(file: Path, clock: Clock):
    """The first to look has never heard of the other's."""
    one = watcher(file, clock, [target("a")], config())
    other = watcher(file, clock, [target("b")], config(), pid=2)
    for rounds in (one, other):
        once(rounds, outcome("healthy"), clock=clock)
    clock.at -= 6 * HOURS
    begun = [looks(rounds, clock, hours=0.25)[0] for rounds in (one, other)]

    assert all(begun)


def test_a_check_that_was_running_does_not_put_off_the_next_one(file: Path, clock: Clock):
    """It began at a moment of the old time, and ends after that was seen."""
    rounds = watcher(file, clock, [target()], config())
    [run] = rounds.start_due().started
    clock.at -= 6 * HOURS
    rounds.start_due()
    rounds.finish(run, outcome("healthy"))
    begun, _ = looks(rounds, clock, hours=0.25)

    assert begun


def test_our_own_checks_do_not_turn_into_others(tmp_path: Path, file: Path, clock: Clock):
    """The ledger of sessions knows them by the wrong time still."""
    right = clock.at
    clock.at += 5 * 24 * HOURS
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=clock)
    rounds = watcher(file, clock, [target()], config())
    [run] = rounds.start_due().started
    rounds.child_is(run, owner(60))
    ledger.plan("ours", target="desk", api_url="", parent=owner(60), deadline_at=clock.at + 300, rate=1.0)
    ledger.minted("ours", "session-1")
    ledger.starting("ours")
    clock.at = right
    rounds.start_due()
    seen = Elsewhere(ledger.path, Database(file), now=clock)
    today = seen.credits_since(right - 12 * HOURS)
    clock.at += 48 * HOURS

    assert (today, seen.credits_since(right + 36 * HOURS)) == (0, 0)
