"""The studio with media: a LiveKit server and the avatar workers in its rooms."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from liveavatar_emulator.faults import Fault
from liveavatar_emulator.jobs import Job
from liveavatar_emulator.livekit_server import LiveKitServer
from liveavatar_emulator.network import Detour, conditions
from liveavatar_emulator.workers import WORKER, OnEvent, OnGone, Workers

# The avatar's last words have to reach the user before the room closes.
_FAREWELL_S = 0.5
AVATAR = "heygen"  # LiveAvatar API facts §3.3


class LiveStudio:
    """What a Conductor needs to make sessions seen and heard."""

    def __init__(self, livekit: LiveKitServer, workers: Workers) -> None:
        self._livekit = livekit
        self._workers = workers
        self.livekit_url = livekit.url
        self._detours: dict[str, Detour] = {}
        self._running = asyncio.create_task(self._livekit.keep_running())
        self._warming = asyncio.create_task(self._warm())

    async def ready(self) -> None:
        """Return when rooms can be opened."""
        await self._livekit.ready()

    def token(self, identity: str, room: str) -> str:
        """A LiveKit token."""
        return self._livekit.token(identity, room)

    async def open(self, job: Job) -> None:
        """Send an avatar into a session's room."""
        await self._workers.open(job)

    async def tell(self, session_id: str, command: Mapping[str, object]) -> None:
        """Give a command to a session's avatar."""
        await self._workers.tell(session_id, command)

    async def address_for(self, session_id: str, faults: Iterable[Fault]) -> str:
        """Where the session's user joins: a detour of its own if a fault is of the network."""
        given = conditions(faults)
        if given is None:
            return self.livekit_url
        self._detours[session_id] = await Detour.open(self.livekit_url, given)
        return self._detours[session_id].url

    def change_network(self, session_id: str, faults: Iterable[Fault]) -> bool:
        """Other weather for a session that runs; False if it was started without a detour."""
        detour, given = self._detours.get(session_id), conditions(faults)
        if detour is not None and given is not None:
            detour.change(given)
        elif detour is not None:
            detour.clear()
        return detour is not None

    async def close(self, session_id: str, reason: str) -> None:
        """Call the avatar back, then close the room and the way to it."""
        await self._workers.close(session_id, reason)
        await asyncio.sleep(_FAREWELL_S)
        await self._livekit.close_room(session_id)
        await self._end_detour(session_id)

    def worker_pid(self, session_id: str) -> int | None:
        """The process that plays a session's avatar, if there is one."""
        return self._workers.pids().get(session_id)

    async def user_in(self, session_id: str) -> bool:
        """Whether anybody but the avatar is in the room, by the media server's word."""
        return bool(await self._livekit.people_in(session_id) - {AVATAR})

    async def shut(self) -> None:
        """End workers and server."""
        self._warming.cancel()
        self._running.cancel()
        await asyncio.gather(self._warming, self._running, return_exceptions=True)
        for session_id in list(self._detours):
            await self._end_detour(session_id)
        await self._workers.shut()
        await self._livekit.shut()

    async def _end_detour(self, session_id: str) -> None:
        detour = self._detours.pop(session_id, None)
        if detour is not None:
            await detour.close()

    async def _warm(self) -> None:
        await self._livekit.ready()
        await self._workers.warm()


def open_studio(
    binary: Path,
    on_event: OnEvent,
    on_gone: OnGone,
    *,
    media_tcp: bool = False,
    worker: Sequence[str] = WORKER,
) -> LiveStudio:
    """A studio whose server is starting up in the background."""
    livekit = LiveKitServer(binary, media_tcp=media_tcp)
    return LiveStudio(livekit, Workers(on_event, on_gone, command=worker))
