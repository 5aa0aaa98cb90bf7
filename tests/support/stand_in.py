"""The OpenAI stand-in on a real loopback port, for tests of whoever talks to it."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from liveavatar_emulator.openai_stand_in import create_app

KEY = "sk-accepted-in-tests"


@dataclass(frozen=True)
class StandIn:
    """Where it is, and what it has seen."""

    url: str  # ends in /v1

    def seen(self) -> list[dict[str, Any]]:
        """The conversations that arrived, oldest first."""
        return list(httpx.get(f"{self.url}/_seen", timeout=60).json()["sessions"])


@contextlib.contextmanager
def running_stand_in(
    accepts: Callable[[str], bool] = lambda key: key == KEY, **settings: Any
) -> Iterator[StandIn]:
    """A stand-in that accepts `KEY` alone; `settings` go to `create_app`. It thinks and speaks fast."""
    app = create_app(accepts, **{"think_s": 0.0, "pace": 200.0, **settings})
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    try:
        yield StandIn(f"http://127.0.0.1:{door.getsockname()[1]}/v1")
    finally:
        server.should_exit = True
        thread.join(10)
        door.close()
