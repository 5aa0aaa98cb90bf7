"""Decisions of one watcher and of two: leases, fencing, takeover, quota, messages."""

from pathlib import Path

import pytest

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import lease, store
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.plan import Backoff
from tests.support.watching import (
    NOON,
    Clock,
    Machine,
    config,
    messages,
    outcome,
    owner,
    rows,
    target,
    titles,
    watcher,
)

SLACK = {"kind": "slack", "url_env": "SLACK"}
REFUSED = outcome("inconclusive", cause="quota", credits=0.0)
HEALTHY = outcome("healthy")
NO_SESSION = outcome("unhealthy", cause="vendor_api", refused=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "watch.sqlite3"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def once(rounds, *results, clock, apart_s=60.0):
    """Check the only target with these results, each as soon as it is due."""
    for result in results:
        turn = rounds.start_due()
        while not turn.started:
            clock.at = max(turn.wake_at, clock.at + 0.1)
            turn = rounds.start_due()
        clock.at += 20.0
        assert rounds.finish(turn.started[0], result)


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


def test_a_living_watcher_has_a_moment_to_wake_up(file, clock):
    """After the machine slept all leases are over; who lives renews before anybody else is let in."""
    one = watcher(file, clock, [target()], config(), pid=1)
    two = watcher(file, clock, [target()], config(), pid=2)
    one.start_due()
    clock.at += 91.0
    asleep = two.start_due().started
    clock.at += 31.0

    assert asleep == []
    assert len(two.start_due().started) == 1


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
    clock.at += 200.0
    two.start_due()
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


def test_a_quota_refusal_holds_all_targets_back(file, clock):
    """And the first good word lets all of them go again."""
    targets = [target("a"), target("b")]
    rounds = watcher(file, clock, targets, config(account={"max_parallel": 2}, confirm={"every": "1m"}))
    first, second = rounds.start_due().started
    clock.at += 10
    rounds.finish(first, outcome("inconclusive", cause="quota", credits=0.0, retry_after_s=300.0))
    rounds.finish(second, outcome("inconclusive", cause="quota", credits=0.0))
    clock.at = NOON + 200
    held = rounds.start_due()
    clock.at = held.wake_at + 3600
    alone = rounds.start_due().started
    clock.at += 10
    rounds.finish(alone[0], outcome("healthy"))
    clock.at += 10

    assert held.started == []
    assert held.wake_at >= NOON + 240
    assert len(alone) == 1
    assert len(rounds.start_due().started) == 1


def streak(file):
    """How often in a row the account said no."""
    with Database(file).reading() as db:
        return store.backoff(db).streak


def check(file, clock, depth, result):
    """One check of a target of this depth."""
    once(watcher(file, clock, [target(depth, depth=Depth(depth))], config()), result, clock=clock)


@pytest.mark.parametrize("verdict", ["healthy", "degraded", "unhealthy"])
def test_a_check_that_had_its_session_ends_the_back_off(file, clock, verdict):
    """Whatever it saw there: the next refusal begins at two minutes again, and nobody goes alone."""
    rounds = watcher(file, clock, [target()], config())
    once(rounds, REFUSED, REFUSED, clock=clock)
    refused = streak(file)
    once(rounds, outcome(verdict), clock=clock)

    assert (refused, streak(file)) == (2, 0)


@pytest.mark.parametrize(
    ("refused", "then", "ends"),
    [
        pytest.param(["api"], ("api", HEALTHY), True, id="api, and nothing goes deeper"),
        pytest.param(["api"], ("api", NO_SESSION), True, id="api: answered, if not well"),
        pytest.param(["api"], ("video", HEALTHY), True, id="deeper than what was refused"),
        pytest.param(["api"], ("api", outcome("inconclusive")), False, id="it says nothing"),
        pytest.param(["video"], ("api", HEALTHY), False, id="4003 and 4033 are met at a session's start"),
        pytest.param(["video"], ("session", HEALTHY), True, id="a session was had"),
        pytest.param(["video"], ("video", NO_SESSION), False, id="conclusive, but it had no session"),
        pytest.param(["video", "api"], ("api", HEALTHY), False, id="the deepest of the row counts"),
    ],
)
def test_the_back_off_ends_with_a_check_that_gets_as_far_as_what_was_refused(
    file, clock, refused, then, ends
):
    """Where no check opens a session one that opens none is proof; elsewhere it is not."""
    for depth in refused:
        check(file, clock, depth, REFUSED)
    check(file, clock, *then)

    assert streak(file) == (0 if ends else len(refused))


def test_a_back_off_of_an_earlier_version_ends_with_any_conclusive_check(file, clock):
    """It did not write down what was refused, and may not stay for ever."""
    check(file, clock, "api", outcome("inconclusive"))
    with Database(file).writing() as db:
        db.execute(
            "UPDATE account SET backoff = ?", (Backoff(streak=3).model_dump_json(exclude={"session"}),)
        )
    check(file, clock, "api", HEALTHY)

    assert streak(file) == 0


def test_the_log_hears_of_every_change_of_state(file, clock):
    """Once, when it is decided: not of a first failure, and not of the second one after it."""
    heard: list[tuple[str, ...]] = []
    rounds = watcher(
        file, clock, [target()], config(), on_change=lambda *told: heard.append(tuple(map(str, told)))
    )
    once(rounds, *[outcome("healthy")] * 3, *[outcome("unhealthy")] * 4, clock=clock)

    assert heard == [("dev/front-desk", "unknown", "up"), ("dev/front-desk", "up", "down")]


def test_people_hear_of_changes_only(file, clock):
    """Ten healthy checks say nothing; an outage says two things."""
    rounds = watcher(file, clock, [target()], config(notify=[SLACK]))
    good, bad = outcome("healthy"), outcome("unhealthy", headline="The picture stood for 12 s.")
    once(rounds, *[good] * 10, bad, good, *[bad] * 5, *[good] * 5, clock=clock)
    down, up = messages(file)

    assert down["title"] == "dev/front-desk is down"
    assert (down["sentence"], down["cause"]) == ("The picture stood for 12 s.", "frozen")
    assert up["title"].startswith("dev/front-desk is up again after ")


def test_a_window_keeps_the_news_until_it_is_over(file, clock):
    """Muted: checked, not told; what still holds afterwards is told then."""
    window = {"from": "12:00", "for": "2h", "mode": "mute"}
    rounds = watcher(file, clock, [target()], config(notify=[SLACK], maintenance=[window]))
    once(rounds, *[outcome("unhealthy")] * 4, clock=clock)
    inside = titles(file)
    clock.at = NOON + 7201
    once(rounds, outcome("unhealthy"), clock=clock)

    assert inside == []
    assert titles(file) == ["dev/front-desk is down"]


def test_channels_hear_of_their_targets_only(file, clock):
    """A channel without targets hears of all."""
    channels = [{**SLACK, "targets": ["b"]}, {"kind": "webhook", "url_env": "ALL"}]
    rounds = watcher(file, clock, [target("a")], config(notify=channels))
    once(rounds, *[outcome("unhealthy")] * 3, clock=clock)

    assert [r["channel"] for r in rows(file, "SELECT channel FROM outbox")] == ["webhook:ALL"]


def test_a_watcher_that_sees_nothing_says_so_once(file, clock):
    """Inconclusive for three intervals: not an outage, but not silence either; the next good word ends it."""
    rounds = watcher(file, clock, [target()], config(notify=[SLACK]))
    unseen = outcome("inconclusive", report="/e/report.html")
    once(rounds, outcome("healthy"), *[unseen] * 6, clock=clock)
    for _ in range(3):
        rounds.look_for_blindness()
    once(rounds, outcome("healthy"), clock=clock)

    [blind, _] = messages(file)
    assert (blind["run"], blind["report"]) == (7, "/e/report.html"), "what the last check said stands there"
    assert [t.split(" after")[0] for t in titles(file)] == [
        "dev/front-desk is not seen: no check was conclusive",
        "dev/front-desk is up again",
    ]


def test_the_end_of_the_budget_is_told_once_a_day(file, clock):
    """From then on nobody looks, and somebody should know."""
    rounds = watcher(file, clock, [target()], config(notify=[SLACK], budget={"credits_a_day": 3}))
    once(rounds, outcome("healthy"), outcome("healthy"), clock=clock)
    clock.at += 400
    for _ in range(3):
        rounds.start_due()
        clock.at += 10
    today = titles(file)
    clock.at += 86400
    once(rounds, outcome("healthy"), outcome("healthy"), clock=clock)
    clock.at += 400
    rounds.start_due()

    assert today == ["The watcher's credits for today are used up"]
    assert len(titles(file)) == 2


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
