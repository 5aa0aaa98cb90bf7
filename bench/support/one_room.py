"""
The emulator with one avatar for everybody: each session that is started leads into the same room.

So the avatar's cost stays the same however many watch, and two viewers compared with each other see the
same picture. API, rules and media server are the emulator's own; only the studio differs: sessions share
one room, each viewer has a name of its own, and the avatar stays when a session is stopped.

`python -m bench.support.one_room QUALITY [FAULT]` serves until its standard input ends.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import uvicorn
from tests.support.emulator import RunningEmulator, wait_gone

from liveavatar_emulator import settings
from liveavatar_emulator.calls import CallLog
from liveavatar_emulator.conductor import Conductor
from liveavatar_emulator.faults import FaultBook
from liveavatar_emulator.holds import Holds
from liveavatar_emulator.http import create_app
from liveavatar_emulator.http.access import House
from liveavatar_emulator.jobs import FPS, SIZES, Job, JobAvatar, JobVideo
from liveavatar_emulator.no_media import NoMedia
from liveavatar_emulator.store import Store
from liveavatar_emulator.studio import AVATAR, LiveStudio, open_studio
from liveavatar_emulator.way_in import Addresses
from liveavatar_emulator.world import Plan, World

ROOM = "one-room"
QUALITIES = {str(name): size for name, size in SIZES.items()}
READY_WITHIN_S = 60.0


class OneRoom(NoMedia):
    """A studio whose sessions all play in the room `ROOM`."""

    def __init__(self, inside: LiveStudio) -> None:
        super().__init__()
        self._inside = inside
        self.livekit_url = inside.livekit_url

    async def ready(self) -> None:
        """As the studio inside."""
        await self._inside.ready()

    def token(self, identity: str, room: str) -> str:
        """A viewer's way into the one room; its name carries the session's, or it would put others out."""
        return self._inside.token(identity if identity == AVATAR else f"{identity}-{room}", ROOM)

    async def user_in(self, session_id: str) -> bool:
        """Nobody is missed here."""
        return bool(session_id)

    async def shut(self) -> None:
        """End avatar and media server."""
        await self._inside.shut()


async def _serve(quality: str, fault: str | None) -> None:
    env = settings.load()
    assert env.livekit_binary is not None, "no livekit-server; `make setup` makes one"
    at_work = asyncio.Event()

    async def heard(_session_id: str, event: Mapping[str, object]) -> None:
        if event.get("event") == "joined":
            at_work.set()

    async def gone(_session_id: str) -> None:
        sys.stderr.write("the avatar's worker ended\n")

    async with AsyncExitStack() as closing:
        inside = open_studio(env.livekit_binary, heard, gone)
        closing.push_async_callback(inside.shut)
        await inside.ready()
        await inside.open(_job(inside, quality, fault))
        await asyncio.wait_for(at_work.wait(), READY_WITHIN_S)
        door = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        world = World(Store(None), plan=Plan(credits=Decimal(100_000), concurrency=1000))
        addresses = Addresses(address, f"{address}/openai/v1", dead="ws://127.0.0.1:9")
        faults = FaultBook()
        conductor = Conductor(world, OneRoom(inside), faults, addresses)
        key = env.api_key.get_secret_value()
        house = House(world, conductor, faults, Holds(), CallLog(world.clock), key)
        server = uvicorn.Server(uvicorn.Config(create_app(house), access_log=False, log_level="warning"))
        threading.Thread(target=_until_input_ends, args=(server,), daemon=True).start()
        ready = {
            "api_url": address,
            "api_key": key,
            "livekit_url": inside.livekit_url,
            "openai_url": addresses.openai,
            "admin_url": f"{address}/_emulator",
            "state": None,
            "pid": os.getpid(),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await server.serve(sockets=[door])


def _job(studio: LiveStudio, quality: str, fault: str | None) -> Job:
    """The one avatar's: no model behind it, so that it neither talks nor greets."""
    width, height = QUALITIES[quality]
    return Job(
        session_id=ROOM,
        livekit_url=studio.livekit_url,
        token=studio.token(AVATAR, ROOM),
        avatar=JobAvatar(id=ROOM, name="June", look="studio"),
        video=JobVideo(width=width, height=height, fps=FPS, codec="H264"),
        context=None,
        openai=None,
        faults=[{"name": fault}] if fault else [],
        max_session_duration=86_400,
    )


def _until_input_ends(server: uvicorn.Server) -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    server.should_exit = True


@contextmanager
def one_room(quality: str, *, log: Path | None = None, fault: str | None = None) -> Iterator[RunningEmulator]:
    """
    Such an emulator for as long as the block runs; `quality` is the picture's, as sessions name it, and
    `fault` one of the worker's, from the avatar's start.
    """
    errors = log.open("ab") if log else None
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.support.one_room", quality, *([fault] if fault else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    running = None
    try:
        line = process.stdout.readline()
        assert line, f"the room did not open (exit code {process.wait()}); see its standard error"
        running = RunningEmulator(process=process, **json.loads(line))
        yield running
    finally:
        below = running.children() if running else set()
        process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        if errors:
            errors.close()
        wait_gone(below)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
