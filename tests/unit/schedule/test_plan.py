"""When a target is due, and why it may have to wait."""

from datetime import UTC, datetime

import pytest

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import cost
from liveavatar_ops.schedule.config import LongCheck, Quota
from liveavatar_ops.schedule.plan import (
    Account,
    Backoff,
    Go,
    Hold,
    Wait,
    backed_off,
    blind_at,
    by_urgency,
    decide,
    next_due,
)
from liveavatar_ops.schedule.states import State, TargetState
from tests.support.watching import NOON, config, dice, target

UP = TargetState(level=State.UP, recent=(State.UP,), told=State.UP)
DOUBTED = TargetState(level=State.UP, recent=(State.UP, State.DOWN), told=State.UP)
API = target(depth=Depth.API)
SANDBOX = target(sandbox=True)


def decided(what=None, state=UP, account=None, *, due=NOON, now=NOON, **settings):
    return decide(
        what or target(), state, due, now=now, account=account or Account(), config=config(**settings)
    )


@pytest.mark.parametrize(
    ("decision", "why", "until"),
    [
        pytest.param(decided(due=NOON + 7), Hold.NOT_DUE, NOON + 7, id="not due"),
        pytest.param(
            decided(maintenance=[{"from": "11:50", "for": "20m"}]), Hold.MAINTENANCE, NOON + 600, id="window"
        ),
        pytest.param(
            decided(account=Account(backoff=Backoff(streak=1, until=NOON + 9))),
            Hold.QUOTA, NOON + 9, id="quota",
        ),
        pytest.param(decided(account=Account(running=1)), Hold.TURN, NOON + 2, id="another check is running"),
        pytest.param(
            decided(account=Account(running=1, backoff=Backoff(streak=2, until=NOON - 1))),
            Hold.TURN, NOON + 2, id="after a refusal one goes ahead alone",
        ),
        pytest.param(
            decided(account=Account(spent=9.0), budget={"credits_a_day": 10}), Hold.BUDGET, NOON + 12 * 3600,
            id="what it may cost at worst does not fit",
        ),
    ],
)  # fmt: skip
def test_a_check_waits_for_a_named_reason(decision, why, until):
    """And until a named moment."""
    assert decision == Wait(until, why)


@pytest.mark.parametrize(
    ("concurrency", "keep_free", "foreign", "running", "goes"),
    [
        pytest.param(5, 2, 0, 0, True, id="room"),
        pytest.param(5, 2, 2, 0, True, id="just room"),
        pytest.param(5, 2, 3, 0, False, id="the rest is for customers"),
        pytest.param(5, 2, 2, 1, False, id="our own counts"),
        pytest.param(5, 0, 5, 0, False, id="full"),
        pytest.param(5, 2, None, 0, True, id="the API does not say: the check will tell why"),
    ],
)
def test_customers_come_first(concurrency, keep_free, foreign, running, goes):
    """At least `keep_free` sessions of the account stay free, whatever is due."""
    decision = decide(
        target(), UP, NOON, now=NOON, account=Account(running=running, foreign=foreign),
        config=config(account={"concurrency": concurrency, "keep_free": keep_free, "max_parallel": 3}),
    )  # fmt: skip

    assert isinstance(decision, Go) is goes
    assert goes or decision.why is Hold.CUSTOMERS


@pytest.mark.parametrize("what", [API, SANDBOX], ids=["depth api", "sandbox"])
def test_what_costs_nothing_needs_no_budget(what):
    """An empty purse does not blind the watcher where looking is free."""
    assert decided(what, account=Account(spent=50.0), budget={"credits_a_day": 10}) == Go("regular", 0.0)


def test_a_dry_budget_of_nothing_lets_nothing_start():
    """Zero means zero."""
    assert decided(budget={"credits_a_day": 0}).why is Hold.BUDGET


@pytest.mark.parametrize(
    ("mode", "depth", "kind", "expected", "worst"),
    [
        ("LITE", Depth.VIDEO, "regular", 1, 2),
        ("FULL", Depth.VIDEO, "regular", 2, 4),
        ("LITE", Depth.CONVERSATION, "regular", 1, 3),
        ("LITE", Depth.SESSION, "regular", 1, 1),
        ("LITE", Depth.API, "regular", 0, 0),
        ("LITE", Depth.VIDEO, "long", 3, 4),
        ("NEW", Depth.VIDEO, "regular", 2, 4),
    ],
)
def test_a_check_costs_begun_minutes(mode, depth, kind, expected, worst):
    """1 credit a minute in LITE, 2 in FULL, the dearest for what is not known."""
    what = target(mode=mode, depth=depth, long=LongCheck())

    assert (cost.expected(what, kind), cost.worst(what, kind)) == (expected, worst)
    assert cost.if_lost(what, kind) >= cost.worst(what, kind)


@pytest.mark.parametrize(
    ("state", "hour", "kind"),
    [
        pytest.param(UP, 3, "regular", id="not yet"),
        pytest.param(UP, 12, "long", id="due"),
        pytest.param(UP.model_copy(update={"last_long_day": "2026-03-01"}), 12, "regular", id="done today"),
        pytest.param(UP.model_copy(update={"last_long_day": "2026-02-28"}), 12, "long", id="done yesterday"),
        pytest.param(DOUBTED, 12, "confirm", id="a doubt is settled first"),
        pytest.param(UP.model_copy(update={"level": State.DOWN, "recent": (State.DOWN,)}), 12, "regular",
                     id="nothing to watch for long"),
    ],
)  # fmt: skip
def test_once_a_day_the_check_is_long(state, hour, kind):
    """From its time of day on, once, and only where there is a picture to watch."""
    now = datetime(2026, 3, 1, hour, tzinfo=UTC).timestamp()

    assert decided(target(long=LongCheck()), state, due=now, now=now) == Go(
        kind, 4.0 if kind == "long" else 2.0
    )


def test_a_long_check_that_is_too_dear_is_a_short_one():
    """Better a short look than none."""
    found = decided(target(long=LongCheck()), account=Account(spent=7.0), budget={"credits_a_day": 10})

    assert found == Go("regular", 2.0)


def test_intervals_are_jittered_within_bounds():
    """Many watchers that were started together do not stay together."""
    rng, settings = dice(7), config(jitter="10%")
    gaps = [
        next_due(target(), UP, started_at=0.0, ended_at=20.0, config=settings, rng=rng) for _ in range(500)
    ]

    assert 270 <= min(gaps) < 280
    assert 320 < max(gaps) <= 330


@pytest.mark.parametrize(
    ("state", "every_s", "ended", "due"),
    [
        pytest.param(UP, 300, 20, 300, id="from the start, so that it does not drift"),
        pytest.param(UP, 300, 400, 401, id="a check that took longer than the interval"),
        pytest.param(DOUBTED, 300, 20, 80, id="a minute after the doubt"),
        pytest.param(DOUBTED, 30, 20, 50, id="never later than the interval"),
    ],
)
def test_the_next_check(state, every_s, ended, due):
    """Regular from the last start, a confirmation from the last end."""
    found = next_due(
        target(every_s=every_s), state,
        started_at=0.0, ended_at=ended, config=config(jitter="0%"), rng=dice(0),
    )  # fmt: skip

    assert found == due


def test_backing_off_doubles_up_to_a_limit_and_does_as_it_is_told():
    """2, 4, 8 … minutes, an hour at most, and at least what Retry-After says."""
    rng, backoff, waits = dice(0), Backoff(), []
    for _ in range(8):
        backoff = backed_off(backoff, 0.0, session=True, quota=Quota(), retry_after_s=None, rng=rng)
        waits.append(backoff.until)
    told = backed_off(Backoff(), 0.0, session=True, quota=Quota(), retry_after_s=900.0, rng=rng)
    absurd = backed_off(Backoff(), 0.0, session=True, quota=Quota(), retry_after_s=1e9, rng=rng)

    assert all(
        base <= w <= base * 1.1
        for base, w in zip([120, 240, 480, 960, 1920, 3600, 3600, 3600], waits, strict=True)
    )
    assert 900 <= told.until <= 990
    assert absurd.until <= 3960


def test_what_may_be_failing_is_asked_first():
    """Then what has waited longest."""
    a, b, c = target("a"), target("b"), target("c")

    assert [t.name for t in by_urgency([(a, UP, 5.0), (b, DOUBTED, 9.0), (c, UP, 1.0)])] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("now_h", "state", "blind"),
    [
        pytest.param(0.2, UP, False, id="fresh"),
        pytest.param(0.5, UP, True, id="three intervals and a lease without a word"),
        pytest.param(
            0.5, UP.model_copy(update={"last_conclusive_at": NOON + 1500}), False, id="heard of lately"
        ),
        pytest.param(0.5, UP.model_copy(update={"blind": True}), False, id="said already"),
    ],
)
def test_a_watcher_that_sees_nothing_knows_it(now_h, state, blind):
    """After `blind_after` intervals without a conclusive result."""
    now = NOON + now_h * 3600
    found = blind_at(target(), state, watching_since=NOON, now=now, config=config())

    assert (found is not None and now >= found) is blind


def test_a_maintenance_window_is_not_blindness():
    """The time in it does not count."""
    settings = config(maintenance=[{"from": "12:00", "for": "2h"}])
    inside = blind_at(target(), UP, watching_since=NOON, now=NOON + 3600, config=settings)
    afterwards = blind_at(target(), UP, watching_since=NOON, now=NOON + 7300, config=settings)

    assert inside is None
    assert afterwards is not None
    assert afterwards > NOON + 7200 + 900
