"""
The bridge to OpenAI Realtime: the user's voice goes there, the model's voice and words come back.

A client of the protocol by the official package, for the real service and for the stand-in alike. It does
what the connector's page promises: "OpenAI handles speech-to-speech orchestration while LiveAvatar renders
the avatar video" (voice, model, temperature and the context's instructions are the session's).
"""

import asyncio
import base64
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
import websockets
from numpy.typing import NDArray
from openai import AsyncOpenAI

from liveavatar_emulator.worker.job import Context, OpenAi
from liveavatar_emulator.worker.realtime_session import OPTIONAL, optional, realtime_session

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

    state: Callable[[str, str], None]  # connected | refused | closed, and why; connected may be told again
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
        self._without: list[str] = []
        self._link: Link | None = None
        self._ready, self._settled = asyncio.Event(), asyncio.Event()
        self._told: set[str] = set()
        self._answer: str | None = None
        self._cut_off: set[str] = set()
        self._event = "message"
        self._over = False

    async def run(self) -> None:
        """Connect, converse, and come back when it is over."""
        met = False
        try:
            async with self._client() as client, self._connection(client) as link:
                self._link, met = link, True
                await self._converse(link)
        except websockets.InvalidStatus as error:
            self._finish("refused", f"the service answered {error.response.status_code}")
        except websockets.ConnectionClosed as error:
            self._closed(error)
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            self._finish("refused", f"the service cannot be reached: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - whatever the service sends, the avatar lives on
            what = type(error).__name__  # its text may hold the key
            if met:
                self._finish("closed", f"the service's {self._event} could not be taken in: {what}")
            else:
                self._finish("refused", f"no connection can be made with this address and key: {what}")
        finally:
            self._link = None
            self._ready.clear()
            self._settled.set()

    async def greet(self, text: str) -> None:
        """Have the opening text said, once the conversation stands; returns at once if it is over."""
        await self._settled.wait()
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

    def cut_off(self) -> bool:
        """Let no more of the running answer through, from now on; whether there was one to cut."""
        if self._answer is None or self._answer in self._cut_off:
            return False
        self._cut_off.add(self._answer)
        return True

    async def cancel(self) -> None:
        """Stop what the model is thinking or saying."""
        await self._send({"type": "response.cancel"})

    async def truncate(self, item_id: str, heard_ms: int) -> None:
        """Tell the model how much of what it said was heard."""
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
        return realtime_session(self._service, self._context, answers=self._answers, without=self._without)

    def _client(self) -> AsyncOpenAI:
        base = self._service.base_url.rstrip("/")
        return AsyncOpenAI(
            api_key=self._service.api_key.get_secret_value(),
            base_url=base,
            websocket_base_url=base.replace("http", "ws", 1),
            max_retries=0,
        )

    def _connection(self, client: AsyncOpenAI) -> Any:
        # The environment's proxy cannot reach this machine's own addresses.
        options: Any = {"proxy": None} if _is_loopback(self._service.base_url) else {}
        return client.realtime.connect(model=self._service.model, websocket_connection_options=options)

    async def _converse(self, link: Any) -> None:
        await self._configure()
        async for message in link:
            self._event = str(getattr(message, "type", None))[:60]
            await self._take(message)
            if self._over:
                return
        whose = "the session" if self._over else "the service"
        self._finish("closed", f"{whose} ended the conversation")

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
                self._settled.set()
                self._heard.state("connected", "; ".join(OPTIONAL[part] for part in self._without))
        elif kind == "response.created":
            self._answer = message.response.id
        elif kind == "response.done":
            self._answered(message.response)
        elif kind in _DISPATCH and getattr(message, "response_id", None) not in self._cut_off:
            _DISPATCH[kind](self._heard, message)

    async def _error(self, error: Any) -> None:
        where = f" ({error.param})" if error.param else ""
        what = f"{error.code or error.type}{where}"
        part = optional(error.param)
        if self._ready.is_set():  # e.g. a truncation of what was just finished: the conversation goes on
            self._note(f"the service refused: {what}")
        elif part and part not in self._without:
            self._without.append(part)
            await self._configure()
        else:
            self._finish("refused", what)

    def _answered(self, response: Any) -> None:
        """A model that is not there shows up here: the service takes the session and fails each answer."""
        if response.id == self._answer:
            self._answer = None
        details = response.status_details
        error = getattr(details, "error", None)
        if response.status == "failed" and error is not None and error.code in REFUSALS:
            self._finish("refused", str(error.code))
        elif response.status in ("failed", "incomplete"):
            why = getattr(error, "code", None) or getattr(details, "reason", None) or "no reason given"
            self._note(f"an answer {'failed' if response.status == 'failed' else 'was cut short'}: {why}")

    def _note(self, detail: str) -> None:
        """Something that does not end the conversation; the same is told once."""
        if detail not in self._told:
            self._told.add(detail)
            self._heard.state("connected", detail)

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


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


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
