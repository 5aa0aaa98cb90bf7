"""Stopping one session: repeated until it is heard, and no answer believed before it can be true."""

from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger, LedgerError, State
from liveavatar_ops.health.stopping import (
    ANSWERED_SETTLES_S,
    ATTEMPTS,
    SETTLED_AFTER_S,
    StopOutcome,
    close_row,
)
from pulumi_liveavatar.api.errors import BadCredentials, ServerFault, Unreachable
from tests.support.health_stopping import Api, Clock, begin


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3", now=clock.now)


def close(ledger: Ledger, api: Api, clock: Clock) -> StopOutcome:
    """The one open row, closed as the janitor closes it."""
    return close_row(ledger, ledger.open_rows()[0], api.stop, sleep=clock.sleep, now=clock.now)


def test_stopping_is_repeated_until_it_is_heard(ledger: Ledger, clock: Clock):
    """Measuring is done once, cleaning up until it works."""
    begin(ledger, State.started)
    api = Api(
        Unreachable("LiveAvatar did not stop", sent=True), ServerFault("LiveAvatar did not stop", status=500)
    )

    outcome = close(ledger, api, clock)

    assert outcome.closed
    assert outcome.unheard
    assert len(api.asked) == 3


def test_stopping_gives_up_in_the_end_and_says_what_to_type(ledger: Ledger, clock: Clock):
    """A stop that never works leaves the row open and a sentence with session and command."""
    begin(ledger, State.started)
    api = Api(*[ServerFault("LiveAvatar did not stop", status=500)] * 99)

    outcome = close(ledger, api, clock)

    assert not outcome.closed
    assert not outcome.unheard
    assert len(api.asked) == ATTEMPTS
    assert "session-1 may still be open" in outcome.sentence
    assert "liveavatar-ops health janitor" in outcome.sentence
    assert len(ledger.open_rows()) == 1


def test_whatever_breaks_the_session_is_said_to_be_open(ledger: Ledger, clock: Clock):
    """Also a fault of our own: who comes next must find the row, and nobody a traceback."""
    begin(ledger, State.started)
    api = Api(*[TypeError("'int' object is not iterable")] * 99)

    outcome = close(ledger, api, clock)

    assert not outcome.closed
    assert len(api.asked) == ATTEMPTS
    assert "session-1 may still be open" in outcome.sentence
    assert "(TypeError(\"'int' object is not iterable\").) Run `liveavatar-ops" in outcome.sentence
    assert len(ledger.open_rows()) == 1


def test_the_services_time_is_that_of_its_answers_alone(ledger: Ledger, clock: Clock):
    """Not our pauses between them, nor the calls by which we make sure afterwards."""
    begin(ledger, State.starting)
    api = Api(ServerFault("LiveAvatar did not stop", status=500))

    def slow(session_id: str) -> None:
        clock.at += 0.2
        api.stop(session_id)

    outcome = close_row(
        ledger, ledger.open_rows()[0], slow, sleep=clock.sleep, now=clock.now, clock=clock.now
    )

    assert outcome.closed
    assert len(api.asked) > 10
    assert outcome.took_s == pytest.approx(0.4)


def test_a_refused_key_is_not_tried_again(ledger: Ledger, clock: Clock):
    """The same key gets the same answer."""
    begin(ledger, State.started)
    api = Api(*[BadCredentials("LiveAvatar did not stop", status=401)] * 99)

    outcome = close(ledger, api, clock)

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
    outcome = close(ledger, api, clock)

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
    outcome = close(ledger, api, clock)

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


def test_a_start_that_opened_nothing_costs_nothing(ledger: Ledger, clock: Clock):
    """The service never knew of the session, until none could come any more; one that came late is paid."""
    begin(ledger, State.starting, rate=1.0)

    outcome = close(ledger, Api(open_sessions=()), clock)

    row = ledger.get("check-1")
    assert outcome.never_was
    assert row is not None
    assert row.credits == 0


def test_a_start_that_opened_late_is_paid(ledger: Ledger, clock: Clock):
    """Found once, it billed."""
    begin(ledger, State.starting, rate=1.0)

    outcome = close(ledger, Api(), clock)

    row = ledger.get("check-1")
    assert not outcome.never_was
    assert row is not None
    assert row.credits == 1


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

    outcome = close(ledger, api, clock)

    assert outcome.closed
    assert len(api.asked) == 1
    assert ledger.open_rows() == []
