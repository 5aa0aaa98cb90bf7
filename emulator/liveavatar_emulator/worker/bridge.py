"""
The bridge to OpenAI Realtime: the user's voice goes there, the model's voice and words come back.

A client of the protocol by the official package, for the real service and for the stand-in alike. It does
what the connector's page promises: "OpenAI handles speech-to-speech orchestration while LiveAvatar renders
the avatar video" (voice, model, temperature and the context's instructions are the session's).

Temperature: the connector has the field (0.6 to 1.2), while the package's types for the generally available
protocol do not. It is sent as `session.temperature`; a service that refuses that one parameter gets the same
update without it, and the bridge says so.
"""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import websockets
from numpy.typing import NDArray
from openai import AsyncOpenAI

from liveavatar_emulator.worker.job import Context, OpenAi

PCM = {"type": "audio/pcm", "rate": 24000}
REFUSALS = {"invalid_api_key", "model_not_found", "insufficient_quota"}


class Link(Protocol):
    """What the bridge needs of a connection of the official package."""

    async def send(self, event: Any) -> None:
        """Send one client event."""

    async def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True)
class Heard:
    """Whom the bridge tells what happens in the conversation."""

    state: Callable[[str, str], None]  # connected | refused | closed, and why
    user_started: Callable[[], None]
    user_stopped: Callable[[], None]
    user_said: Callable[[str], None]
    audio: Callable[[str, NDArray[np.int16]], None]  # item, PCM 24 kHz
    audio_done: Callable[[str], None]
    words: Callable[[str, str], None]  # item, a piece of the transcript
    said: Callable[[str, str], None]  # item, the whole transcript


class Bridge:
    """One conversation. `run` lasts as long as it does and never raises for what the service answers."""

    def __init__(
        self, service: OpenAi, context: Context | None, heard: Heard, *, answers: bool = True
    ) -> None:
        self._service, self._context, self._heard = service, context, heard
        self._answers = answers
        self._temperature = service.temperature
        self._link: Link | None = None
        self._ready = asyncio.Event()
        self._note = ""
        self._over = False

    async def run(self) -> None:
        """Connect, converse, and come back when it is over."""
        base = self._service.base_url.rstrip("/")
        client = AsyncOpenAI(
            api_key=self._service.api_key.get_secret_value(),
            base_url=base,
            websocket_base_url=base.replace("http", "ws", 1),
            max_retries=0,
        )
        try:
            async with client.realtime.connect(model=self._service.model) as link:
                self._link = link
                await self._configure()
                async for message in link:
                    await self._take(message)
                    if self._over:
                        return
                whose = "the session" if self._over else "the service"
                self._finish("closed", f"{whose} ended the conversation")
        except websockets.InvalidStatus as error:
            self._finish("refused", f"the service answered {error.response.status_code}")
        except websockets.ConnectionClosed as error:
            self._closed(error)
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            self._finish("refused", f"the service cannot be reached: {type(error).__name__}")
        finally:
            self._link = None
            self._ready.clear()
            await client.close()

    async def greet(self, text: str) -> None:
        """Have the opening text said, once the conversation stands; returns at once if it is over."""
        await self._ready.wait()
        await self._send(
            {
                "type": "response.create",
                "response": {
                    "instructions": f'Say exactly the following, word for word, and nothing else: "{text}"',
                },
            }
        )

    async def hear(self, pcm: bytes) -> None:
        """The user's voice: PCM, 24 kHz mono, little endian."""
        if self._ready.is_set():
            audio = base64.b64encode(pcm).decode()
            await self._send({"type": "input_audio_buffer.append", "audio": audio})

    async def interrupted(self, item_id: str, heard_ms: int, *, cancel: bool) -> None:
        """Tell the model how much of what it said was heard; `cancel` also stops what it is still saying."""
        if cancel:
            await self._send({"type": "response.cancel"})
        await self._send(
            {
                "type": "conversation.item.truncate",
                "item_id": item_id,
                "content_index": 0,
                "audio_end_ms": heard_ms,
            }
        )

    async def answer(self, *, answers: bool) -> None:
        """Whether speech is answered (the fault `no_answer` turns it off)."""
        if answers != self._answers:
            self._answers = answers
            await self._configure()

    async def close(self) -> None:
        """End the conversation."""
        self._over = True
        if self._link is not None:
            await self._link.close()

    def session(self) -> dict[str, Any]:
        """The configuration as the protocol wants it."""
        session: dict[str, Any] = {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "format": PCM,
                    "transcription": {"model": "gpt-4o-mini-transcribe"},
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.5,
                        "prefix_padding_ms": 300,
                        "silence_duration_ms": 500,
                        "create_response": self._answers,
                        "interrupt_response": True,
                    },
                },
                "output": {"format": PCM, "voice": self._service.voice},
            },
        }
        if self._context and self._context.prompt:
            session["instructions"] = self._context.prompt
        if self._temperature is not None:
            session["temperature"] = self._temperature
        return session

    async def _configure(self) -> None:
        session = self.session()
        if self._ready.is_set():  # a voice that has spoken cannot be set again
            session["audio"]["output"].pop("voice")
        await self._send({"type": "session.update", "session": session})

    async def _send(self, message: dict[str, Any]) -> None:
        if self._link is None:
            return
        try:
            # The protocol's own dicts, sent as they are: the package's types lack `temperature`.
            await self._link.send(message)
        except websockets.ConnectionClosed:
            self._ready.clear()

    async def _take(self, message: Any) -> None:
        kind = message.type
        if kind == "error":
            await self._error(message.error)
        elif kind == "session.updated":
            if not self._ready.is_set():
                self._ready.set()
                self._heard.state("connected", self._note)
        elif kind == "response.done":
            self._answered(message.response)
        elif kind in _DISPATCH:
            _DISPATCH[kind](self._heard, message)

    async def _error(self, error: Any) -> None:
        if self._ready.is_set():
            return  # e.g. a truncation of what was just finished: the conversation goes on
        if error.param == "session.temperature" and self._temperature is not None:
            self._temperature = None
            self._note = "the service takes no temperature; the model's own is used"
            await self._configure()
            return
        self._over = True
        where = f" ({error.param})" if error.param else ""
        self._finish("refused", f"{error.code or error.type}{where}")

    def _answered(self, response: Any) -> None:
        """A model that is not there shows up here: the service takes the session and fails each answer."""
        error = getattr(response.status_details, "error", None)
        if response.status == "failed" and error is not None and error.code in REFUSALS:
            self._finish("refused", str(error.code))

    def _closed(self, error: websockets.ConnectionClosed) -> None:
        """A wrong key may be told by closing (3000, `invalid_request_error.…`) after a first welcome."""
        code, why = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")
        if why.startswith("invalid_request_error."):
            self._finish("refused", why.removeprefix("invalid_request_error.")[:60])
        elif not self._over:
            self._finish("closed", f"the connection closed with code {code}")

    def _finish(self, state: str, detail: str) -> None:
        self._over = True
        self._heard.state(state, detail)


def _audio(heard: Heard, message: Any) -> None:
    heard.audio(message.item_id, np.frombuffer(base64.b64decode(message.delta), dtype="<i2"))


_DISPATCH: dict[str, Callable[[Heard, Any], None]] = {
    "input_audio_buffer.speech_started": lambda heard, _: heard.user_started(),
    "input_audio_buffer.speech_stopped": lambda heard, _: heard.user_stopped(),
    "conversation.item.input_audio_transcription.completed": lambda heard, m: heard.user_said(m.transcript),
    "response.output_audio.delta": _audio,
    "response.output_audio.done": lambda heard, m: heard.audio_done(m.item_id),
    "response.output_audio_transcript.delta": lambda heard, m: heard.words(m.item_id, m.delta),
    "response.output_audio_transcript.done": lambda heard, m: heard.said(m.item_id, m.transcript),
}
