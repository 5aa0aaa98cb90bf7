"""The avatar's bridge to OpenAI Realtime, against the stand-in over a real loopback port."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from liveavatar_emulator.worker.bridge import Bridge, Heard
from liveavatar_emulator.worker.job import Context, OpenAi
from liveavatar_emulator.worker.speech import speak
from tests.support.stand_in import KEY, StandIn, running_stand_in

PROMPT = "You are Marek, who looks after the house at night."


@dataclass
class Ears:
    """Remembers what a bridge told, and lets a test wait for it."""

    lines: list[tuple[str, Any]] = field(default_factory=list)
    sound: dict[str, int] = field(default_factory=dict)

    def heard(self) -> Heard:
        def told(kind: str) -> Callable[..., None]:
            return lambda *args: self.lines.append((kind, args if len(args) != 1 else args[0]))

        def audio(item: str, pcm: np.ndarray) -> None:
            self.sound[item] = self.sound.get(item, 0) + len(pcm)

        return Heard(
            told("state"),
            told("started"),
            told("stopped"),
            told("user"),
            audio,
            told("done"),
            told("words"),
            told("said"),
        )

    def all(self, kind: str) -> list[Any]:
        return [what for told, what in self.lines if told == kind]

    async def until(self, kind: str, count: int = 1) -> None:
        async with asyncio.timeout(60):
            while len(self.all(kind)) < count:
                await asyncio.sleep(0.01)


def service_of(stand_in: StandIn, **changes: Any) -> OpenAi:
    values = {
        "base_url": stand_in.url,
        "api_key": KEY,
        "model": "gpt-realtime",
        "voice": "cedar",
        "temperature": 0.7,
    }
    return OpenAi.model_validate({**values, **changes})


def converse(
    service: OpenAi, work: Callable[[Bridge, Ears], Awaitable[None]], *, answers: bool = True
) -> Ears:
    """One bridge while `work` lasts."""
    ears = Ears()

    async def run() -> None:
        bridge = Bridge(service, Context(prompt=PROMPT), ears.heard(), answers=answers)
        running = asyncio.ensure_future(bridge.run())
        try:
            await work(bridge, ears)
        finally:
            await bridge.close()
            await asyncio.wait_for(running, 60)

    asyncio.run(run())
    return ears


async def say(bridge: Bridge, text: str) -> None:
    pcm = np.concatenate([speak(text, "echo"), np.zeros(24000, dtype=np.int16)])
    for start in range(0, len(pcm), 2400):
        await bridge.hear(pcm[start : start + 2400].tobytes())


def test_voice_model_temperature_and_instructions_arrive_as_declared() -> None:
    """What the session template says is what the service is told."""
    with running_stand_in() as stand_in:

        async def work(_bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")

        ears = converse(service_of(stand_in, model="gpt-realtime-mini"), work)
        seen = stand_in.seen()[-1]

        assert ears.all("state")[0] == ("connected", "")
        assert (seen["model"], seen["voice"], seen["temperature"]) == ("gpt-realtime-mini", "cedar", 0.7)
        assert seen["instructions"] == PROMPT


def test_the_greeting_is_said_word_for_word() -> None:
    """Sound and words of the opening text come back."""
    with running_stand_in() as stand_in:

        async def work(bridge: Bridge, ears: Ears) -> None:
            await bridge.greet("Good evening, this is Marek.")
            await ears.until("said")

        ears = converse(service_of(stand_in), work)
        item, text = ears.all("said")[0]

        assert text == "Good evening, this is Marek."
        assert "".join(piece for _, piece in ears.all("words")) == text
        assert ears.sound[item] > 24000


def test_the_users_speech_is_heard_and_answered() -> None:
    """Speech begins, ends, is written down, and an answer that knows the prompt comes back as sound."""
    with running_stand_in() as stand_in:

        async def work(bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")
            await say(bridge, "Is the bar still open?")
            await ears.until("said")
            await ears.until("user")

        ears = converse(service_of(stand_in), work)

        assert [kind for kind, _ in ears.lines if kind in {"started", "stopped"}] == ["started", "stopped"]
        assert "Marek" in ears.all("said")[0][1]
        assert sum(ears.sound.values()) > 24000


def test_a_bridge_told_not_to_answer_hears_and_stays_silent() -> None:
    """The fault `no_answer`: the turn arrives, nothing comes back; turned off, the next one is answered."""
    with running_stand_in() as stand_in:

        async def work(bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")
            await say(bridge, "Hello?")
            await ears.until("user")
            assert not ears.sound
            await bridge.answer(answers=True)
            await say(bridge, "Hello again?")
            await ears.until("said")

        ears = converse(service_of(stand_in), work, answers=False)

        assert len(ears.all("said")) == 1


def test_an_interruption_truncates_what_was_not_heard() -> None:
    """Speech while the avatar speaks stops the answer, and the service accepts the truncation."""
    with running_stand_in(pace=1.5) as stand_in:

        async def work(bridge: Bridge, ears: Ears) -> None:
            await bridge.greet("one two three four five " * 12)
            async with asyncio.timeout(60):
                while not ears.sound:
                    await asyncio.sleep(0.01)
            await say(bridge, "Stop.")
            await ears.until("said")
            item = ears.all("said")[0][0]
            await bridge.truncate(item, 100)
            await ears.until("said", 2)

        ears = converse(service_of(stand_in), work)

        assert len(ears.all("said")[0][1]) < len("one two three four five " * 12)
        assert stand_in.seen()[-1]["interrupted"] >= 1


def test_a_wrong_key_is_told_once_and_without_the_key() -> None:
    """The bridge ends quietly; the picture has nothing to do with it."""
    wrong = "sk-wrong-and-very-secret"
    with running_stand_in() as stand_in:

        async def work(_bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")

        ears = converse(service_of(stand_in, api_key=SecretStr(wrong)), work)

        assert [state for state, _ in ears.all("state")] == ["refused"]
        assert "401" in ears.all("state")[0][1]
        assert wrong not in json.dumps(ears.lines)


@pytest.mark.parametrize(
    ("changes", "word"), [({"model": "gpt-4o"}, "model_not_found"), ({"voice": "robot"}, "voice")]
)
def test_a_refused_configuration_names_what_was_refused(changes: dict[str, str], word: str) -> None:
    """A wrong model or voice: refused, with the service's code or parameter."""
    with running_stand_in() as stand_in:

        async def work(_bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")

        ears = converse(service_of(stand_in, **changes), work)

        assert [state for state, _ in ears.all("state")] == ["refused"]
        assert word in ears.all("state")[0][1]


def test_a_service_without_temperature_is_used_without_it() -> None:
    """The one parameter is left out, the rest arrives, and the bridge says so."""
    with running_stand_in(takes_temperature=False) as stand_in:

        async def work(_bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")

        ears = converse(service_of(stand_in), work)
        state, note = ears.all("state")[0]

        assert state == "connected"
        assert "temperature" in note
        assert stand_in.seen()[-1]["voice"] == "cedar"


def test_an_unreachable_service_is_refused_not_raised() -> None:
    """Nobody listens there: one state, no exception, no hang."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    service = OpenAi(base_url=f"http://127.0.0.1:{port}/v1", api_key=SecretStr(KEY))

    async def work(_bridge: Bridge, ears: Ears) -> None:
        await ears.until("state")

    ears = converse(service, work)

    assert [state for state, _ in ears.all("state")] == ["refused"]


def test_the_configuration_has_the_protocols_shape() -> None:
    """Generally available shape: a typed session, audio in and out as PCM at 24 kHz, server VAD."""
    service = OpenAi(base_url="http://x/v1", api_key=SecretStr(KEY), voice="marin")
    session = Bridge(service, Context(prompt=PROMPT), Ears().heard()).session()

    assert session["type"] == "realtime"
    assert (
        session["audio"]["input"]["format"]
        == session["audio"]["output"]["format"]
        == {"type": "audio/pcm", "rate": 24000}
    )
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["audio"]["output"]["voice"] == "marin"
