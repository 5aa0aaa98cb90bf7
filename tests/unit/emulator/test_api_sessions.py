"""Sessions that run: stop, keep-alive, lists, transcript (LiveAvatar API facts §2.9)."""

from collections.abc import Iterator

import pytest

from tests.support.emulator_in_process import INES, JUNE, NOBODY, Desk, desk


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


@pytest.mark.parametrize(
    ("body", "by_key", "reason"),
    [
        (None, False, "USER_CLOSED"),
        ({}, False, "UNKNOWN"),
        ({"reason": "IDLE_TIMEOUT"}, False, "IDLE_TIMEOUT"),
        ({"session_id": "own", "reason": "ZOMBIE_SESSION_REAP"}, True, "ZOMBIE_SESSION_REAP"),
        ({"session_id": "own"}, False, "UNKNOWN"),
    ],
)
def test_stop_works_with_either_credential(
    api: Desk, body: dict[str, str] | None, by_key: bool, reason: str
) -> None:
    """
    A holder stops its own session, the API key any by id; no body means USER_CLOSED, no reason UNKNOWN.
    """
    session_id, holder = api.started()
    if body and "session_id" in body:
        body = {**body, "session_id": session_id}

    headers = {} if by_key else holder
    answer = api.call("POST", "/v1/sessions/stop", body, key=by_key, headers=headers)

    assert answer.status_code == 200
    assert api.session(session_id)["end_reason"] == reason
    assert api.studio.closed == {session_id: reason}


def test_stopping_again_changes_nothing(api: Desk) -> None:
    """
    Stop is best effort: a second one is fine and the first reason stands.
    """
    session_id, holder = api.started()
    for reason in ("USER_CLOSED", "SERVER_ERROR"):
        answer = api.call("POST", "/v1/sessions/stop", {"reason": reason}, key=False, headers=holder)
        assert answer.status_code == 200

    assert api.session(session_id)["end_reason"] == "USER_CLOSED"


@pytest.mark.parametrize("verb", ["stop", "keep-alive"])
def test_the_api_key_must_name_a_session_that_exists(api: Desk, verb: str) -> None:
    """
    With the API key the body carries the session's id; an unknown one is "Session not found".
    """
    unknown = api.call("POST", f"/v1/sessions/{verb}", {"session_id": NOBODY})

    assert api.call("POST", f"/v1/sessions/{verb}").status_code == 400
    assert (unknown.status_code, unknown.json()["message"]) == (404, "Session not found")


def test_a_holder_cannot_touch_another_session(api: Desk) -> None:
    """
    A session token is good for its own session only.
    """
    first, _ = api.started()
    _, holder = api.started()

    answer = api.call("POST", "/v1/sessions/stop", {"session_id": first}, key=False, headers=holder)

    assert answer.status_code == 403
    assert api.session(first)["end_reason"] is None


def test_sessions_are_listed_by_type(api: Desk) -> None:
    """
    Active and historic are two lists; historic rows add end time and reason; type is required.
    """
    running, _ = api.started()
    ended, holder = api.started(avatar_id=INES)
    api.clock.advance(5)
    api.call("POST", "/v1/sessions/stop", key=False, headers=holder)
    api.minted()

    active = api.data("GET", "/v1/sessions?type=active")["results"]
    historic = api.data("GET", "/v1/sessions?type=historic")["results"]

    assert [one["id"] for one in active] == [running]
    assert "end_reason" not in active[0]
    assert [(one["id"], one["end_reason"], one["duration"]) for one in historic] == [
        (ended, "USER_CLOSED", 5)
    ]
    assert api.data("GET", f"/v1/sessions?type=historic&avatar_id={JUNE}")["count"] == 0
    assert api.call("GET", "/v1/sessions").status_code == 422


def test_a_session_cannot_be_deleted(api: Desk) -> None:
    """
    DELETE on a session is 405: whoever relies on it leaves it running.
    """
    session_id, _ = api.started()

    assert api.call("DELETE", f"/v1/sessions/{session_id}").status_code == 405
    assert api.session(session_id)["status"] == "active"


def test_what_was_said_can_be_read_and_deleted(api: Desk) -> None:
    """
    The transcript holds the avatar's and the user's lines with their times; events are hard-deleted.
    """
    session_id, holder = api.started()
    for role, text in (("avatar", "Hello!"), ("user", "Hi.")):
        api.clock.advance(2)
        api.world.sessions.heard(session_id, role, text)  # type: ignore[arg-type]  # literals from a tuple

    path = f"/v1/sessions/{session_id}/transcript"
    whole = api.data("GET", path)
    later = api.data("GET", f"{path}?start_timestamp={whole['transcript_data'][1]['absolute_timestamp']}")

    said = [(one["role"], one["transcript"], one["relative_timestamp"]) for one in whole["transcript_data"]]
    assert said == [("avatar", "Hello!", 2000), ("user", "Hi.", 4000)]
    assert whole["session_active"] is True
    assert len(later["transcript_data"]) == 1
    api.data("DELETE", f"/v1/sessions/{session_id}/events", key=False, headers=holder)
    assert api.data("GET", path)["transcript_data"] == []
