"""One answer: from thinking to the last piece of sound, in the protocol's order of events."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

from liveavatar_emulator.openai_stand_in.wire import audio_item, new_id
from liveavatar_emulator.worker.speech import RATE, speak

CHUNK_S = 0.2


class Answer:
    """`say` speaks; `stop` ends it early, after which it is reported as cancelled."""

    def __init__(
        self,
        send: Callable[..., Awaitable[None]],
        voice: str,
        after: str | None,
        *,
        think_s: float,
        pace: float,
    ) -> None:
        self._send, self._voice, self._after = send, voice, after
        self._think_s, self._pace = think_s, pace
        self.item_id, self._response_id = new_id("item"), new_id("resp")
        self._stopped: str | None = None
        self._wake = asyncio.Event()
        self.said = ""
        self.length_ms = 0

    def stop(self, why: str) -> None:
        """No more sound; `why` is `turn_detected` or `client_cancelled`."""
        self._stopped = why
        self._wake.set()

    async def say(self, words: str) -> None:
        """Send the whole answer."""
        await self._send("response.created", response=self._response("in_progress", None))
        pcm = await asyncio.to_thread(speak, words, self._voice)
        await self._wait(self._think_s)
        if not self._stopped:
            await self._open()
            await self._stream(words, pcm.astype("<i2").tobytes())
            await self._close()
        await self._send("response.done", response=self._response(*self._outcome()))

    async def _open(self) -> None:
        item = audio_item(self.item_id, "assistant", None, "in_progress")
        await self._send(
            "response.output_item.added", response_id=self._response_id, output_index=0, item=item
        )
        await self._send("conversation.item.added", previous_item_id=self._after, item=item)
        await self._part("response.content_part.added", part={"type": "audio", "transcript": ""})

    async def _stream(self, words: str, pcm: bytes) -> None:
        size = int(RATE * CHUNK_S) * 2
        pieces = [pcm[i : i + size] for i in range(0, len(pcm), size)] or [b""]
        tokens = words.split(" ")
        for number, piece in enumerate(pieces):
            if self._stopped:
                return
            upto = round(len(tokens) * (number + 1) / len(pieces))
            text = " ".join(tokens[:upto])
            if len(text) > len(self.said):
                await self._part("response.output_audio_transcript.delta", delta=text[len(self.said) :])
                self.said = text
            await self._part("response.output_audio.delta", delta=base64.b64encode(piece).decode())
            self.length_ms += len(piece) * 1000 // (RATE * 2)
            await self._wait(CHUNK_S / self._pace)

    async def _close(self) -> None:
        await self._part("response.output_audio.done")
        await self._part("response.output_audio_transcript.done", transcript=self.said)
        await self._part("response.content_part.done", part={"type": "audio", "transcript": self.said})
        item = audio_item(
            self.item_id, "assistant", self.said, "incomplete" if self._stopped else "completed"
        )
        await self._send(
            "response.output_item.done", response_id=self._response_id, output_index=0, item=item
        )
        await self._send("conversation.item.done", previous_item_id=self._after, item=item)

    async def _part(self, kind: str, **fields: Any) -> None:
        await self._send(
            kind,
            response_id=self._response_id,
            item_id=self.item_id,
            output_index=0,
            content_index=0,
            **fields,
        )

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _outcome(self) -> tuple[str, dict[str, Any] | None]:
        if self._stopped:
            return "cancelled", {"type": "cancelled", "reason": self._stopped}
        return "completed", None

    def _response(self, status: str, details: dict[str, Any] | None) -> dict[str, Any]:
        done = status != "in_progress" and self.said
        output = [audio_item(self.item_id, "assistant", self.said, "completed")] if done else []
        return {
            "object": "realtime.response",
            "id": self._response_id,
            "status": status,
            "status_details": details,
            "output": output,
            "output_modalities": ["audio"],
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": RATE}, "voice": self._voice}},
        }
