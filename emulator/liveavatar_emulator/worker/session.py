"""One avatar's session from joining to leaving: the picture, the voice, the conversation, the faults."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from liveavatar_emulator.worker import events
from liveavatar_emulator.worker.bridge import Bridge
from liveavatar_emulator.worker.conversation import Conversation
from liveavatar_emulator.worker.faults import Faults
from liveavatar_emulator.worker.job import AddFault, ClearFaults, Job, Stop
from liveavatar_emulator.worker.room import Ears, Room
from liveavatar_emulator.worker.show import Show
from livekit import rtc

Emit = Callable[[dict[str, Any]], None]
WRONG_KEY = "sk-not-a-key"  # what the fault `bad_key` presents instead of the real one


class Session:
    """Runs one job; `stop` ends it from outside, `end_reason` says why it ended."""

    def __init__(self, job: Job, emit: Emit) -> None:
        self.job, self._emit = job, emit
        self.faults = Faults(job.faults)
        self.room = Room(
            Ears(
                user_joined=self._user_joined,
                user_left=lambda: emit({"event": "user_left"}),
                user_ready=self._user_ready,
                command=self._commanded,
                heard=self._heard,
                lost=self._lost,
            )
        )
        self.talk = Conversation(job, self._tell, emit, self.room.hush)
        self.show: Show | None = None
        self.bridge: Bridge | None = None
        self._over = asyncio.Event()
        self.end_reason = "UNKNOWN"
        self._tasks: set[asyncio.Task[Any]] = set()
        self._met = False
        self._said_over = False

    async def run(self) -> str:
        """The whole session; returns its end reason."""
        life = asyncio.ensure_future(self._live())
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait({life, over}, return_when=asyncio.FIRST_COMPLETED)
        life.cancel()
        for task in (life, *self._tasks):
            task.cancel()
        failed = await asyncio.gather(life, return_exceptions=True)
        self._report(failed[0])
        await self._leave()
        return self.end_reason

    def stop(self, reason: str) -> None:
        """End the session."""
        if not self._over.is_set():
            self.end_reason = reason
            self._over.set()

    def take(self, command: Stop | AddFault | ClearFaults) -> None:
        """Obey a command of the control plane."""
        if isinstance(command, Stop):
            self.stop(command.reason)
        elif isinstance(command, AddFault):
            self.faults.add(command.fault, self.show.now() if self.show else 0.0)
        else:
            self.faults.clear()

    async def _live(self) -> None:
        await self._wait_for_entrance()
        # Painting needs the processor and joining the network: together they take as long as the longer one.
        show = Show(self.job, self.faults, self.talk, self.room)
        await asyncio.gather(asyncio.to_thread(show.paint), self._join())
        await self.room.publish(
            show.track,
            show.first(),
            with_video=not self.faults.given("no_video"),
            with_audio=not self.faults.given("no_audio"),
        )
        self.show = show
        self._emit({"event": "joined"})
        if self.job.openai:
            self._spawn(self._converse())
        self._spawn(self._watch())
        await show.run()
        await self._over.wait()  # an avatar that left is still a session, until it is stopped

    async def _wait_for_entrance(self) -> None:
        late = self.faults.given("late_avatar")
        if late:
            await asyncio.sleep(late.number("delay_s", 10.0))
        while self.faults.given("no_avatar"):
            await asyncio.sleep(0.2)

    async def _join(self) -> None:
        await self.room.join(self.job.livekit_url, self.job.token.get_secret_value())

    async def _converse(self) -> None:
        service = self.job.openai
        assert service is not None
        if self.faults.given("bad_key"):
            service = service.model_copy(update={"api_key": SecretStr(WRONG_KEY)})
        self.bridge = Bridge(
            service, self.job.context, self.talk.heard(), answers=not self.faults.given("no_answer")
        )
        self.talk.bridge = self.bridge
        await self.bridge.run()

    async def _watch(self) -> None:
        """Faults that are not of the picture or the sound, looked at a few times a second."""
        while True:
            await asyncio.sleep(0.1)
            assert self.show is not None
            now = self.show.now()
            slow = self.faults.on("slow_answer", now)
            self.talk.answer_delay_s = slow.number("delay_s", 6.0) if slow else 0.0
            if self.bridge:
                await self.bridge.answer(answers=self.faults.on("no_answer", now) is None)
            if self.faults.on("leaves", now) and self.room.joined:
                self._emit({"event": "left"})
                self.show.stop()
                await self.room.leave()
            if self.faults.on("unpublishes", now):
                await self.room.take_picture_back()
            if self.faults.on("false_end", now) and not self._said_over:
                self._said_over = True
                self.room.tell(events.stopped(self.job.session_id, "SERVER_ERROR"))

    def _heard(self, pcm: bytes) -> None:
        self.talk.hear(pcm)

    def _user_joined(self) -> None:
        self._emit({"event": "user_joined"})

    def _user_ready(self) -> None:
        """The first user receives our tracks: only now would a greeting be heard from its first word."""
        if self._met:
            return
        self._met = True
        self._tell("session.state_updated", state="connected")
        self._spawn(self._greet())

    async def _greet(self) -> None:
        text = self.job.context.opening_text if self.job.context else None
        while text and self.job.openai and self.bridge is None:
            await asyncio.sleep(0.05)
        if text and self.bridge:
            await self.bridge.greet(text)

    def _commanded(self, command: dict[str, Any]) -> None:
        kind = command["event_type"]
        if kind == "session.stop":
            self.stop("USER_CLOSED")
        elif kind == "avatar.interrupt":
            self.talk.interrupt(cancel=True)
        elif kind == "avatar.speak_text" and isinstance(command.get("text"), str):
            self._spawn(self.talk.speak(command["text"]))

    def _tell(self, kind: str, **fields: Any) -> None:
        self.room.tell(events.event(kind, self.job.session_id, **fields))

    def _lost(self, why: str) -> None:
        if self.room.joined:
            self._emit({"event": "error", "message": f"The room was lost: {why}."})
            self.stop("SERVER_ERROR")

    async def _leave(self) -> None:
        if self.bridge:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.bridge.close(), 2)
        if self.room.joined:
            self.room.tell(events.stopped(self.job.session_id, self.end_reason))
        with contextlib.suppress(TimeoutError):
            await self.room.leave()

    def _report(self, outcome: object) -> None:
        if isinstance(outcome, TimeoutError | rtc.ConnectError):
            self._emit({"event": "error", "message": f"The avatar could not join: {type(outcome).__name__}."})
            self.end_reason = "DISPATCH_FAILED"
        elif isinstance(outcome, Exception):
            self.end_reason = "SERVER_ERROR"
            raise outcome

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            error = task.exception()
            self._emit(
                {"event": "error", "message": f"A part of the avatar failed: {type(error).__name__}: {error}"}
            )
