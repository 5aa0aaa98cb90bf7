"""How often the account is asked for its open sessions."""

from pathlib import Path

import pytest

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.account import kept
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.plan import CUSTOMERS_S, Backoff
from tests.support.watching import NOON, Clock, config, outcome, target, watcher

LIMITED = {"account": {"concurrency": 2}}
LOOK_S, HOUR_S = 5.0, 3600.0


def asked_in_an_hour(file: Path, clock: Clock, *, foreign: int | None = 0, backoff: Backoff | None = None,
                     depth: Depth = Depth.VIDEO, **settings: object) -> int:  # fmt: skip
    """By a watcher of one target that looks every five seconds."""
    asked: list[float] = []

    def ask() -> int | None:
        asked.append(clock.at)
        return foreign

    one = target(every_s=300.0, depth=depth)
    rounds = watcher(
        file, clock, [one], config(**{**LIMITED, **settings}), foreign=kept(ask, CUSTOMERS_S, clock)
    )
    if backoff:
        with Database(file).writing() as db:
            store.keep_backoff(db, backoff)
    while clock.at < NOON + HOUR_S:
        for run in rounds.start_due().started:
            rounds.finish(run, outcome("healthy"))
        clock.at += LOOK_S
    return len(asked)


@pytest.mark.parametrize(
    "held",
    [
        {"backoff": Backoff(streak=5, until=NOON + 2 * HOUR_S, session=True)},
        {"maintenance": [{"from": "11:00", "for": "4h"}]},
        {"budget": {"credits_a_day": 0}},
        {"depth": Depth.API},
    ],
    ids=["quota", "maintenance", "budget", "depth api"],
)
def test_it_is_not_asked_where_the_answer_would_change_nothing(file: Path, clock: Clock, held):
    """An account that said no is left alone, and who may not check needs no place."""
    assert asked_in_an_hour(file, clock, **held) == 0


@pytest.mark.parametrize("foreign", [2, 5])
def test_it_is_asked_every_half_minute_while_customers_hold_it(file: Path, clock: Clock, foreign: int):
    """However often the watcher looks."""
    assert asked_in_an_hour(file, clock, foreign=foreign) == HOUR_S / CUSTOMERS_S


@pytest.mark.parametrize("foreign", [0, None])
def test_it_is_asked_once_for_each_check(file: Path, clock: Clock, foreign):
    """Also where it does not answer."""
    assert 10 <= asked_in_an_hour(file, clock, foreign=foreign) <= 14
