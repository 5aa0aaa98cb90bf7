"""One conversation: obeys the client's events and sends the service's (OpenAI Realtime)."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

from liveavatar_emulator.openai_stand_in import replies
from liveavatar_emulator.openai_stand_in.answer import Answer
from liveavatar_emulator.openai_stand_in.seen import SeenSession
from liveavatar_emulator.openai_stand_in.settings import default_session, merged
from liveavatar_emulator.openai_stand_in.shapes import demand_types
from liveavatar_emulator.openai_stand_in.vad import Turn, Vad
from liveavatar_emulator.openai_stand_in.wire import Refused, audio_item, new_id

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Talk:
    """
    State and rules of one conversation; knows no network.

    `send` takes a whole event. `think_s` is how long an answer takes to begin, `pace` how much faster than it
    is heard it is sent.
    """

    def __init__(
        self, send: Send, seen: SeenSession, *, takes_temperature: bool, think_s: float, pace: float
    ) -> None:
        self._raw_send, self._seen = send, seen
        self._takes_temperature, self._think_s, self._pace = takes_temperature, think_s, pace
        self.session = default_session(seen.id, seen.model)
        self._vad = Vad()
        self._answer: Answer | None = None
        self._answering: asyncio.Task[None] | None = None
        self._item: str | None = None
        self._last_item: str | None = None
        self._heard = False
        self._user_turns = 0
        self._lengths: dict[str, int] = {}

    async def begin(self) -> None:
        """Greet the client as the service does."""
        await self._send("session.created", session=self.session)

    async def take(self, event: dict[str, Any]) -> None:
        """Obey one client event; raises `Refused` for what cannot be obeyed."""
        handler = self._HANDLERS.get(str(event.get("type")))
        if handler is None:
            raise Refused(f"Invalid value: '{event.get('type')}'.", code="invalid_value", param="type")
        demand_types(event)
        await handler(self, event)

    async def end(self) -> None:
        """Stop whatever is being said."""
        if self._answering:
            self._answering.cancel()
            await asyncio.gather(self._answering, return_exceptions=True)

    async def _update(self, event: dict[str, Any]) -> None:
        session = event.get("session")
        if session is None:
            raise Refused(
                "Missing required parameter: 'session'.", code="missing_required_parameter", param="session"
            )
        spoken = bool(self._lengths)
        self.session = merged(self.session, session, spoken=spoken, takes_temperature=self._takes_temperature)
        detection = self.session["audio"]["input"]["turn_detection"]
        if detection:
            self._vad.tune(
                detection["threshold"], detection["silence_duration_ms"], detection["prefix_padding_ms"]
            )
        self._seen.updates += 1
        self._seen.first_update = self._seen.first_update or session
        self._seen.voice = self.session["audio"]["output"]["voice"]
        self._seen.temperature = self.session.get("temperature")
        self._seen.instructions = self.session["instructions"]
        await self._send("session.updated", session=self.session)

    async def _append(self, event: dict[str, Any]) -> None:
        try:
            pcm = base64.b64decode(event.get("audio", ""), validate=True)
        except (binascii.Error, ValueError):
            raise Refused("Invalid 'audio': not base64.", code="invalid_value", param="audio") from None
        if len(pcm) % 2:
            raise Refused("Invalid 'audio': half a sample.", code="invalid_value", param="audio")
        self._seen.heard_ms += len(pcm) // 48
        self._heard = True
        if self.session["audio"]["input"]["turn_detection"] is None:
            return
        for turn in self._vad.feed(pcm):
            await (self._speech_started(turn) if turn.kind == "started" else self._speech_stopped(turn))

    async def _speech_started(self, turn: Turn) -> None:
        self._item = new_id("item")
        await self._send("input_audio_buffer.speech_started", audio_start_ms=turn.at_ms, item_id=self._item)
        if self.session["audio"]["input"]["turn_detection"]["interrupt_response"]:
            await self._stop_answer("turn_detected")

    async def _speech_stopped(self, turn: Turn) -> None:
        await self._send("input_audio_buffer.speech_stopped", audio_end_ms=turn.at_ms, item_id=self._item)
        await self._committed()
        if self.session["audio"]["input"]["turn_detection"]["create_response"]:
            await self._respond(replies.answer(self.session["instructions"], self._user_turns))

    async def _commit(self, _event: dict[str, Any]) -> None:
        if not self._heard:
            raise Refused(
                "Error committing input audio buffer: the buffer is empty.",
                code="input_audio_buffer_commit_empty",
            )
        self._vad.reset()
        await self._committed()

    async def _committed(self) -> None:
        item = self._item or new_id("item")
        before, self._last_item, self._item, self._heard = self._last_item, item, None, False
        self._user_turns += 1
        self._seen.turns += 1
        await self._send("input_audio_buffer.committed", item_id=item, previous_item_id=before)
        words = audio_item(item, "user", None, "completed")
        await self._send("conversation.item.added", previous_item_id=before, item=words)
        await self._send("conversation.item.done", previous_item_id=before, item=words)
        if self.session["audio"]["input"]["transcription"]:
            seconds = self._vad.spoken_ms / 1000
            await self._send(
                "conversation.item.input_audio_transcription.completed",
                item_id=item,
                content_index=0,
                transcript=f"({seconds:.1f} seconds of speech)",
                usage={"type": "duration", "seconds": seconds},
            )

    async def _clear(self, _event: dict[str, Any]) -> None:
        self._vad.reset()
        self._heard = False
        await self._send("input_audio_buffer.cleared")

    async def _create(self, event: dict[str, Any]) -> None:
        if self._answering and not self._answering.done():
            raise Refused(
                "Conversation already has an active response in progress.",
                code="conversation_already_has_active_response",
            )
        wanted = event.get("response") or {}
        instructions = wanted.get("instructions") or self.session["instructions"]
        words = replies.given_words(instructions) or replies.answer(instructions, max(1, self._user_turns))
        await self._respond(words)

    async def _respond(self, words: str) -> None:
        await self._stop_answer("turn_detected")
        voice = self.session["audio"]["output"]["voice"]
        answer = Answer(self._send, voice, self._last_item, think_s=self._think_s, pace=self._pace)
        self._answer, self._last_item = answer, answer.item_id
        self._answering = asyncio.ensure_future(self._say(answer, words))

    async def _say(self, answer: Answer, words: str) -> None:
        await answer.say(words)
        self._lengths[answer.item_id] = answer.length_ms
        if answer.said:
            self._seen.said.append(answer.said)

    async def _cancel(self, _event: dict[str, Any]) -> None:
        if not await self._stop_answer("client_cancelled"):
            raise Refused("Cancellation failed: no active response found.", code="response_cancel_not_active")
        self._seen.cancelled += 1

    async def _stop_answer(self, why: str) -> bool:
        if self._answer is None or self._answering is None or self._answering.done():
            return False
        self._seen.interrupted += 1
        self._answer.stop(why)
        await self._answering
        return True

    async def _truncate(self, event: dict[str, Any]) -> None:
        item, end = event.get("item_id"), event.get("audio_end_ms")
        length = self._lengths.get(str(item))
        if length is None:
            raise Refused(f"Item '{item}' not found.", code="item_truncate_invalid_item_id", param="item_id")
        if end is None or end < 0 or end > length:
            raise Refused(
                f"Audio content of {length}ms is already shorter than {end}ms.",
                code="invalid_value",
                param="audio_end_ms",
            )
        self._seen.truncated_ms.append(end)
        await self._send("conversation.item.truncated", item_id=item, content_index=0, audio_end_ms=end)

    async def _add_item(self, event: dict[str, Any]) -> None:
        item = event.get("item")
        if item is None:
            raise Refused(
                "Missing required parameter: 'item'.", code="missing_required_parameter", param="item"
            )
        full = {
            "object": "realtime.item",
            "status": "completed",
            **item,
            "id": item.get("id") or new_id("item"),
        }
        before, self._last_item = self._last_item, full["id"]
        if full.get("role") == "user":
            self._user_turns += 1
            self._seen.turns += 1
        await self._send("conversation.item.added", previous_item_id=before, item=full)
        await self._send("conversation.item.done", previous_item_id=before, item=full)

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._raw_send({"type": kind, "event_id": new_id("event"), **fields})

    _HANDLERS: dict[str, Callable[[Any, dict[str, Any]], Awaitable[None]]] = {  # noqa: RUF012 - a constant table
        "session.update": _update,
        "input_audio_buffer.append": _append,
        "input_audio_buffer.commit": _commit,
        "input_audio_buffer.clear": _clear,
        "response.create": _create,
        "response.cancel": _cancel,
        "conversation.item.create": _add_item,
        "conversation.item.truncate": _truncate,
    }
