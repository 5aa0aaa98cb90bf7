"""The OpenAI stand-in, sent what no client should send: an `error` event for each, and the talk goes on."""

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient, WebSocketTestSession

from liveavatar_emulator.openai_stand_in import create_app
from tests.support.stand_in import KEY

ODD = (None, True, 7, -1, 1.5, 10**400, "", "word", [], [[]], [1], {}, {"a": {"b": [None]}})
DEEP = "[" * 100_000
FINE = '{"type": "realtime", "instructions": "You are June."}'


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(KEY.__eq__, think_s=0.0, pace=200.0)) as client:
        yield client


@pytest.fixture
def link(client: TestClient) -> Iterator[WebSocketTestSession]:
    """A conversation that has begun."""
    key = {"Authorization": f"Bearer {KEY}"}
    with client.websocket_connect("/v1/realtime?model=gpt-realtime", headers=key) as link:
        assert link.receive_json()["type"] == "session.created"
        yield link


def told(link: WebSocketTestSession, message: str) -> dict[str, Any]:
    """What the service says to one message."""
    link.send_text(message)
    return dict(link.receive_json())


def updated(value: str) -> str:
    """An update of the session to this JSON."""
    return f'{{"type": "session.update", "event_id": "mine", "session": {value}}}'


def at(path: str, value: str) -> str:
    """A session with one JSON value at a dotted path."""
    for name in reversed(path.split(".")):
        value = f'{{"{name}": {value}}}'
    return '{"type": "realtime", ' + value.removeprefix("{")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("audio", '"loud"', "expected an object, but got a string instead"),
        ("audio", "[]", "expected an object, but got an array instead"),
        ("audio", "null", "expected an object, but got null instead"),
        ("audio.input", "5", "expected an object, but got an integer instead"),
        ("audio.output", "true", "expected an object, but got a boolean instead"),
        ("audio.output.speed", '"fast"', "expected a number, but got a string instead"),
        ("audio.input.turn_detection", '"server_vad"', "expected an object or null, but got a string"),
        ("audio.input.turn_detection.threshold", "null", "expected a number, but got null instead"),
        ("audio.input.turn_detection.create_response", "1", "expected a boolean, but got an integer"),
        ("audio.input.turn_detection.silence_duration_ms", "0.5", "expected an integer, but got a number"),
        ("instructions", "{}", "expected a string, but got an object instead"),
        ("tools", "{}", "expected an array, but got an object instead"),
    ],
)
def test_a_wrong_type_is_told_with_the_parameters_name(
    link: WebSocketTestSession, path: str, value: str, says: str
) -> None:
    """As the service does it: `invalid_type`, what was expected, what came; and what was set stays set."""
    error = told(link, updated(at(path, value)))["error"]

    assert (error["code"], error["param"], error["event_id"]) == ("invalid_type", f"session.{path}", "mine")
    assert error["message"].startswith(f"Invalid type for 'session.{path}': {says}")
    assert told(link, updated(FINE))["session"]["audio"]["input"]["turn_detection"]["threshold"] == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("threshold", 1.01), ("threshold", -1), ("silence_duration_ms", -1), ("prefix_padding_ms", -5)],
)
def test_a_number_out_of_bounds_is_told(link: WebSocketTestSession, name: str, value: float) -> None:
    """Heard with it, every sound would be speech, or none."""
    error = told(link, updated(at(f"audio.input.turn_detection.{name}", str(value))))["error"]

    assert (error["code"], error["param"]) == (
        "invalid_value",
        f"session.audio.input.turn_detection.{name}",
    )


@pytest.mark.parametrize(
    "message",
    [
        DEEP,
        '{"type": "session.update", "session": ' + '{"tools": [' * 200 + "]}" * 200 + "}",
        updated(at("tools", "[NaN]")),
        updated(at("tools", "[1e999]")),
        updated(at("instructions", r'"\ud800"')),
        updated(at("max_output_tokens", "9" * 5000)),
    ],
    ids=["deep", "deeper than anybody needs", "no number", "without end", "half a character", "too long"],
)
def test_what_cannot_be_read_is_told_and_not_kept(link: WebSocketTestSession, message: str) -> None:
    """It would end the conversation, or the list of what was seen."""
    assert told(link, message)["error"]["code"] == "invalid_json"
    assert told(link, updated(FINE))["type"] == "session.updated"


def test_bytes_are_told(link: WebSocketTestSession) -> None:
    """The protocol is spoken in text."""
    link.send_bytes(b"\x00")

    assert link.receive_json()["error"]["code"] == "invalid_json"
    assert told(link, updated(FINE))["type"] == "session.updated"


PLACES = (
    "type", "session", "audio", "item", "response", "item_id", "audio_end_ms", "event_id",
)  # fmt: skip
SESSION = (
    "type", "model", "output_modalities", "instructions", "audio", "audio.input", "audio.input.format",
    "audio.input.transcription", "audio.input.noise_reduction", "audio.input.turn_detection",
    "audio.input.turn_detection.type", "audio.input.turn_detection.threshold",
    "audio.input.turn_detection.prefix_padding_ms", "audio.input.turn_detection.silence_duration_ms",
    "audio.input.turn_detection.idle_timeout_ms", "audio.input.turn_detection.create_response",
    "audio.input.turn_detection.interrupt_response", "audio.output", "audio.output.format",
    "audio.output.voice", "audio.output.speed", "temperature", "tools", "tool_choice", "max_output_tokens",
    "tracing", "truncation", "prompt", "include",
)  # fmt: skip
EVENTS = (
    "session.update", "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear",
    "response.create", "response.cancel", "conversation.item.create", "conversation.item.truncate",
)  # fmt: skip


def odd_events() -> Iterator[str]:
    """Every event with every odd value in every place, one after the other."""
    for kind, place, value in itertools.product(EVENTS, PLACES, ODD):
        yield json.dumps({"type": kind, place: value})
    for path, value in itertools.product(SESSION, ODD):
        yield updated(at(path, json.dumps(value)))
    for name, value in itertools.product(("instructions", "output_modalities", "conversation"), ODD):
        yield json.dumps({"type": "response.create", "response": {name: value}})
    for name, value in itertools.product(("id", "type", "role", "content", "status"), ODD):
        yield json.dumps({"type": "conversation.item.create", "item": {name: value}})


def test_no_odd_event_ends_a_conversation(client: TestClient, link: WebSocketTestSession) -> None:
    """After each of a good thousand the session can still be configured, and a turn be heard and answered."""
    for number, message in enumerate(odd_events()):
        link.send_text(message)
        name = f"You are Nobody{number}."
        link.send_text(updated(json.dumps({"type": "realtime", "instructions": name})))
        while (event := link.receive_json()).get("session", {}).get("instructions") != name:
            assert event["type"] != "error" or event["error"]["message"]
    assert KEY not in client.get("/v1/_seen").raise_for_status().text
    link.send_text(updated(at("audio.input.turn_detection", "{}")))
    beep = np.resize(np.array([8000, -8000], dtype="<i2"), 24000)
    for sound in (beep, beep * 0):
        audio = base64.b64encode(sound.tobytes()).decode()
        link.send_text(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
    for kind in ("input_audio_buffer.committed", "response.created", "response.done"):
        while link.receive_json()["type"] != kind:
            pass
