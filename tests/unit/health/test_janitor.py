"""The janitor: what a dead check left open is stopped, whoever is alive is left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from liveavatar_ops.health.janitor import SURELY_OVER_AFTER_S, sweep
from liveavatar_ops.health.ledger import Ledger, LedgerError, State
from liveavatar_ops.health.owner import Liveness, Owner, this_process
from liveavatar_ops.health.stopping import ANSWERED_SETTLES_S, ATTEMPTS, SETTLED_AFTER_S, close_row
from pulumi_liveavatar.api.errors import BadCredentials, NotThere, ServerFault, Unreachable

API = "http://127.0.0.1:9"


class Api:
    """The stop call: answers from a queue, then as the service does; remembers what was asked."""

    def __init__(self, *answers: Exception, open_sessions: tuple[str, ...] = ("session-1",)) -> None:
        self.answers = list(answers)
        self.open = set(open_sessions)
        self.asked: list[str] = []

    def stop(self, session_id: str) -> None:
        self.asked.append(session_id)
        if self.answers:
            raise self.answers.pop(0)
        if session_id not in self.open:
            raise NotThere("LiveAvatar did not stop", why="Session not found", status=404)
        self.open.remove(session_id)


class Clock:
    """Time that only passes by sleeping."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.on_sleep()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3", now=clock.now)


def begin(ledger: Ledger, state: State, check_id: str = "check-1", session_id: str = "session-1") -> None:
    """Bring a row to a state, as a check would that died right after it."""
    ledger.plan(check_id, target="desk", api_url=API, parent=this_process(), deadline_at=5000.0)
    steps = {
        State.minted: lambda: ledger.minted(check_id, session_id),
        State.starting: lambda: ledger.starting(check_id),
        State.started: lambda: ledger.started(check_id),
    }
    order = [State.planned, *steps]
    for step in order[1 : order.index(state) + 1]:
        steps[step]()


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


def test_stopping_is_repeated_until_it_is_heard(ledger: Ledger, clock: Clock):
    """Measuring is done once, cleaning up until it works."""
    begin(ledger, State.started)
    api = Api(
        Unreachable("LiveAvatar did not stop", sent=True), ServerFault("LiveAvatar did not stop", status=500)
    )

    row = ledger.open_rows()[0]
    outcome = close_row(ledger, row, api.stop, sleep=clock.sleep, now=clock.now)

    assert outcome.closed
    assert outcome.unheard
    assert len(api.asked) == 3


def test_stopping_gives_up_in_the_end_and_says_what_to_type(ledger: Ledger, clock: Clock):
    """A stop that never works leaves the row open and a sentence with session and command."""
    begin(ledger, State.started)
    api = Api(*[ServerFault("LiveAvatar did not stop", status=500)] * 99)

    row = ledger.open_rows()[0]
    outcome = close_row(ledger, row, api.stop, sleep=clock.sleep, now=clock.now)

    assert not outcome.closed
    assert not outcome.unheard
    assert len(api.asked) == ATTEMPTS
    assert "session-1 may still be open" in outcome.sentence
    assert "liveavatar-ops health janitor" in outcome.sentence
    assert len(ledger.open_rows()) == 1


def test_a_refused_key_is_not_tried_again(ledger: Ledger, clock: Clock):
    """The same key gets the same answer."""
    begin(ledger, State.started)
    api = Api(*[BadCredentials("LiveAvatar did not stop", status=401)] * 99)

    row = ledger.open_rows()[0]
    outcome = close_row(ledger, row, api.stop, sleep=clock.sleep, now=clock.now)

    assert not outcome.closed
    assert len(api.asked) == 1


def test_unknown_session_is_not_believed_while_its_start_may_be_on_the_way(ledger: Ledger, clock: Clock):
    """The service may act on a start after it said that it knows no such session."""
    begin(ledger, State.starting)
    api = Api(open_sessions=())
    begun = clock.at

    def arrive_late() -> None:
        if clock.at > begun + 2 and len(api.asked) < 8:
            api.open.add("session-1")

    clock.on_sleep = arrive_late
    row = ledger.open_rows()[0]
    outcome = close_row(ledger, row, api.stop, sleep=clock.sleep, now=clock.now)

    assert outcome.closed
    assert not api.open
    assert clock.at >= begun + SETTLED_AFTER_S


def test_a_start_that_is_answered_late_is_waited_for(ledger: Ledger, clock: Clock):
    """A start may take 20 s: a session that comes to be after 15 would bill until the service reaps it."""
    begin(ledger, State.starting)
    api = Api(open_sessions=())
    begun = clock.at
    came: list[float] = []

    def arrive_late() -> None:
        if clock.at > begun + 15 and not came:
            came.append(clock.at)
            api.open.add("session-1")

    clock.on_sleep = arrive_late
    outcome = close_row(ledger, ledger.open_rows()[0], api.stop, sleep=clock.sleep, now=clock.now)

    assert came
    assert outcome.closed
    assert not api.open
    assert len(api.asked) < 30


def test_a_start_that_was_answered_is_not_waited_for_so_long(ledger: Ledger, clock: Clock):
    """With a fault of the service's own: it acted, or did not."""
    begin(ledger, State.starting)
    begun = clock.at

    outcome = close_row(
        ledger, ledger.open_rows()[0], Api().stop, sleep=clock.sleep, now=clock.now,
        settled_after_s=ANSWERED_SETTLES_S,
    )  # fmt: skip

    assert outcome.closed
    assert clock.at < begun + ANSWERED_SETTLES_S + 2


def test_a_session_that_is_over_is_over_though_the_ledger_cannot_be_told(
    ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    """A disk that has filled up must not cost the verdict."""
    begin(ledger, State.started)
    row = ledger.open_rows()[0]

    def full(*_: object, **_more: object) -> None:
        raise LedgerError("The ledger cannot be used: disk is full.")

    monkeypatch.setattr(ledger, "stopped", full)
    api = Api()
    outcome = close_row(ledger, row, api.stop, sleep=clock.sleep, now=clock.now)

    assert not api.open
    assert (outcome.closed, outcome.unkept) == (True, True)
    assert "health janitor" in outcome.sentence


def test_unknown_session_that_was_started_is_over(ledger: Ledger, clock: Clock):
    """The vendor ended it: time limit, no credits, its own fault."""
    begin(ledger, State.started)
    api = Api(open_sessions=())

    row = ledger.open_rows()[0]
    outcome = close_row(ledger, row, api.stop, sleep=clock.sleep, now=clock.now)

    assert outcome.closed
    assert len(api.asked) == 1
    assert ledger.open_rows() == []
