"""One running emulator: builds the house, opens the door, and leaves nothing behind when it closes."""

import asyncio
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from liveavatar_emulator.calls import CallLog
from liveavatar_emulator.conductor import Conductor
from liveavatar_emulator.faults import FaultBook, Rule
from liveavatar_emulator.holds import Holds
from liveavatar_emulator.http import CALLS_A_SECOND, create_app
from liveavatar_emulator.http.access import House
from liveavatar_emulator.http.dropping import Droppable
from liveavatar_emulator.no_media import NoMedia
from liveavatar_emulator.settings import Settings
from liveavatar_emulator.store import Store
from liveavatar_emulator.world import Patience, Plan, World

log = logging.getLogger(__name__)
_GRACE_S = 3
_LAST_RESORT_S = 12.0


@dataclass(frozen=True)
class Options:
    """What the flags say."""

    state: Path | None
    media: bool = True
    port: int = 0
    die_with_parent: bool = False
    rules: Iterable[Rule] = ()
    plan: Plan = field(default_factory=Plan)
    patience: Patience = field(default_factory=Patience)
    calls_a_second: int = CALLS_A_SECOND


def run(settings: Settings, options: Options, announce: Callable[[dict[str, object]], None]) -> None:
    """
    Serve until told to stop (SIGINT, SIGTERM, or the parent's end).

    ``announce`` is called once, with the ready line's content, when the door is open. Raises StateUnusable
    for a bad state file and OSError for a port in use.
    """
    store = Store(options.state)
    door = socket.create_server(("127.0.0.1", options.port))
    try:
        asyncio.run(_serve(settings, options, store, door, announce))
    finally:
        door.close()
        store.close()


async def _serve(
    settings: Settings,
    options: Options,
    store: Store,
    door: socket.socket,
    announce: Callable[[dict[str, object]], None],
) -> None:
    api_url = f"http://127.0.0.1:{door.getsockname()[1]}"
    openai_url = settings.openai_url or f"{api_url}/openai/v1"
    world = World(store, plan=options.plan, patience=options.patience)
    for session in world.sessions.end_left_over():
        log.warning("session.ended id=%s reason=SERVER_ERROR why=left over from an earlier run", session.id)
    studio = NoMedia()
    faults = FaultBook(options.rules)
    conductor = Conductor(world, studio, faults, openai_url=openai_url)
    house = House(
        world, conductor, faults, Holds(), CallLog(world.clock), settings.api_key.get_secret_value()
    )
    server = _server(create_app(house, calls_a_second=options.calls_a_second))
    if options.die_with_parent:
        _watch_parent(server)
    watching = asyncio.create_task(conductor.watch())
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            announce(
                {
                    "api_url": api_url,
                    "api_key": settings.api_key.get_secret_value(),
                    "livekit_url": studio.livekit_url,
                    "openai_url": openai_url,
                    "admin_url": f"{api_url}/_emulator",
                    "state": str(options.state) if options.state else None,
                    "pid": os.getpid(),
                }
            )
        await serving
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await conductor.end_all("SERVER_ERROR")
        await studio.shut()


def _server(app: object) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # FastAPI is an ASGI app
        http=Droppable,
        access_log=False,  # paths are in /_emulator/calls; tokens are nowhere
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def _watch_parent(server: uvicorn.Server) -> None:
    """Stop serving when standard input ends; end by force if that takes too long."""

    def wait() -> None:
        with suppress(OSError, ValueError):
            while sys.stdin.buffer.read(1024):
                pass
        server.should_exit = True
        last_resort = threading.Timer(_LAST_RESORT_S, os._exit, args=(1,))
        last_resort.daemon = True
        last_resort.start()

    threading.Thread(target=wait, name="parent", daemon=True).start()
