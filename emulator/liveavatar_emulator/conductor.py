"""Brings sessions to life and to an end: joins the rules (world), the media (studio) and the faults."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Iterable, Mapping
from typing import Protocol, get_args

from liveavatar_emulator.faults import Fault, FaultBook
from liveavatar_emulator.jobs import Job, job_for
from liveavatar_emulator.network import NETWORK_FAULTS
from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.way_in import Addresses, way_in
from liveavatar_emulator.world import World
from liveavatar_emulator.world.records import EndReason, SessionRecord
from liveavatar_emulator.world.references import Wanted

log = logging.getLogger(__name__)
_TICK_S = 0.2


class Studio(Protocol):
    """Where sessions are seen and heard: a media server and one avatar worker a session."""

    livekit_url: str

    async def ready(self) -> None:
        """Return when a session can be opened; Refusal if that will not be."""

    def token(self, identity: str, room: str) -> str:
        """A LiveKit token of this studio's own server."""

    async def open(self, job: Job) -> None:
        """Send an avatar into a session's room."""

    async def tell(self, session_id: str, command: Mapping[str, object]) -> None:
        """Give a command to a session's avatar; nothing happens if there is none."""

    async def address_for(self, session_id: str, faults: Iterable[Fault]) -> str:
        """Where the session's user joins, through the network that these faults make."""

    def change_network(self, session_id: str, faults: Iterable[Fault]) -> bool:
        """Another network for a session that runs; False if its user joined directly."""

    async def close(self, session_id: str, reason: str) -> None:
        """Call the avatar back, close the room and the way to it."""

    def worker_pid(self, session_id: str) -> int | None:
        """The process that plays a session's avatar, if there is one."""

    async def user_in(self, session_id: str) -> bool:
        """Whether a user is in the session's room right now."""

    async def shut(self) -> None:
        """End everything that was started."""


class Conductor:
    """Start, stop and watch sessions. One event loop calls it."""

    def __init__(self, world: World, studio: Studio, faults: FaultBook, addresses: Addresses) -> None:
        self.world = world
        self.studio = studio  # may be changed before the first start: a studio reports to its conductor
        self.faults = faults
        self.addresses = addresses
        self._complaints: deque[tuple[str, str]] = deque(maxlen=50)
        self._playing: dict[str, dict[str, Fault]] = {}
        self._chores: set[asyncio.Task[None]] = set()

    async def start(self, session_id: str) -> dict[str, object]:
        """Start a session; the data of the answer (LiveAvatar API facts §2.9)."""
        await self.studio.ready()
        struck = {fault.name: fault for fault in self.faults.for_start(session_id)}
        session, wanted = self.world.sessions.start(session_id, pretend=struck)
        self._playing[session_id] = struck
        log.info("session.started id=%s faults=%s", session_id, ",".join(struck) or "none")
        if "dispatch_failed" not in struck:
            self._later(self._open(self._job(session, wanted)))
        # In a room of the caller's own the network is the caller's too.
        of_network = struck.values() if wanted.livekit is None else ()
        return way_in(
            session,
            wanted,
            livekit_url=await self.studio.address_for(session_id, of_network),
            token=self.studio.token,
            addresses=self.addresses,
            signing_key=self.world.signing_key,
            struck=struck,
        )

    async def stop(self, session_id: str, reason: EndReason) -> None:
        """End a session now; its avatar leaves right after."""
        was_active = self.world.sessions.get(session_id).state == "active"
        self.world.sessions.end(session_id, reason)
        self._playing.pop(session_id, None)
        if was_active:
            log.info("session.ended id=%s reason=%s", session_id, reason)
            self._later(self.studio.close(session_id, reason))

    def sign_of_life(self, session_id: str) -> None:
        """Somebody cares for the session, if it runs."""
        if session_id in self._playing:
            self.world.sessions.keep_alive(session_id)

    async def play(self, session_id: str, fault: Fault) -> None:
        """Let a fault befall a session that runs already."""
        if self.world.sessions.get(session_id).state != "active":
            raise Refusal(400, "Session is not active")
        playing = self._playing.setdefault(session_id, {})
        if fault.name in NETWORK_FAULTS and not self.studio.change_network(session_id, [fault]):
            raise Refusal(
                400,
                f"Fault {fault.name} has to be in force before the session starts: its user joined directly",
            )
        playing[fault.name] = fault
        if fault.kind.by_worker:
            await self.studio.tell(session_id, {"command": "fault", "fault": fault.model_dump()})

    async def clear_faults(self) -> None:
        """No session plays a fault any more."""
        for session_id in self._playing:
            await self.studio.tell(session_id, {"command": "clear_faults"})
            self.studio.change_network(session_id, [])
            self._playing[session_id] = {}

    async def watch(self) -> None:
        """End sessions whose time has come, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_TICK_S)

    async def look(self) -> None:
        """One round of watching."""
        await self._silence_overdue()
        for session_id, reason in self._struck_down() + self.world.sessions.due(closes_at_max=self._closes):
            if reason == "ZOMBIE_SESSION_REAP" and await self.studio.user_in(session_id):
                # The worker may be blind or gone; the media server knows who is there.
                self.world.sessions.user_seen(session_id, present=True)
                continue
            if reason == "DISPATCH_FAILED":
                self.world.sessions.refund(session_id)
            await self.stop(session_id, reason)

    async def event(self, session_id: str, event: Mapping[str, object]) -> None:
        """Take in what a session's avatar reports; reports after the end are too late."""
        sessions = self.world.sessions
        if session_id not in self._playing:
            return
        match event.get("event"):
            case "user_joined":
                sessions.user_seen(session_id, present=True)
            case "user_left":
                sessions.user_seen(session_id, present=False)
            case "transcript" if event.get("role") in ("user", "avatar"):
                sessions.heard(
                    session_id, "user" if event["role"] == "user" else "avatar", str(event.get("text", ""))
                )
            case "bridge":
                self._bridged(session_id, str(event.get("state", "")), event.get("detail"))
            case "ended" if event.get("reason") in get_args(EndReason):
                await self.stop(session_id, _reason(str(event["reason"])))
            case "error":
                self._complain(session_id, self._redacted(event.get("message")))

    async def gone(self, session_id: str) -> None:
        """The session's avatar worker ended though nobody called it back."""
        if session_id in self._playing and not self._leaves(session_id):
            await self.stop(session_id, "SERVER_ERROR")

    async def end_all(self, reason: EndReason) -> None:
        """End every session and wait until their avatars have left."""
        for session in self.world.sessions.active():
            await self.stop(session.id, reason)
        await asyncio.gather(*self._chores, return_exceptions=True)

    def _job(self, session: SessionRecord, wanted: Wanted) -> Job:
        token = self.studio.token("heygen", session.id)
        return job_for(
            self.world,
            session,
            wanted,
            livekit_url=self.studio.livekit_url,
            token=token,
            openai_url=self.addresses.openai,
        )

    async def _open(self, job: Job) -> None:
        # Only now: a fault may have been given, or taken away, since start was called.
        playing = self._playing.get(job.session_id, {}).values()
        job.faults = [fault.model_dump() for fault in playing if fault.kind.by_worker]
        try:
            await self.studio.open(job)
        except OSError:
            log.exception("avatar.not_started id=%s", job.session_id)
            await self.stop(job.session_id, "SERVER_ERROR")
        if job.session_id not in self._playing:  # stopped while the avatar was on its way
            await self.studio.close(job.session_id, "USER_CLOSED")

    def _struck_down(self) -> list[tuple[str, EndReason]]:
        now = self.world.clock()
        ends: list[tuple[str, EndReason]] = []
        for session in self.world.sessions.active():
            age = now - (session.started_at or now)
            for fault in self._playing.get(session.id, {}).values():
                if fault.name == "early_end" and age >= fault.number("after_s"):
                    ends.append((session.id, _reason(fault.text("reason"))))
                elif fault.name == "dispatch_failed" and age >= fault.number("after_s"):
                    ends.append((session.id, "DISPATCH_FAILED"))
        return ends

    async def _silence_overdue(self) -> None:
        """At its maximum duration a session was once seen to go mute and stay open (§6.12)."""
        now = self.world.clock()
        for session in self.world.sessions.active():
            over = now - (session.started_at or now) >= session.max_session_duration
            playing = self._playing.get(session.id, {})
            if over and "silent_max_duration" in playing and "mute" not in playing:
                for name in ("no_answer", "mute"):
                    await self.play(session.id, Fault(name=name))

    def _bridged(self, session_id: str, state: str, detail: object) -> None:
        """Keep and log how the link to the model stands, and why: a mute avatar has no other witness."""
        why = " ".join(self._redacted(detail or "").split())
        self.world.sessions.bridged(session_id, state, why)
        level = logging.INFO if state == "connected" else logging.WARNING
        log.log(level, "bridge.%s id=%s why=%s", state, session_id, why or "-")

    def _complain(self, session_id: str, why: str) -> None:
        """Log what went wrong with an avatar, once."""
        if (session_id, why) not in self._complaints:
            self._complaints.append((session_id, why))
            log.warning("avatar.error id=%s why=%s", session_id, why)

    def _redacted(self, message: object) -> str:
        """A worker's words without any key that it may have been given."""
        text = str(message)
        for secret in self.world.secrets.newest_first():
            if secret.secret_value:
                text = text.replace(secret.secret_value, "[secret]")
        return text

    def _closes(self, session_id: str) -> bool:
        return "silent_max_duration" not in self._playing.get(session_id, {})

    def _leaves(self, session_id: str) -> bool:
        return bool({"leaves", "no_avatar"} & set(self._playing.get(session_id, {})))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _reason(text: str) -> EndReason:
    return text  # type: ignore[return-value]  # checked by the fault table's reader
