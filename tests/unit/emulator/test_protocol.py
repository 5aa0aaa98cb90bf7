"""Bridge and stand-in speak OpenAI Realtime as the official package types it, in every event of both."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel, TypeAdapter
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from liveavatar_emulator.worker.bridge import Bridge
from liveavatar_emulator.worker.job import Context
from tests.support.stand_in import StandIn, running_stand_in
from tests.unit.emulator.test_bridge import PROMPT, Ears, say, service_of

Events = list[dict[str, Any]]
CLIENT: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
SERVER: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
NOT_OURS: Events = [
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
    },
]
"""What a client may send and the bridge does not; the stand-in's answers are held to the types as well."""


async def pump(source: Any, goal: Any, kept: Events) -> None:
    """Pass on and keep; behind the first answer asked for, what the bridge itself never sends."""
    async for text in source:
        kept.append(json.loads(text))
        await goal.send(text)
        if kept[-1]["type"] == "response.create":
            for event in NOT_OURS:
                await goal.send(json.dumps(event))


async def conversation(stand_in: StandIn) -> tuple[Events, Events]:
    """All that a bridge sent and all that the stand-in sent, in a conversation with everything in it."""
    sent: Events = []
    answered: Events = []

    async def between(link: ServerConnection) -> None:
        address = stand_in.url.replace("http", "ws") + "/realtime?model=gpt-realtime"
        header = {"Authorization": link.request.headers["Authorization"]} if link.request else {}
        async with connect(address, additional_headers=header, proxy=None, max_size=None) as service:
            back = asyncio.ensure_future(pump(service, link, answered))
            await pump(link, service, sent)
            back.cancel()

    async with serve(between, "127.0.0.1", 0, max_size=None) as relay:
        port = next(iter(relay.sockets)).getsockname()[1]
        ears = Ears()
        service = service_of(stand_in, base_url=f"http://127.0.0.1:{port}/v1")
        bridge = Bridge(service, Context(prompt=PROMPT), ears.heard())
        running = asyncio.ensure_future(bridge.run())
        try:
            await talk_of_all(bridge, ears)
        finally:
            await bridge.close()
            await asyncio.wait_for(running, 60)
    return sent, answered


async def talk_of_all(bridge: Bridge, ears: Ears) -> None:
    await bridge.greet("one two three four five " * 12)
    async with asyncio.timeout(60):
        while not ears.sound:
            await asyncio.sleep(0.01)
    await bridge.cancel()
    await bridge.truncate(next(iter(ears.sound)), 100)
    await ears.until("said")
    await bridge.answer(answers=False)
    await bridge.answer(answers=True)
    await say(bridge, "Is the bar still open?")
    await ears.until("said", 2)
    await ears.until("user")


@pytest.fixture(scope="module")
def spoken() -> Iterator[tuple[Events, Events]]:
    with running_stand_in(pace=2.0) as stand_in:
        yield asyncio.run(conversation(stand_in))


def unknown(model: object, place: str = "") -> Iterator[str]:
    """The fields that the package's types do not have, wherever they are."""
    if isinstance(model, list):
        for one in model:
            yield from unknown(one, place)
    if isinstance(model, BaseModel):
        yield from (f"{place}.{name}".lstrip(".") for name in model.model_extra or {})
        for name in type(model).model_fields:
            yield from unknown(getattr(model, name), f"{place}.{name}")


def test_every_event_of_the_bridge_is_one_of_the_protocol(spoken: tuple[Events, Events]) -> None:
    """Nothing misspelt, nothing of an older protocol; temperature alone is the connector's own."""
    sent, _ = spoken
    strange = {field for event in sent for field in unknown(CLIENT.validate_python(event))}

    assert {event["type"] for event in sent} == {
        "session.update", "response.create", "response.cancel", "input_audio_buffer.append",
        "conversation.item.truncate",
    }  # fmt: skip
    assert strange == {"session.temperature"}


def test_every_event_of_the_stand_in_is_one_of_the_protocol(spoken: tuple[Events, Events]) -> None:
    """A client written against it meets nothing that the real service would not send."""
    _, answered = spoken
    for event in answered:
        SERVER.validate_python(event)

    assert {event["type"] for event in answered} == {
        "session.created", "session.updated", "error",
        "input_audio_buffer.cleared", "input_audio_buffer.committed",
        "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
        "conversation.item.added", "conversation.item.done", "conversation.item.truncated",
        "conversation.item.input_audio_transcription.completed",
        "response.created", "response.done", "response.output_item.added", "response.output_item.done",
        "response.content_part.added", "response.content_part.done",
        "response.output_audio.delta", "response.output_audio.done",
        "response.output_audio_transcript.delta", "response.output_audio_transcript.done",
    }  # fmt: skip
