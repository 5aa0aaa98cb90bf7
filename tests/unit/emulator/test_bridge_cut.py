"""An interruption cuts all that was not heard: what waits, what is on its way, what is being thought of."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve

from liveavatar_emulator.worker.bridge import Bridge
from liveavatar_emulator.worker.conversation import Conversation
from tests.support.stand_in import StandIn, running_stand_in
from tests.unit.emulator.test_bridge_interruption import LONG, Stage, job_of, on_stage, words

LOUD = np.full(4800, 1000, dtype=np.int16)
NOWHERE = StandIn("http://127.0.0.1:1/v1")


@dataclass
class Model:
    """The bridge's side of an interruption: remembers what the model was told."""

    answering: bool = True
    told: list[object] = field(default_factory=list)

    def cut_off(self) -> bool:
        return self.answering

    async def cancel(self) -> None:
        self.told.append("cancel")

    async def truncate(self, item_id: str, heard_ms: int) -> None:
        self.told.append((item_id, heard_ms))


def interrupted(
    items: list[str], *, played_ms: int, on_its_way_ms: int = 0, command: bool = False, answering: bool = True
) -> tuple[list[object], bool]:
    """What the model is told when so much was played, and whether later pieces are still heard."""
    model: Any = Model(answering)

    async def run() -> bool:
        talk = Conversation(job_of(NOWHERE), lambda *_, **__: None, lambda _: None, lambda: on_its_way_ms)
        talk.bridge, heard = model, talk.heard()
        for item in items:
            heard.audio(item, LOUD)
        talk.playout.take(played_ms * 48, 0.0)
        if command:
            talk.interrupt(cancel=True)
        else:
            heard.user_started()
        for item in items:
            heard.audio(item, LOUD)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return bool(talk.playout.take(4800, 1.0).any())

    late = asyncio.run(run())
    return model.told, late


def test_every_item_that_waits_is_cut_and_truncated() -> None:
    """Of the second nothing was heard: the model learns it, and its late pieces stay silent."""
    assert interrupted(["a", "b"], played_ms=120) == ([("a", 120), ("b", 0)], False)


def test_sound_that_was_dropped_on_its_way_was_not_heard() -> None:
    """What waits in the SDK's queue left the playout, but no listener got it."""
    assert interrupted(["a"], played_ms=120, on_its_way_ms=100) == ([("a", 20)], False)
    assert interrupted(["a"], played_ms=60, on_its_way_ms=100) == ([("a", 0)], False)


def test_a_command_cancels_only_what_the_model_is_at() -> None:
    """An answer that the service has finished cannot be cancelled any more; one it thinks of can."""
    assert interrupted(["a"], played_ms=20, command=True) == (["cancel", ("a", 20)], False)
    assert interrupted(["a"], played_ms=20, command=True, answering=False) == ([("a", 20)], False)
    assert interrupted([], played_ms=20, command=True) == (["cancel"], False)
    assert interrupted([], played_ms=20) == ([], False)


def test_the_command_to_interrupt_stops_a_thinking_model() -> None:
    """Nothing is heard yet, so nothing is truncated; the answer never comes."""
    with running_stand_in(think_s=600.0) as stand_in:

        async def work(stage: Stage) -> None:
            await stage.bridge.greet(LONG)
            await stage.until(lambda: cancelled(stage))

        def cancelled(stage: Stage) -> bool:
            stage.talk.interrupt(cancel=True)  # nothing is to be cut before the model begins to think
            return bool(stand_in.seen()[-1]["cancelled"])

        stage = on_stage(stand_in, work)
        seen = stand_in.seen()[-1]

    assert (seen["cancelled"], seen["truncated_ms"], seen["refused"]) == (1, [], [])
    assert (stage.hushed, words(stage)) == (0, [])


def test_late_pieces_of_a_cut_answer_are_dropped_and_the_next_answer_is_heard() -> None:
    """They were on their way when the answer was cut, under an item that nobody had heard of."""
    heard: list[str] = []

    def piece(response: str) -> dict[str, Any]:
        sound = base64.b64encode(LOUD.tobytes()).decode()
        return {
            "type": "response.output_audio.delta",
            "response_id": response,
            "item_id": f"of {response}",
            "delta": sound,
        }

    async def behave(link: ServerConnection) -> None:
        await link.recv()
        cut, new = {"id": "cut", "status": "cancelled"}, {"id": "new", "status": "in_progress"}
        before = [{"type": "session.updated"}, {"type": "response.created", "response": cut}]
        after = [
            piece("cut"),
            {"type": "response.done", "response": cut},
            {"type": "response.created", "response": new},
            piece("new"),
        ]
        for event in [*before, {"type": "input_audio_buffer.speech_started"}, *after]:
            await link.send(json.dumps(event))

    async def run() -> None:
        async with serve(behave, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            job = job_of(StandIn(f"http://127.0.0.1:{port}/v1"))
            assert job.openai is not None
            talk = Conversation(job, lambda *_, **__: None, lambda _: None, lambda: 0)
            talk.bridge = Bridge(job.openai, None, talk.heard())
            await asyncio.wait_for(talk.bridge.run(), 30)
            heard.extend(item for item, _ in talk.playout.clear())

    asyncio.run(run())

    assert heard == ["of new"]
