"""The janitor: what a dead check left open is stopped, whoever is alive is left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from liveavatar_ops.health.janitor import SURELY_OVER_AFTER_S, sweep
from liveavatar_ops.health.ledger import Ledger, State
from liveavatar_ops.health.owner import Liveness, Owner, this_process
from pulumi_liveavatar.api.errors import BadCredentials
from tests.support.health_stopping import API, Api, Clock, begin


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3", now=clock.now)


def everybody_is(answer: Liveness) -> Callable[[Owner], Liveness]:
    return lambda _: answer


@pytest.mark.parametrize("state", [State.minted, State.starting, State.started])
def test_a_session_of_a_dead_check_is_stopped_whatever_step_it_died_at(
    ledger: Ledger, clock: Clock, state: State
):
    """From the moment a session id is known, nothing that may be open stays open."""
    begin(ledger, state)
    api = Api()

    swept = sweep(
        ledger, api.stop, api_url=API, alive=everybody_is(Liveness.dead), now=clock.now, sleep=clock.sleep
    )

    assert not api.open
    assert ledger.open_rows() == []
    assert len(swept.closed) == 1
    assert not swept.failed


def test_a_row_without_a_session_id_is_closed_without_a_call(ledger: Ledger, clock: Clock):
    """A token alone bills nothing and cannot be stopped by anybody."""
    begin(ledger, State.planned)
    api = Api()

    sweep(ledger, api.stop, api_url=API, alive=everybody_is(Liveness.dead), now=clock.now, sleep=clock.sleep)

    row = ledger.get("check-1")
    assert api.asked == []
    assert row is not None
    assert row.state is State.void


@pytest.mark.parametrize("answer", [Liveness.alive, Liveness.out_of_sight])
def test_a_check_that_may_be_running_is_left_alone(ledger: Ledger, clock: Clock, answer: Liveness):
    """Stopping a session under a running check would look like an outage."""
    begin(ledger, State.started)
    api = Api()

    swept = sweep(ledger, api.stop, api_url=API, alive=everybody_is(answer), now=clock.now, sleep=clock.sleep)

    assert api.asked == []
    assert len(swept.left_alone) == 1
    assert len(ledger.open_rows()) == 1


def test_past_its_deadline_nobody_is_spared(ledger: Ledger, clock: Clock):
    """A check that hangs, or one on a machine that is gone, does not keep a session open for ever."""
    begin(ledger, State.started)
    clock.at = 5001.0
    api = Api()

    sweep(ledger, api.stop, api_url=API, alive=everybody_is(Liveness.alive), now=clock.now, sleep=clock.sleep)

    assert not api.open


def test_a_living_child_counts_though_its_parent_is_dead(ledger: Ledger, clock: Clock):
    """The child notices by itself that its parent is gone, and stops its session."""
    begin(ledger, State.started)
    child = Owner(**{**this_process().model_dump(), "pid": 4242})
    ledger.taken_by("check-1", child)
    api = Api()

    sweep(
        ledger,
        api.stop,
        api_url=API,
        alive=lambda who: Liveness.alive if who == child else Liveness.dead,
        now=clock.now,
        sleep=clock.sleep,
    )

    assert api.asked == []


def test_sessions_of_another_api_are_named_and_left(ledger: Ledger, clock: Clock):
    """The emulator's ledger rows are not sent to the real service; the sentence says what to set."""
    begin(ledger, State.started)
    api = Api()

    swept = sweep(
        ledger,
        api.stop,
        api_url="https://api.liveavatar.com",
        alive=everybody_is(Liveness.dead),
        now=clock.now,
        sleep=clock.sleep,
    )

    assert api.asked == []
    assert f"it belongs to {API}; set LIVEAVATAR_API_URL" in swept.elsewhere[0]
    assert not swept.left_alone
    assert len(ledger.open_rows()) == 1


def test_a_session_of_another_api_is_over_once_the_service_has_surely_ended_it(ledger: Ledger, clock: Clock):
    """An emulator that is gone for ever must not keep the janitor complaining for ever."""
    begin(ledger, State.started)
    clock.at = 5000.0 + SURELY_OVER_AFTER_S + 1

    swept = sweep(
        ledger, Api().stop, api_url="https://api.liveavatar.com", alive=everybody_is(Liveness.alive),
        now=clock.now, sleep=clock.sleep,
    )  # fmt: skip

    assert "has ended it by itself" in swept.closed[0]
    assert ledger.open_rows() == []


def test_a_running_check_of_another_api_is_left_to_itself(ledger: Ledger, clock: Clock):
    """It stops its own session; only what nobody looks after may bill."""
    begin(ledger, State.started)

    swept = sweep(
        ledger, Api().stop, api_url="https://api.liveavatar.com", alive=everybody_is(Liveness.alive),
        now=clock.now, sleep=clock.sleep,
    )  # fmt: skip

    assert "still running" in swept.left_alone[0]
    assert not swept.elsewhere


def test_a_wrong_key_is_named_and_not_the_janitor_that_just_ran(ledger: Ledger, clock: Clock):
    """`Run the janitor now`, said by the janitor, leads round in a circle."""
    begin(ledger, State.started)
    refused = BadCredentials("LiveAvatar did not stop the session", why="Invalid API key", status=401)

    swept = sweep(
        ledger,
        Api(refused).stop,
        api_url=API,
        alive=everybody_is(Liveness.dead),
        now=clock.now,
        sleep=clock.sleep,
    )

    assert "Export the LIVEAVATAR_API_KEY that the session was started with" in swept.failed[0]
    assert "janitor` now" not in swept.failed[0]
