"""Plain LITE: the WebSocket that makes the avatar speak (LiveAvatar API facts §3.5)."""

import base64
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from tests.support.emulator_in_process import NOBODY, Desk, desk

TENTH = base64.b64encode(bytes(4800)).decode()  # 100 ms of silence


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def door(api: Desk, **changes: object) -> tuple[str, str]:
    """A started plain session's id, and the path of its socket."""
    _, holder = api.minted(**changes)
    data = api.data("POST", "/v1/sessions/start", key=False, headers=holder)
    return data["session_id"], data["ws_url"].removeprefix("ws://testserver")


def heard(line: WebSocketTestSession, count: int) -> list[dict[str, Any]]:
    """The next events."""
    return [line.receive_json() for _ in range(count)]


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ({}, True),
        ({"mode": "FULL", "avatar_persona": {}}, False),
        ({"openai_realtime_config": {}}, False),
    ],
)
def test_only_plain_lite_gets_a_socket(api: Desk, changes: dict[str, Any], given: bool) -> None:
    """
    FULL and connectors get neither ``ws_url`` nor ``livekit_agent_token``; a caller's own room does.
    """
    if "openai_realtime_config" in changes:
        changes = {"openai_realtime_config": {"secret_id": api.secret()}}
    _, holder = api.minted(**changes)

    data = api.data("POST", "/v1/sessions/start", key=False, headers=holder)

    assert ({"ws_url", "livekit_agent_token"} <= set(data)) is given
    assert ("ws_url" in data) is given


def test_speech_is_played_and_told(api: Desk) -> None:
    """
    Speech goes to the avatar; both families of events say when it starts, and when it has been played out.
    """
    session_id, path = door(api)
    with api.http.websocket_connect(path) as line:
        assert heard(line, 1)[0] | {"event_id": ""} == {
            "type": "session.state_updated", "event_id": "", "state": "connected",
        }  # fmt: skip
        line.send_json({"type": "start", "encoding": "pcm_s16le"})
        line.send_json({"type": "agent.speak", "event_id": "mine", "audio": TENTH})
        started = heard(line, 3)
        line.send_json({"type": "agent.speak_end"})
        line.send_json({"type": "agent.start_listening"})
        line.send_json({"type": "nothing.of.the.kind"})  # its answer says that what came before was taken in
        committed = heard(line, 2)
        api.clock.advance(0.2)
        ended = heard(line, 2)

    assert [event["type"] for event in started] == [
        "agent.audio_buffer_appended", "agent.speak_started", "agent.state_updated",
    ]  # fmt: skip
    assert started[0]["event_id"] == "mine"
    assert (started[2]["previous_state"], started[2]["new_state"]) == ("idle", "talking")
    assert committed[0]["type"] == "agent.audio_buffer_committed"
    assert [event["type"] for event in ended] == ["agent.speak_ended", "agent.state_updated"]
    assert (ended[1]["previous_state"], ended[1]["new_state"]) == ("talking", "listening")
    assert api.studio.told == [
        (session_id, {"command": "speak", "audio": TENTH}),
        (session_id, {"command": "speak_end"}),
    ]


def test_speech_can_be_interrupted(api: Desk) -> None:
    """
    Interrupt clears the buffer and ends the talking at once.
    """
    _, path = door(api)
    with api.http.websocket_connect(path) as line:
        line.send_json({"type": "agent.speak", "audio": TENTH})
        line.send_json({"type": "agent.interrupt"})
        kinds = [event["type"] for event in heard(line, 7)]

    assert kinds[4:] == ["agent.audio_buffer_cleared", "agent.speak_interrupted", "agent.state_updated"]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"type": "agent.sing"}, "unknown message type 'agent.sing'"),
        ({"type": "agent.speak"}, "audio: Field required"),
        ({"type": "agent.speak", "audio": "!"}, "audio is not valid base64"),
        ({"type": "agent.speak", "audio": "A" * (2**20 + 4)}, "audio exceeds 1 MB"),
        ([], "message must be a JSON object"),
    ],
)
def test_a_bad_message_is_answered_with_an_error(api: Desk, message: object, says: str) -> None:
    """
    The line stays open; the error names what is wrong.
    """
    _, path = door(api)
    with api.http.websocket_connect(path) as line:
        line.send_json(message)
        error = heard(line, 2)[1]
        line.send_json({"type": "agent.start_listening"})
        assert heard(line, 1)[0]["new_state"] == "listening"

    assert error["error"]["type"] == "invalid_request_error"
    assert error["error"]["message"] == says


@pytest.mark.parametrize(
    "message", ["no json", "[" * 100_000, "9" * 5000, b"\x00", '{"event_id": "\\ud800"}']
)
def test_what_cannot_be_read_is_answered_with_an_error(api: Desk, message: str | bytes) -> None:
    """
    Bytes, too, and what is nested without end.
    """
    _, path = door(api)
    with api.http.websocket_connect(path) as line:
        line.send_text(message) if isinstance(message, str) else line.send_bytes(message)
        error = heard(line, 2)[1]
        line.send_json({"type": "agent.start_listening"})
        assert heard(line, 1)[0]["new_state"] == "listening"

    assert error["error"]["message"] == "message must be a JSON object"


def test_no_odd_message_ends_the_line(api: Desk) -> None:
    """
    Every kind of message with values of every type: the line hears what comes after.
    """
    _, path = door(api)
    kinds = [
        "agent.speak",
        "agent.speak_end",
        "agent.interrupt",
        "session.keep_alive",
        "start",
        None,
        5,
        [],
        {},
    ]
    with api.http.websocket_connect(path) as line:
        heard(line, 1)
        for kind, odd in itertools.product(
            kinds, [None, True, -1, 1e300, "", "é", [], [[1]], {}, {"a": [None]}]
        ):
            line.send_json({"type": kind, "audio": odd, "event_id": odd})
            line.send_json({"type": "last", "event_id": "mine"})
            while line.receive_json().get("error", {}).get("event_id") != "mine":
                pass


def test_the_end_of_the_session_closes_the_line(api: Desk) -> None:
    """
    When the session ends, the line says so and closes.
    """
    session_id, path = door(api)
    with api.http.websocket_connect(path) as line:
        heard(line, 1)
        api.data("POST", "/v1/sessions/stop", {"session_id": session_id})

        assert heard(line, 1)[0]["state"] == "closed"
        with pytest.raises(WebSocketDisconnect):
            line.receive_json()


def test_a_guessed_address_opens_nothing(api: Desk) -> None:
    """
    The address is the permission: a wrong one is turned away.
    """
    session_id, path = door(api)
    for wrong in (f"/v1/agent-socket/{session_id}/guess", path.replace(session_id, NOBODY)):
        with pytest.raises(WebSocketDisconnect), api.http.websocket_connect(wrong) as line:
            line.receive_json()
