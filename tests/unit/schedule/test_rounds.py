"""Decisions of one watcher and of two: leases, fencing, takeover."""

import pytest

from liveavatar_ops.schedule import lease, store
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.keeper import TIMES_A_TTL
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.pace import Pace
from liveavatar_ops.schedule.rounds import Turn
from tests.support.watching import (
    Machine,
    config,
    once,
    outcome,
    owner,
    rows,
    target,
    watcher,
)


def looked_for(rounds, clock, seconds):
    """The turn of a watcher that started something within this time; the last one if none did."""
    until, turn = clock.at + seconds, Turn()
    while clock.at < until and not turn.started:
        clock.at += Pace().look_s
        turn = rounds.start_due()
    return turn


def test_a_due_target_is_started_by_one_of_two(file, clock):
    """The second watcher sees the lease and leaves it."""
    one = watcher(file, clock, [target()], config(), pid=1)
    two = watcher(file, clock, [target()], config(), pid=2)

    assert len(one.start_due().started) == 1
    assert two.start_due().started == []


def test_a_dead_watcher_is_replaced_at_once(file, clock):
    """Its process is seen to be gone, so nobody waits for the lease to run out."""
    machine = Machine()
    one = watcher(file, clock, [target()], config(), pid=1, machine=machine)
    two = watcher(file, clock, [target()], config(), pid=2, machine=machine)
    lost = one.start_due().started[0]
    machine.dead.add(1)
    turn = two.start_due()

    assert turn.replaced == [lost.token]
    assert [run.token for run in turn.started] == [lost.token + 1]


def test_a_watcher_out_of_sight_is_replaced_when_its_lease_runs_out(file, clock):
    """Another container's process cannot be seen; its lease can."""
    machine = Machine()
    one = watcher(file, clock, [target()], config(), pid=1, machine=machine)
    two = watcher(file, clock, [target()], config(), pid=2, machine=machine)
    one.start_due()
    machine.hidden.add("here")
    clock.at += 89.0
    early = two.start_due().started
    clock.at += 2.0

    assert early == []
    assert len(two.start_due().started) == 1


def test_a_living_watcher_that_is_late_has_a_moment(file, clock):
    """Who lives may renew before anybody else is let in."""
    one = watcher(file, clock, [target()], config(), pid=1)
    two = watcher(file, clock, [target()], config(), pid=2)
    one.start_due()
    clock.at += 91.0
    late = two.start_due().started

    assert late == []
    assert len(looked_for(two, clock, 31.0).started) == 1


@pytest.mark.parametrize("asleep_s", [45.0, 300.0, 86400.0])
def test_a_machine_that_slept_replaces_nobody_as_it_wakes(file, clock, asleep_s):
    """All leases are over, also our own; the living renew theirs before anybody is judged."""
    settings, database = config(), Database(file)
    one = watcher(file, clock, [target()], settings, pid=1)
    two = watcher(file, clock, [target()], settings, pid=2)
    run = one.start_due().started[0]
    one.child_is(run, owner(77))
    two.start_due()
    clock.at += asleep_s
    woken = [rounds.start_due() for rounds in (one, two)]
    clock.at += settings.lease / TIMES_A_TTL
    woken += [rounds.start_due() for rounds in (two, one)]
    with database.writing() as db:
        renewed = Leases(owner(1), ttl_s=settings.lease).renew(db, run.target.name, run.token, clock.at)

    assert [(turn.started, turn.orphans, turn.replaced) for turn in woken] == [([], [], [])] * 4
    assert renewed
    assert one.finish(run, outcome())


def test_a_watcher_that_hangs_is_replaced_also_after_a_sleep(file, clock):
    """It lives and renews nothing: the others wait a moment longer, and no more than that."""
    one = watcher(file, clock, [target()], config(), pid=1)
    two = watcher(file, clock, [target()], config(), pid=2)
    one.start_due()
    two.start_due()
    clock.at += 3600.0
    two.start_due()

    assert len(looked_for(two, clock, 60.0).started) == 1


def test_an_orphaned_check_is_ended_before_the_next_one(file, clock):
    """The watcher is dead, its check is not: two checks at once are not to be."""
    machine = Machine()
    one = watcher(file, clock, [target()], config(), pid=1, machine=machine)
    two = watcher(file, clock, [target()], config(), pid=2, machine=machine)
    run = one.start_due().started[0]
    one.child_is(run, owner(77))
    machine.dead.add(1)
    with_orphan = two.start_due()
    machine.dead.add(77)
    afterwards = two.start_due()

    assert [each.child.pid for each in with_orphan.orphans] == [77]
    assert with_orphan.started == []
    assert len(afterwards.started) == 1


def test_a_result_that_comes_too_late_does_not_count(file, clock):
    """Fencing: a watcher that was replaced while it slept may not overwrite what its successor found."""
    one = watcher(file, clock, [target()], config(), pid=1)
    two = watcher(file, clock, [target()], config(), pid=2)
    slow = one.start_due().started[0]
    clock.at += 130.0
    fast = two.start_due().started[0]
    counted = two.finish(fast, outcome("healthy"))
    late = one.finish(slow, outcome("unhealthy"))

    assert (counted, late) == (True, False)
    assert [r["verdict"] for r in rows(file, "SELECT verdict FROM runs ORDER BY token")] == [None, "healthy"]
    assert one.child_is(slow, owner(5)) is False


def test_a_late_result_does_not_free_its_successors_lease(file, clock):
    """Or a third watcher would check beside the second."""
    one, two, three = (watcher(file, clock, [target()], config(), pid=pid) for pid in (1, 2, 3))
    slow = one.start_due().started[0]
    clock.at += 130.0
    fast = two.start_due().started[0]
    late = one.finish(slow, outcome("healthy")), one.interrupted(slow, None)

    assert late == (False, False)
    assert three.start_due().started == []
    assert two.finish(fast, outcome("healthy"))


def test_a_renewed_lease_is_held(file, clock):
    """And one that is not ours any more cannot be renewed."""
    settings, database = config(), Database(file)
    one = watcher(file, clock, [target()], settings, pid=1)
    two = watcher(file, clock, [target()], settings, pid=2)
    run = one.start_due().started[0]
    leases = Leases(owner(1), ttl_s=90.0, alive=Machine())
    for _ in range(5):
        clock.at += 80.0
        with database.writing() as db:
            assert leases.renew(db, run.target.name, run.token, clock.at)
        assert two.start_due().started == []
    looked_for(two, clock, 200.0)
    with database.writing() as db:
        assert not leases.renew(db, run.target.name, run.token, clock.at)


def test_tokens_only_grow(file, clock):
    """Over watchers, targets and restarts."""
    machine, seen = Machine(), []
    for pid in range(1, 6):
        rounds = watcher(file, clock, [target("a"), target("b")], config(account={"max_parallel": 2}),
                         pid=pid, machine=machine)  # fmt: skip
        seen += [run.token for run in rounds.start_due().started]
        machine.dead.add(pid)

    assert seen == sorted(set(seen))
    assert len(seen) == 10


def test_a_check_that_we_ended_is_due_at_once_for_whoever_comes(file, clock):
    """SIGTERM loses no interval and changes no state."""
    one = watcher(file, clock, [target()], config(), pid=1)
    run = one.start_due().started[0]
    clock.at += 5.0
    one.interrupted(run, None)
    two = watcher(file, clock, [target()], config(), pid=2)

    assert len(two.start_due().started) == 1
    assert rows(file, "SELECT stage, credits FROM runs WHERE token = 1") == [
        {"stage": "stopped", "credits": 2.0}
    ]


def test_a_check_that_we_ended_is_due_at_once_even_if_the_clock_was_set_back(file, clock):
    """Its moment lies an hour ahead then, and nobody is to wait for it."""
    one = watcher(file, clock, [target()], config(), pid=1)
    run = one.start_due().started[0]
    clock.at -= 3600.0
    one.interrupted(run, None)
    two = watcher(file, clock, [target()], config(), pid=2)

    assert len(two.start_due().started) == 1


def test_a_lost_check_is_counted_at_its_dearest(file, clock):
    """Nobody knows whether its session was stopped: it may have run until the service reaped it."""
    machine = Machine()
    one = watcher(file, clock, [target()], config(), pid=1, machine=machine)
    one.start_due()
    machine.dead.add(1)
    watcher(file, clock, [target()], config(), pid=2, machine=machine).start_due()

    assert rows(file, "SELECT stage, credits FROM runs WHERE token = 1") == [
        {"stage": "lost", "credits": 6.0}
    ]


@pytest.mark.parametrize(("cut_off", "credits_"), [(True, 6.0), (False, 2.0)])
@pytest.mark.parametrize("stopped", [True, False])
def test_a_check_that_died_without_a_result_is_counted_like_a_lost_one(
    file, clock, *, cut_off: bool, credits_: float, stopped: bool
):
    """Whoever killed it; one that ended in order cost no more than was set aside."""
    one = watcher(file, clock, [target()], config())
    run = one.start_due().started[0]
    end = one.interrupted if stopped else one.finish
    end(run, outcome("inconclusive", credits=None, cut_off=cut_off))

    assert rows(file, "SELECT credits FROM runs") == [{"credits": credits_}]
    with Database(file).reading() as db:
        total = store.known(db, target().name).state.credits_total
    assert total == (0.0 if stopped else credits_)


def test_leases_of_targets_that_nobody_watches_any_more_are_freed(file, clock):
    """Or a dead watcher with another configuration would take a place for ever."""
    machine = Machine()
    watcher(file, clock, [target("old")], config(), pid=1, machine=machine).start_due()
    machine.dead.add(1)
    two = watcher(file, clock, [target("new")], config(), pid=2, machine=machine)

    assert [run.target.name for run in two.start_due().started] == ["new"]
    with Database(file).reading() as db:
        assert [each.name for each in lease.every(db)] == ["new"]


def test_the_places_are_shared_by_all_watchers(file, clock):
    """max_parallel is the account's, not the process's."""
    targets, settings = [target(n) for n in "abcd"], config(account={"max_parallel": 3})
    one = watcher(file, clock, targets[:2], settings, pid=1)
    two = watcher(file, clock, targets[2:], settings, pid=2)

    assert len(one.start_due().started) + len(two.start_due().started) == 3


def test_credits_of_checks_by_hand_count_against_the_budget(file, clock):
    """The budget is the day's, whoever spends."""
    rounds = watcher(file, clock, [target()], config(budget={"credits_a_day": 10}), elsewhere=lambda _: 9.0)

    assert rounds.start_due().started == []


def test_a_shorter_interval_counts_at_once(file, clock):
    """Whoever changes 6h to 5m does not wait six hours to see it."""
    rounds = watcher(file, clock, [target(every_s=21600.0)], config())
    once(rounds, outcome("healthy"), clock=clock)
    watcher(file, clock, [target(every_s=300.0)], config(), pid=2)

    assert rows(file, "SELECT due FROM targets")[0]["due"] <= clock.at + 330
