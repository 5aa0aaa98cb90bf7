"""How sessions end by themselves and what they cost (LiveAvatar API facts §3.6, §4)."""

from collections.abc import Iterator

import pytest

from tests.support.emulator_in_process import WAYNE, Desk, desk


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def credits_left(api: Desk) -> float:
    """What the account has."""
    return float(api.data("GET", "/v1/users/credits")["credits_left"])


def user(api: Desk, session_id: str, what: str) -> None:
    """The user joined or left, as the avatar's worker reports it."""
    assert api.http.portal is not None
    api.http.portal.call(api.conductor.event, session_id, {"event": f"user_{what}"})


def test_maximum_duration_ends_a_session(api: Desk) -> None:
    """
    At its maximum duration a session ends MAX_DURATION_REACHED and its avatar is called back.
    """
    session_id, _ = api.started(max_session_duration=30)
    user(api, session_id, "joined")

    api.wait(29)
    assert api.session(session_id)["status"] == "active"
    api.wait(1)

    assert api.session(session_id)["end_reason"] == "MAX_DURATION_REACHED"
    assert api.studio.closed == {session_id: "MAX_DURATION_REACHED"}


@pytest.mark.parametrize("came", [True, False])
def test_an_abandoned_session_is_reaped(api: Desk, came: bool) -> None:
    """
    200 s after the user left, or never came, the session ends ZOMBIE_SESSION_REAP.
    """
    session_id, _ = api.started()
    if came:
        user(api, session_id, "joined")
        api.wait(50)
        user(api, session_id, "left")

    api.wait(199)
    assert api.session(session_id)["status"] == "active"
    api.wait(1)

    assert api.session(session_id)["end_reason"] == "ZOMBIE_SESSION_REAP"


def test_a_user_whom_the_worker_missed_is_not_reaped(api: Desk) -> None:
    """
    Before reaping, the media server is asked who is in the room.
    """
    session_id, _ = api.started()
    api.studio.present.add(session_id)

    api.wait(250)

    assert api.session(session_id)["status"] == "active"


def test_keep_alive_holds_a_session(api: Desk) -> None:
    """
    With a user in the room, five minutes without keep-alive end it IDLE_TIMEOUT, and keep-alive holds it.
    """
    held, holder = api.started()
    idle, _ = api.started()
    for session_id in (held, idle):
        user(api, session_id, "joined")

    for _ in range(3):
        api.wait(120)
        api.data("POST", "/v1/sessions/keep-alive", key=False, headers=holder)

    assert api.session(held)["status"] == "active"
    assert api.session(idle)["end_reason"] == "IDLE_TIMEOUT"


def test_keep_alive_does_not_wake_the_ended(api: Desk) -> None:
    """
    A session that has ended stays ended.
    """
    session_id, holder = api.started()
    api.call("POST", "/v1/sessions/stop", key=False, headers=holder)

    assert api.call("POST", "/v1/sessions/keep-alive", key=False, headers=holder).status_code == 400
    assert api.session(session_id)["status"] == "ended"


@pytest.mark.parametrize(
    ("request_body", "price"),
    [
        ({"mode": "LITE"}, 1),
        ({"mode": "FULL", "avatar_persona": {}}, 2),
        ({"mode": "LITE", "avatar_id": WAYNE, "is_sandbox": True}, 0),
    ],
)
def test_each_started_minute_is_charged(api: Desk, request_body: dict[str, object], price: int) -> None:
    """
    LITE costs 1 a minute, FULL 2, sandbox nothing; the first minute is held at start.
    """
    before = credits_left(api)
    session_id, _ = api.started(**request_body)
    at_once = before - credits_left(api)
    api.wait(59)
    in_first_minute = before - credits_left(api)
    api.data("POST", "/v1/sessions/stop", {"session_id": session_id})
    api.wait(120)

    assert [at_once, in_first_minute, before - credits_left(api)] == [price] * 3
    assert api.session(session_id)["credits_consumed"] == price


def test_the_second_minute_costs_again(api: Desk) -> None:
    """
    A session of 61 seconds has paid two minutes.
    """
    session_id, _ = api.started()

    api.wait(61)

    assert api.session(session_id)["credits_consumed"] == 2


def test_out_of_credits_ends_every_session(api: Desk) -> None:
    """
    When the next minute cannot be paid, the session ends NO_CREDITS.
    """
    session_id, _ = api.started()
    api.call("PATCH", "/_emulator/account", {"credits": 1})

    api.wait(119)
    assert api.session(session_id)["status"] == "active"
    api.wait(1)

    assert api.session(session_id)["end_reason"] == "NO_CREDITS"
    assert credits_left(api) == 0


def test_a_start_needs_a_minutes_worth(api: Desk) -> None:
    """
    Without credits for one minute a start is refused with code 4033; a sandbox session costs nothing.
    """
    api.call("PATCH", "/_emulator/account", {"credits": "0.5"})
    session_id, holder = api.minted()

    answer = api.call("POST", "/v1/sessions/start", key=False, headers=holder)

    assert answer.json()["code"] == 4033
    assert api.session(session_id)["status"] == "minted"
    api.started(avatar_id=WAYNE, is_sandbox=True)


def test_one_session_too_many_is_refused_at_start(api: Desk) -> None:
    """
    403 with code 4003 at start, not at token; a free place lets the same token start.
    """
    api.call("PATCH", "/_emulator/account", {"concurrency": 1})
    first, _ = api.started()
    _, holder = api.minted()

    answer = api.call("POST", "/v1/sessions/start", key=False, headers=holder)
    api.data("POST", "/v1/sessions/stop", {"session_id": first})

    assert (answer.status_code, answer.json()["code"]) == (403, 4003)
    assert answer.json()["message"] == "Session concurrency limit reached"
    assert api.call("POST", "/v1/sessions/start", key=False, headers=holder).status_code == 201
