"""An account that says no holds all checks back, until one gets as far as what was refused."""

import pytest

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.plan import Backoff
from tests.support.watching import (
    NOON,
    config,
    once,
    outcome,
    target,
    watcher,
)

REFUSED = outcome("inconclusive", cause="quota", credits=0.0, refused=True)
HEALTHY = outcome("healthy")
NO_SESSION = outcome("unhealthy", cause="vendor_api", refused=True)


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


@pytest.mark.parametrize(("refused", "streaks"), [(False, 0), (True, 1)])
def test_an_account_that_is_short_of_credits_holds_nobody_back_until_it_refuses(
    file, clock, refused: bool, streaks: int
):
    """Depth api reads the balance, and a plan with overage still opens sessions."""
    rounds = watcher(file, clock, [target("a", depth=Depth.API)], config())
    [run] = rounds.start_due().started
    clock.at += 1
    rounds.finish(run, outcome("inconclusive", cause="quota", credits=0.0, refused=refused))

    assert streak(file) == streaks
