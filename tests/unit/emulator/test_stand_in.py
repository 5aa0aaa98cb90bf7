"""The OpenAI stand-in, spoken to by the official client over a real loopback port."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import openai
import pytest
import websockets
from openai import AsyncOpenAI, OpenAI

from liveavatar_emulator.worker.speech import speak
from tests.support.stand_in import KEY, StandIn, running_stand_in

INSTRUCTIONS = "You are June, the concierge of the Aurora House."


@pytest.fixture(scope="module")
def service() -> Iterator[StandIn]:
    with running_stand_in() as found:
        yield found


def client(service: StandIn, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(
        api_key=key, base_url=service.url, websocket_base_url=service.url.replace("http", "ws"), max_retries=0
    )


def talk(
    service: StandIn, work: Callable[[Any], Awaitable[Any]], *, key: str = KEY, model: str = "gpt-realtime"
) -> Any:
    """One conversation; `work` gets the connection."""

    async def run() -> Any:
        async with client(service, key).realtime.connect(model=model) as link:
            return await asyncio.wait_for(work(link), 30)

    return asyncio.run(run())


async def until(link: Any, kind: str) -> list[Any]:
    """Events up to and with the first of a kind."""
    events = []
    async for event in link:
        events.append(event)
        if event.type == kind:
            return events
    raise AssertionError(f"no {kind} among {[event.type for event in events]}")


async def configure(link: Any, **changes: Any) -> Any:
    session: dict[str, Any] = {"type": "realtime", "instructions": INSTRUCTIONS, **changes}
    await link.send({"type": "session.update", "session": session})
    return (await until(link, "session.updated"))[-1]


async def user_says(link: Any, pcm: np.ndarray) -> None:
    """Speech and a second of silence, in pieces of a tenth of a second."""
    sound = np.concatenate([pcm, np.zeros(24000, dtype=np.int16)])
    for start in range(0, len(sound), 2400):
        audio = base64.b64encode(sound[start : start + 2400].tobytes()).decode()
        await link.input_audio_buffer.append(audio=audio)


def sound_of(events: list[Any]) -> np.ndarray:
    pieces = [base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta"]
    return np.frombuffer(b"".join(pieces), dtype="<i2")


def test_a_good_key_sees_the_models_and_a_wrong_one_gets_openais_error(service: StandIn) -> None:
    """`openai`'s own classes understand both answers."""
    models = OpenAI(api_key=KEY, base_url=service.url, max_retries=0).models.list()
    with pytest.raises(openai.AuthenticationError) as caught:
        OpenAI(api_key="sk-wrong-and-secret", base_url=service.url, max_retries=0).models.list()

    assert "gpt-realtime" in {model.id for model in models}
    assert caught.value.code == "invalid_api_key"
    assert "sk-wrong" not in str(caught.value)


def test_a_wrong_key_is_refused_before_the_upgrade(service: StandIn) -> None:
    """401, and no WebSocket is opened."""

    async def nothing(_link: Any) -> None:
        return None

    with pytest.raises(websockets.InvalidStatus) as caught:
        talk(service, nothing, key="sk-wrong")

    assert caught.value.response.status_code == 401


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-realtme", "", "my-realtime"])
def test_an_unknown_model_is_refused_with_its_code(service: StandIn, model: str) -> None:
    """An `error` event with `model_not_found`, then the end."""
    events = talk(service, lambda link: until(link, "error"), model=model or " ")

    assert events[-1].error.code == "model_not_found"


def test_a_model_named_like_a_realtime_model_is_known_unless_the_list_is_set() -> None:
    """The list of models is a setting; without it new Realtime names work."""
    with running_stand_in(models=["gpt-realtime-2.1"]) as strict:
        events = talk(strict, lambda link: until(link, "error"), model="gpt-realtime")
        assert events[-1].error.code == "model_not_found"
        assert talk(strict, lambda link: until(link, "session.created"), model="gpt-realtime-2.1")


def test_what_was_configured_is_seen_and_no_key_is(service: StandIn) -> None:
    """Model, voice, temperature and instructions arrive as sent; keys are not kept."""

    async def work(link: Any) -> Any:
        return await configure(link, temperature=0.9, audio={"output": {"voice": "cedar"}})

    updated = talk(service, work, model="gpt-realtime-mini")
    seen = service.seen()[-1]

    assert updated.session.audio.output.voice == "cedar"
    assert (seen["model"], seen["voice"], seen["temperature"]) == ("gpt-realtime-mini", "cedar", 0.9)
    assert seen["instructions"] == INSTRUCTIONS
    assert KEY not in str(service.seen())


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"type": "realtime", "voice": "alloy"}, "session.voice"),
        ({"instructions": "x"}, "session.type"),
        ({"type": "realtime", "temperature": 3}, "session.temperature"),
        ({"type": "realtime", "audio": {"output": {"voice": "robot"}}}, "session.audio.output.voice"),
        (
            {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}},
            "session.audio.input.format",
        ),
    ],
)
def test_a_bad_update_names_its_parameter_and_changes_nothing(
    service: StandIn, session: dict[str, Any], param: str
) -> None:
    """The conversation goes on with what it had."""

    async def work(link: Any) -> Any:
        await link.send({"type": "session.update", "session": session})
        return (await until(link, "error"))[-1].error, await configure(link)

    error, updated = talk(service, work)

    assert error.param == param
    assert updated.session.audio.output.voice == "alloy"


def test_a_service_without_temperature_says_unknown_parameter() -> None:
    """As a service does whose sessions have none."""
    with running_stand_in(takes_temperature=False) as service:

        async def work(link: Any) -> Any:
            session = {"type": "realtime", "temperature": 0.8}
            await link.send({"type": "session.update", "session": session})
            return (await until(link, "error"))[-1].error

        error = talk(service, work)

        assert (error.code, error.param) == ("unknown_parameter", "session.temperature")


def test_speech_is_heard_and_answered_aloud_in_the_order_of_the_protocol(service: StandIn) -> None:
    """VAD events, the committed turn, then a spoken answer whose words come from the instructions."""

    async def work(link: Any) -> list[Any]:
        await configure(link, audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}})
        await user_says(link, speak("When is breakfast served?", "echo"))
        return await until(link, "response.done")

    events = talk(service, work)
    kinds = [event.type for event in events]
    order = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.output_item.done",
        "response.done",
    ]
    done = events[-1].response
    pcm = sound_of(events)

    assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
    assert (done.status, "June" in done.output[0].content[0].transcript) == ("completed", True)
    assert len(pcm) > 24000
    assert np.sqrt(np.mean(pcm.astype(float) ** 2)) > 800


def test_silence_is_no_turn(service: StandIn) -> None:
    """A quiet microphone starts no answer."""

    async def work(link: Any) -> list[Any]:
        await configure(link)
        await user_says(link, (np.random.default_rng(1).normal(0, 60, 48000)).astype(np.int16))
        await configure(link)
        return [1]

    talk(service, work)

    assert service.seen()[-1]["turns"] == 0
    assert service.seen()[-1]["heard_ms"] == 3000


def test_words_given_word_for_word_are_said_word_for_word(service: StandIn) -> None:
    """This is how a greeting is spoken."""
    opening = 'Good day. I am "June". How may I help you?'

    async def work(link: Any) -> Any:
        await configure(link)
        wanted = f'Say exactly the following, word for word, and nothing else: "{opening}"'
        await link.response.create(response={"instructions": wanted})
        return (await until(link, "response.done"))[-1].response

    assert talk(service, work).output[0].content[0].transcript == opening


def test_speech_interrupts_an_answer() -> None:
    """The answer is cancelled when speech begins (not when it ends); truncating to what was heard works."""
    with running_stand_in(pace=1.5) as service:

        async def work(link: Any) -> Any:
            await configure(link)
            await link.response.create(
                response={"instructions": 'Say exactly: "' + "one two three " * 20 + '"'}
            )
            first = (await until(link, "response.output_audio.delta"))[-1]
            await user_says(link, speak("Stop, please.", "echo"))
            events = await until(link, "response.done")
            assert "input_audio_buffer.speech_stopped" not in [event.type for event in events]
            done = events[-1].response
            await link.conversation.item.truncate(item_id=first.item_id, content_index=0, audio_end_ms=150)
            return done, (await until(link, "conversation.item.truncated"))[-1]

        done, truncated = talk(service, work)

        assert (done.status, done.status_details.reason) == ("cancelled", "turn_detected")
        assert truncated.audio_end_ms == 150
        assert service.seen()[-1]["interrupted"] == 1


def test_a_cancel_ends_an_answer_and_a_second_is_an_error(service: StandIn) -> None:
    """`response.cancel` works while something is said; otherwise it is told that nothing is."""

    async def work(link: Any) -> Any:
        await configure(link)
        await link.response.cancel()
        return (await until(link, "error"))[-1].error

    assert talk(service, work).code == "response_cancel_not_active"


def test_an_answer_to_speech_can_be_turned_off(service: StandIn) -> None:
    """With `create_response` false a turn is heard and not answered."""

    async def work(link: Any) -> list[str]:
        await configure(
            link, audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}
        )
        await user_says(link, speak("Hello?", "echo"))
        events = await until(link, "input_audio_buffer.committed")
        await link.response.cancel()
        return [event.type for event in events + await until(link, "error")]

    assert "response.created" not in talk(service, work)


def test_nonsense_gets_an_error_and_the_conversation_goes_on(service: StandIn) -> None:
    """Unknown events, no JSON, bad base64: each one error, none the end."""

    async def work(link: Any) -> list[str]:
        codes = []
        for raw in (
            '{"type":"dance"}',
            "no json",
            '{"type":"input_audio_buffer.append","audio":"%%"}',
            "[1]",
        ):
            await link.send_raw(raw)
            codes.append((await until(link, "error"))[-1].error.code)
        await configure(link)
        return codes

    assert talk(service, work) == ["invalid_value", "invalid_json", "invalid_value", "invalid_json"]
