"""One LiveKit server on the loopback interface, kept alive, with ports that the system picks."""

import asyncio
import json
import logging
import os
import secrets
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from pathlib import Path

import httpx

from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.tokens import admin_token, room_token

log = logging.getLogger(__name__)
_UP_WITHIN_S = 20.0
_TRIES = 4
_ASKED_AGAIN_AFTER_S = 0.05


class LiveKitServer:
    """
    The server process, its keys and its rooms.

    Key and secret are made up at each start of the emulator and handed over in the environment, never in
    arguments. ICE over TCP is off unless asked for, because the server binds that port on all interfaces.
    """

    def __init__(self, binary: Path, *, media_tcp: bool = False) -> None:
        self._binary = binary
        self._media_tcp = media_tcp
        self._key = "emulator"
        self._secret = secrets.token_hex(32)
        self._port = _free_port(socket.SOCK_STREAM)
        self._broken: str | None = None
        self._process: Process | None = None
        self._last_words: deque[str] = deque(maxlen=20)
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=5, trust_env=False)

    @property
    def url(self) -> str:
        """Where clients join."""
        return f"ws://127.0.0.1:{self._port}"

    def token(self, identity: str, room: str) -> str:
        """A token to join a room."""
        return room_token(self._key, self._secret, identity=identity, room=room, now=time.time())

    async def ready(self) -> None:
        """Return when the server answers; Refusal 500 if it does not come up."""
        try:
            async with asyncio.timeout(_UP_WITHIN_S + 5):
                # Asked, not remembered: of a server that has just died we hear only when its guard has ended.
                while self._broken is None and not await self._answers():
                    await asyncio.sleep(_ASKED_AGAIN_AFTER_S)
        except TimeoutError:
            raise Refusal(500, "The media server does not answer") from None
        if self._broken is not None:
            raise Refusal(500, f"The media server cannot run: {self._broken}")

    async def keep_running(self) -> None:
        """Start the server, and start it again whenever it ends; until cancelled."""
        failures = 0
        while failures < _TRIES:
            if await self._one_life():
                failures = 0
                log.warning("livekit.died")
            else:
                failures += 1
                await asyncio.sleep(0.3 * failures)
        self._broken = self._last_words[-1] if self._last_words else f"{self._binary} ends at once"
        log.error("livekit.broken why=%s", self._broken)

    async def shut(self) -> None:
        """End the server; the guard sees to it."""
        if self._process is not None and self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 8)
            except TimeoutError:
                self._process.kill()
        await self._http.aclose()

    async def people_in(self, room: str) -> set[str]:
        """Identities of the participants of a room; nobody if there is no such room."""
        answer = await self._ask("ListParticipants", room)
        return {str(one.get("identity")) for one in answer.get("participants", [])}

    async def close_room(self, room: str) -> None:
        """Put everybody out of a room."""
        await self._ask("DeleteRoom", room)

    async def _ask(self, what: str, room: str) -> dict[str, list[dict[str, object]]]:
        token = admin_token(self._key, self._secret, room=room, now=time.time())
        try:
            answer = await self._http.post(
                f"/twirp/livekit.RoomService/{what}",
                json={"room": room},
                headers={"Authorization": f"Bearer {token}"},
            )
            found: dict[str, list[dict[str, object]]] = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            return {}
        return found

    async def _one_life(self) -> bool:
        """Run the server once; whether it came up at all."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "liveavatar_emulator.guard",
            "watch",
            str(self._binary),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            start_new_session=True,  # Ctrl-C is for the emulator; it ends its server in order
            env={"LIVEKIT_CONFIG": json.dumps(self._config()), **_plain_environment()},
        )
        process = self._process
        listening = asyncio.create_task(self._listen(process))
        came_up = await self._wait_until_up(process)
        if not came_up and process.returncode is None:
            process.kill()
        await process.wait()
        await listening
        return came_up

    async def _wait_until_up(self, process: Process) -> bool:
        deadline = time.monotonic() + _UP_WITHIN_S
        while process.returncode is None and time.monotonic() < deadline:
            if await self._answers():
                return True
            await asyncio.sleep(_ASKED_AGAIN_AFTER_S)
        return False

    async def _answers(self) -> bool:
        try:
            return (await self._http.get("/")).is_success
        except httpx.HTTPError:
            return False

    async def _listen(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self._last_words.append(line.decode(errors="replace").strip())

    def _config(self) -> dict[str, object]:
        """The loopback recipe; JSON is YAML to the server."""
        return {
            "port": self._port,
            "bind_addresses": ["127.0.0.1"],
            "keys": {self._key: self._secret},
            "rtc": {
                "node_ip": "127.0.0.1",
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "ips": {"includes": ["127.0.0.1/32"]},
                "udp_port": _free_port(socket.SOCK_DGRAM),
                "tcp_port": _free_port(socket.SOCK_STREAM) if self._media_tcp else 0,
            },
            "room": {"auto_create": True, "empty_timeout": 300, "departure_timeout": 300},
            "logging": {"level": "error", "json": False},
        }


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _plain_environment() -> dict[str, str]:
    """What a child needs of the environment: no keys, no settings meant for somebody else's server."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
