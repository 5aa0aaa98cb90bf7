"""What is said in a session, by whom and when: between the bridge, the playout and the data packets."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.bridge import Bridge, Heard
from liveavatar_emulator.worker.job import Job
from liveavatar_emulator.worker.playout import Playout
from liveavatar_emulator.worker.speech import speak

PIECE = 4800  # samples handed over at a time when the avatar speaks a given text


class Conversation:
    """
    Keeps the words and the sound of both sides.

    `tell(kind, **fields)` sends a data packet, `emit` a line to the control plane, `hush` drops sound that
    has left the playout but was not heard, and says how many ms.
    """

    def __init__(
        self,
        job: Job,
        tell: Callable[..., None],
        emit: Callable[[dict[str, Any]], None],
        hush: Callable[[], int],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job, self._tell, self._emit, self._hush, self._clock = job, tell, emit, hush, clock
        self.playout = Playout(self._speak_started, self._speak_ended)
        self.bridge: Bridge | None = None
        self.answer_delay_s = 0.0
        self._answering = False
        self._dropped: set[str] = set()
        self._sending: set[asyncio.Task[None]] = set()

    def heard(self) -> Heard:
        """The receivers that a bridge calls."""
        return Heard(
            state=self._bridge_state,
            user_started=self._user_started,
            user_stopped=self._user_stopped,
            user_said=self._user_said,
            audio=self._audio,
            audio_done=self.playout.complete,
            words=self._avatar_says,
            said=self._avatar_said,
        )

    def hear(self, pcm: bytes) -> None:
        """The user's voice from the room."""
        if self.bridge:
            self._spawn(self.bridge.hear(pcm))

    def interrupt(self, *, cancel: bool) -> None:
        """
        Stop speaking at once and tell the model how much was heard; `cancel` also stops what it thinks of.

        Silent when this returns: the rest of the cut answer may be waiting right behind what told us to stop.
        """
        answering = self.bridge.cut_off() if self.bridge else False
        cut = self.playout.clear()
        hushed_ms = self._hush() if cut else 0
        self._dropped.update(item for item, _ in cut)
        # What was dropped on its way had been counted as heard; only the first had begun to be.
        heard = [(item, max(0, ms - hushed_ms)) for item, ms in cut if not item.startswith("text_")]
        if self.bridge and (heard or (cancel and answering)):
            self._spawn(self._tell_model(self.bridge, heard, cancel=cancel and answering))

    async def speak(self, text: str) -> None:
        """Say a given text in the session's voice (the command `avatar.speak_text`)."""
        voice = self._job.openai.voice if self._job.openai else "alloy"
        pcm = await asyncio.to_thread(speak, text, voice)
        item = f"text_{uuid.uuid4().hex[:12]}"
        for start in range(0, len(pcm), PIECE):
            self.playout.add(item, pcm[start : start + PIECE])
        self.playout.complete(item)
        self._avatar_said(item, text)

    async def _tell_model(self, bridge: Bridge, heard: list[tuple[str, int]], *, cancel: bool) -> None:
        if cancel:
            await bridge.cancel()
        for item, heard_ms in heard:
            await bridge.truncate(item, heard_ms)

    def _audio(self, item: str, pcm: NDArray[np.int16]) -> None:
        if item in self._dropped:
            return
        delay = self.answer_delay_s if self._answering else 0.0
        self._answering = False
        self.playout.add(item, pcm, not_before=self._clock() + delay if delay else 0.0)

    def _user_started(self) -> None:
        self._tell("user.speak_started")
        self.interrupt(cancel=False)

    def _user_stopped(self) -> None:
        self._answering = True
        self._tell("user.speak_ended")

    def _user_said(self, text: str) -> None:
        self._tell("user.transcription", text=text)
        self._emit({"event": "transcript", "role": "user", "text": text})

    def _avatar_says(self, item: str, text: str) -> None:
        if item not in self._dropped:
            self._tell("avatar.transcription.chunk", text=text)

    def _avatar_said(self, item: str, text: str) -> None:
        if item not in self._dropped:
            self._tell("avatar.transcription", text=text)
            self._emit({"event": "transcript", "role": "avatar", "text": text})

    def _speak_started(self, _item: str) -> None:
        self._tell("avatar.speak_started")

    def _speak_ended(self, _item: str) -> None:
        self._tell("avatar.speak_ended")

    def _bridge_state(self, state: str, detail: str) -> None:
        self._emit({"event": "bridge", "state": state, "detail": detail})

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
