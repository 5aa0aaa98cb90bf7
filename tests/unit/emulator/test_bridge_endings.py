"""What the bridge says when the service hangs up, talks nonsense, refuses a part, or cannot be reached."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve

from liveavatar_emulator.worker.bridge import Bridge, Heard
from liveavatar_emulator.worker.job import OpenAi

KEY = "sk-never-to-be-repeated"

States = list[tuple[str, str]]
UPDATED = {"type": "session.updated", "event_id": "e", "session": {}}
TEMPERATURE = "the service takes no temperature; the model's own is used"
TRANSCRIPTION = "the service does not transcribe; what users say is not written down"


def heard(states: States) -> Heard:
    """Hears nothing but states."""

    def ignore(*_: Any) -> None:
        pass

    return Heard(
        lambda state, why: states.append((state, why)),
        ignore, ignore, ignore, ignore, ignore, ignore, ignore,
    )  # fmt: skip


async def converse(service: OpenAi) -> States:
    """The states a bridge tells of this service."""
    states: States = []
    await asyncio.wait_for(Bridge(service, None, heard(states)).run(), 30)
    return states


def states_with(behave: Callable[[ServerConnection], Awaitable[None]]) -> States:
    """The states a bridge tells of a service that behaves like this once it has greeted."""

    async def greet(link: ServerConnection) -> None:
        await link.send(json.dumps({"type": "session.created", "event_id": "e", "session": {}}))
        await behave(link)

    async def run() -> States:
        async with serve(greet, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            return await converse(OpenAi(base_url=f"http://127.0.0.1:{port}/v1", api_key=SecretStr(KEY)))

    return asyncio.run(run())


def states_after(code: int, reason: str) -> States:
    """The states a bridge tells when the service greets it and then hangs up like this."""

    async def hang_up(link: ServerConnection) -> None:
        await link.recv()
        await link.close(code, reason)

    return states_with(hang_up)


def error(code: str, param: str | None = None) -> dict[str, Any]:
    """The event of a refusal."""
    body = {"type": "invalid_request_error", "code": code, "param": param, "message": f"not {KEY}"}
    return {"type": "error", "event_id": "e", "error": body}


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (3000, "invalid_request_error.invalid_api_key", ("refused", "invalid_api_key")),
        (4000, "invalid_request_error.model_not_found", ("refused", "model_not_found")),
        (1011, "keepalive ping timeout", ("closed", "the connection closed with code 1011")),
        (1000, "", ("closed", "the service ended the conversation")),
    ],
)
def test_the_reason_of_hanging_up_is_told_once(code: int, reason: str, told: tuple[str, str]) -> None:
    """A key or a model may be refused by closing alone: that is `refused`, and everything else `closed`."""
    assert states_after(code, reason) == [told]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"type": "error", "error": None}, "AttributeError"),
        ({"type": "response.done"}, "AttributeError"),
        ({"type": "response.output_audio.delta", "item_id": "i", "delta": "AA=="}, "ValueError"),
        ([], "AttributeError"),
        ("no JSON", "Error"),
    ],
)
@pytest.mark.parametrize("ready", [False, True])
def test_an_event_out_of_shape_ends_the_conversation_with_a_word(
    event: object, why: str, *, ready: bool
) -> None:
    """The avatar falls silent, so somebody has to be told at which event and by which error."""

    async def nonsense(link: ServerConnection) -> None:
        await link.recv()
        if ready:
            await link.send(json.dumps(UPDATED))
        await link.send(event if isinstance(event, str) else json.dumps(event))
        await link.wait_closed()

    states = states_with(nonsense)

    assert [state for state, _ in states] == ["connected", "closed"][not ready :]
    assert "could not be taken in" in states[-1][1]
    assert states[-1][1].endswith(why)
    assert not isinstance(event, dict) or event["type"] in states[-1][1]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1:99999/v1", KEY),
        ("http://[::1/v1", KEY),
        ("no address", KEY),
        ("http://127.0.0.1:9/v1", ""),
        ("http://127.0.0.1:{port}/v1", f"{KEY}\n"),
        ("http://127.0.0.1:{port}/v1", f"{KEY}é"),
    ],
)
def test_an_address_or_key_of_no_use_is_refused(url: str, key: str) -> None:
    """One state and no exception; the key is in no word of it."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        states = asyncio.run(converse(OpenAi(base_url=url.format(port=port), api_key=SecretStr(key))))

    assert [state for state, _ in states] == ["refused"]
    assert KEY not in json.dumps(states)
    assert "cannot be" in states[0][1] or "can be made with this address and key" in states[0][1]


def test_a_greeting_does_not_wait_for_a_conversation_that_is_over() -> None:
    """It is neither said nor waited with for ever."""

    async def run() -> None:
        bridge = Bridge(OpenAi(base_url="no address", api_key=SecretStr(KEY)), None, heard([]))
        await bridge.run()
        await asyncio.wait_for(bridge.greet("Hello!"), 30)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("refused", "note"),
    [
        (["session.temperature"], TEMPERATURE),
        (["session.audio.input.transcription.model"], TRANSCRIPTION),
        (["session.audio.input.transcription"], TRANSCRIPTION),
        (["session.temperature", "session.audio.input.transcription"], f"{TEMPERATURE}; {TRANSCRIPTION}"),
    ],
)
def test_what_is_optional_is_left_out_and_the_rest_arrives(refused: list[str], note: str) -> None:
    """A service without that parameter or that model still talks; what is missing is told."""
    updates: list[dict[str, Any]] = []

    async def choosy(link: ServerConnection) -> None:
        for param in refused:
            updates.append(json.loads(await link.recv())["session"])
            await link.send(json.dumps(error("unknown_parameter", param)))
        updates.append(json.loads(await link.recv())["session"])
        await link.send(json.dumps(UPDATED))

    assert states_with(choosy)[0] == ("connected", note)
    assert ("temperature" in updates[-1]) == (TEMPERATURE not in note)
    assert ("transcription" in updates[-1]["audio"]["input"]) == (TRANSCRIPTION not in note)
    assert updates[-1]["audio"]["output"]["voice"] == "alloy"


def test_the_same_optional_part_is_left_out_once() -> None:
    """A service that names what was not sent any more is refused, not asked for ever."""

    async def stubborn(link: ServerConnection) -> None:
        while True:
            await link.recv()
            await link.send(json.dumps(error("unknown_parameter", "session.temperature")))

    assert states_with(stubborn) == [("refused", "unknown_parameter (session.temperature)")]


def test_what_goes_wrong_in_a_conversation_is_told_once_and_does_not_end_it() -> None:
    """A refused event and a failed answer, by code; never the service's own sentence."""
    failed = {"id": "r", "status": "failed", "status_details": {"error": {"code": "server_error"}}}
    cut = {"id": "r", "status": "incomplete", "status_details": {"reason": "content_filter"}}

    async def troubled(link: ServerConnection) -> None:
        await link.recv()
        not_there = error("item_truncate_invalid_item_id", "item_id")
        for event in (UPDATED, not_there, not_there):
            await link.send(json.dumps(event))
        for response in (failed, cut):
            await link.send(json.dumps({"type": "response.done", "response": response}))

    assert states_with(troubled) == [
        ("connected", ""),
        ("connected", "the service refused: item_truncate_invalid_item_id (item_id)"),
        ("connected", "an answer failed: server_error"),
        ("connected", "an answer was cut short: content_filter"),
        ("closed", "the service ended the conversation"),
    ]
