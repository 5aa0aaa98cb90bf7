"""The address that a session with a network fault is given: signalling passes through, media by relay."""

import asyncio
import logging
from collections.abc import Callable, Iterable

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Request, Response

from liveavatar_emulator.network.candidates import HERE, Doors, Rewriting
from liveavatar_emulator.network.conditions import CLEAR, Conditions, cleared
from liveavatar_emulator.network.relays import Server, TcpRelay, UdpRelay

log = logging.getLogger(__name__)
_ANSWERS_WITHIN_S = 10.0
_PASSED_ON = ("authorization", "origin", "user-agent", "accept-language")
_PASSED_BACK = ("content-type", "access-control-allow-origin", "vary")

Message = str | bytes
Change = Callable[[bytes], list[bytes]]


class Detour:
    """One session's way to the media server; ``url`` is what its user joins."""

    def __init__(self, livekit_url: str, given: Conditions) -> None:
        self._livekit_url = livekit_url
        self._given = given
        server = Server()
        self._udp = UdpRelay(server)
        self._tcp = None if given.tcp == "not offered" else TcpRelay(server, given.tcp)
        doors = Doors(self._udp.port, self._tcp.port if self._tcp else None)
        self._rewriting = Rewriting(doors, server.found)
        self._upstream: dict[ServerConnection, ClientConnection] = {}
        self._listening: WebSocketServer | None = None
        self._sets_in: asyncio.TimerHandle | None = None
        self.url = ""

    @classmethod
    async def open(cls, livekit_url: str, given: Conditions) -> "Detour":
        """A detour in working order."""
        detour = cls(livekit_url, given)
        if detour._tcp is not None:
            await detour._tcp.open()
        detour._listening = await serve(
            detour._carry,
            HERE,
            0,
            process_request=detour._call_ahead,
            compression=None,
            ping_interval=None,
            max_size=None,
            logger=_quiet,
        )
        detour.url = f"ws://{HERE}:{next(iter(detour._listening.sockets)).getsockname()[1]}"
        detour.change(given)
        return detour

    def change(self, given: Conditions) -> None:
        """Other weather on the same roads; what is offered by TCP stays as it was."""
        if self._sets_in is not None:
            self._sets_in.cancel()
        self._given = given
        if given.after_s > 0:
            self._udp.turn(CLEAR)
            self._sets_in = asyncio.get_running_loop().call_later(
                given.after_s, self._udp.turn, given.weather
            )
        else:
            self._udp.turn(given.weather)

    def clear(self) -> None:
        """Fine weather from now on."""
        self.change(cleared(self._given))

    async def close(self) -> None:
        """End signalling and media, give every port back."""
        if self._sets_in is not None:
            self._sets_in.cancel()
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()
        for upstream in list(self._upstream.values()):
            await upstream.close()
        self._udp.close()
        if self._tcp is not None:
            await self._tcp.close()

    async def _call_ahead(self, user: ServerConnection, request: Request) -> Response | None:
        """Ask the server first, so that its refusals reach the user as they are."""
        headers = [(name, value) for name, value in request.headers.raw_items() if name.lower() in _PASSED_ON]
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await self._fetch(request.path, headers)
        try:
            self._upstream[user] = await connect(
                self._livekit_url + request.path,
                additional_headers=headers,
                user_agent_header=None,
                compression=None,
                ping_interval=None,
                max_size=None,
                proxy=None,
                open_timeout=_ANSWERS_WITHIN_S,
                logger=_quiet,
            )
        except InvalidStatus as refused:
            return _passed_back(
                refused.response.status_code, refused.response.headers, bytes(refused.response.body)
            )
        except (OSError, TimeoutError, WebSocketException):
            return _passed_back(502, Headers(), b"the media server does not answer")
        return None

    async def _fetch(self, path: str, headers: list[tuple[str, str]]) -> Response:
        async with httpx.AsyncClient(trust_env=False, timeout=_ANSWERS_WITHIN_S) as http:
            try:
                answer = await http.get(self._livekit_url.replace("ws", "http", 1) + path, headers=headers)
            except httpx.HTTPError:
                return _passed_back(502, Headers(), b"the media server does not answer")
        return _passed_back(answer.status_code, Headers(answer.headers.multi_items()), answer.content)

    async def _carry(self, user: ServerConnection) -> None:
        server = self._upstream.pop(user)
        ways = [
            asyncio.create_task(self._one_way(user, server, self._rewriting.to_server)),
            asyncio.create_task(self._one_way(server, user, self._rewriting.to_user)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await server.close()
            await user.close()

    async def _one_way(self, source: Connection, sink: Connection, change: Change) -> None:
        """Pass messages on in order, as late as the weather makes them. Loss only delays a TCP stream."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, Message]] = asyncio.Queue()

        async def send() -> None:
            while True:
                due, message = await waiting.get()
                await asyncio.sleep(due - loop.time())
                await sink.send(message)

        sending = asyncio.create_task(send())
        try:
            async for message in source:
                for changed in _changed(message, change):
                    waiting.put_nowait((loop.time() + self._udp.weather.delay_s, changed))
        except ConnectionClosed:
            pass
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


def _changed(message: Message, change: Change) -> Iterable[Message]:
    return [message] if isinstance(message, str) else change(message)


def _passed_back(status: int, headers: Headers, body: bytes) -> Response:
    kept = [(name, value) for name, value in headers.raw_items() if name.lower() in _PASSED_BACK]
    return Response(status, "", Headers([*kept, ("Content-Length", str(len(body)))]), body)


_quiet = logging.getLogger("liveavatar_emulator.network.websockets")
_quiet.setLevel(logging.CRITICAL)  # a user that hangs up is no error, and paths hold tokens
