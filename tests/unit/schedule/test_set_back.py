"""A clock that is set back by hours, as on a machine whose time server answers late."""

from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.plan import Backoff
from tests.support.watching import Clock, Machine, config, once, outcome, rows, target, titles, watcher

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
