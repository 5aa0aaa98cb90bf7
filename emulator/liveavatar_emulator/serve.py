"""One running emulator: builds the house, opens the door, and leaves nothing behind when it closes."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from liveavatar_emulator import openai_stand_in
from liveavatar_emulator.calls import CallLog
from liveavatar_emulator.conductor import Conductor, Studio
from liveavatar_emulator.faults import FaultBook, Rule
from liveavatar_emulator.holds import Holds
from liveavatar_emulator.http import CALLS_A_SECOND, create_app
from liveavatar_emulator.http.access import House
from liveavatar_emulator.http.dropping import Droppable
from liveavatar_emulator.no_media import NoMedia
from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.settings import Settings
from liveavatar_emulator.store import Store
from liveavatar_emulator.studio import open_studio
from liveavatar_emulator.way_in import Addresses
from liveavatar_emulator.workers import WORKER
from liveavatar_emulator.world import Patience, Plan, World

log = logging.getLogger(__name__)
_GRACE_S = 3
_LAST_RESORT_S = 20.0

Announce = Callable[[dict[str, object]], None]


@dataclass(frozen=True)
class Options:
    """What the flags say; ``livekit`` is the server's binary, None for no media."""

    state: Path | None
    livekit: Path | None
    port: int = 0
    media_tcp: bool = False
    die_with_parent: bool = False
    rules: Sequence[Rule] = ()
    plan: Plan = field(default_factory=Plan)
    patience: Patience = field(default_factory=Patience)
    calls_a_second: int = CALLS_A_SECOND
    worker: Sequence[str] = WORKER


def run(settings: Settings, options: Options, announce: Announce) -> None:
    """
    Serve until told to stop (SIGINT, SIGTERM, or the parent's end).

    ``announce`` is called once, with the ready line's content, when the door is open and the media server
    answers, or is given up (after 25 s at most: then each start says why). Raises StateUnusable for a bad
    state file and OSError for a port in use.
    """
    store = Store(options.state)
    try:
        with socket.create_server(("127.0.0.1", options.port)) as door:
            asyncio.run(_serve(settings, options, store, door, announce))
    finally:
        store.close()


async def _serve(
    settings: Settings, options: Options, store: Store, door: socket.socket, announce: Announce
) -> None:
    api_url = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with AsyncExitStack() as closing:
        house = await _build(settings, options, store, api_url, closing)
        server = _server(_app(settings, options, house))
        if options.die_with_parent:
            _watch_parent(server)
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signal_number, server.told_to_stop)
        serving = asyncio.create_task(server.serve(sockets=[door]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        opened = asyncio.create_task(_media_is_up(house.conductor.studio))
        closing.callback(opened.cancel)
        await asyncio.wait({serving, opened}, return_when=asyncio.FIRST_COMPLETED)
        if server.started and not server.should_exit:
            announce(_ready_line(api_url, house, options.state))
        await serving


async def _media_is_up(studio: Studio) -> None:
    """Return when rooms can be opened, or never will: then each start says why, and the rest works."""
    with suppress(Refusal):
        await studio.ready()


def _ready_line(api_url: str, house: House, state: Path | None) -> dict[str, object]:
    return {
        "api_url": api_url,
        "api_key": house.api_key,
        "livekit_url": house.conductor.studio.livekit_url,
        "openai_url": house.conductor.addresses.openai,
        "admin_url": f"{api_url}/_emulator",
        "state": str(state) if state else None,
        "pid": os.getpid(),
    }


async def _build(
    settings: Settings, options: Options, store: Store, api_url: str, closing: AsyncExitStack
) -> House:
    openai_url = settings.openai_url or f"{api_url}/openai/v1"
    world = World(store, plan=options.plan, patience=options.patience)
    for session in world.sessions.end_left_over():
        log.warning("session.ended id=%s reason=SERVER_ERROR why=left over from an earlier run", session.id)
    faults = FaultBook(options.rules)
    silent = closing.enter_context(socket.create_server(("127.0.0.1", 0)))  # never accepts: dead_media
    addresses = Addresses(api_url, openai_url, dead=f"ws://127.0.0.1:{silent.getsockname()[1]}")
    conductor = Conductor(world, NoMedia(), faults, addresses)
    if options.livekit is not None:
        conductor.studio = open_studio(
            options.livekit,
            conductor.event,
            conductor.gone,
            media_tcp=options.media_tcp,
            worker=options.worker,
        )
    closing.push_async_callback(conductor.studio.shut)
    closing.push_async_callback(conductor.end_all, "SERVER_ERROR")
    watching = asyncio.create_task(conductor.watch())
    closing.callback(watching.cancel)
    return House(world, conductor, faults, Holds(), CallLog(world.clock), settings.api_key.get_secret_value())


def _app(settings: Settings, options: Options, house: House) -> FastAPI:
    return create_app(house, calls_a_second=options.calls_a_second, openai_stand_in=_stand_in(settings))


def _stand_in(settings: Settings) -> ASGIApp:
    accepted = {key.get_secret_value() for key in settings.openai_keys}
    return openai_stand_in.create_app(accepted.__contains__)


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handling, which would end the process before its children."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the emulator."""
        yield

    def told_to_stop(self) -> None:
        """Finish what is being answered; at the second time of telling, do not."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _server(app: FastAPI) -> _Server:
    config = uvicorn.Config(
        app,
        http=Droppable,
        access_log=False,  # paths are in /_emulator/calls; tokens are nowhere
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return _Server(config)


def _watch_parent(server: _Server) -> None:
    """Stop serving when standard input ends; end by force if that takes too long."""

    def wait() -> None:
        with suppress(OSError, ValueError):
            while os.read(0, 1024):  # not sys.stdin: its lock would be held at the end
                pass
        server.should_exit = True
        last_resort = threading.Timer(_LAST_RESORT_S, os._exit, args=(1,))
        last_resort.daemon = True
        last_resort.start()

    threading.Thread(target=wait, name="parent", daemon=True).start()
