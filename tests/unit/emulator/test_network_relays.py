"""A detour on real sockets, with a stand-in for the media server: what passes, and what is left."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
import websockets
from livekit.protocol.rtc import SignalResponse
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from liveavatar_emulator.network import Conditions, Detour
from liveavatar_emulator.network.conditions import Weather
from tests.support.processes import socket_numbers

PATIENCE_S = 20.0
CLOSED = Weather(loss=1.0)


class Echo(asyncio.DatagramProtocol):
    """Takes media and sends it back."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override] # it is one
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(b"echo " + data, addr)


@asynccontextmanager
async def media_server() -> AsyncIterator[str]:
    """Tells everybody who joins where it takes media, then echoes; without a token it refuses."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]

    def door(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/rtc/validate":
            return connection.respond(HTTPStatus.OK, "success")
        return (
            None if "Authorization" in request.headers else connection.respond(HTTPStatus.UNAUTHORIZED, "no")
        )

    async def talk(user: ServerConnection) -> None:
        message = SignalResponse()
        candidate = f"candidate:1 1 udp 2130706431 127.0.0.1 {port} typ host"
        message.trickle.candidateInit = json.dumps({"candidate": candidate})
        await user.send(message.SerializeToString())
        await user.wait_closed()

    async with websockets.serve(talk, "127.0.0.1", 0, process_request=door) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
    transport.close()


def doors(raw: bytes | str) -> list[str]:
    assert isinstance(raw, bytes)
    words = json.loads(SignalResponse.FromString(raw).trickle.candidateInit)["candidate"].split()
    return [words[2], words[5]]


async def joined(detour: Detour, count: int) -> tuple[websockets.ClientConnection, dict[str, int]]:
    """A user's signalling, and the port behind each transport it was offered."""
    user = await websockets.connect(detour.url + "/rtc/v1", additional_headers={"Authorization": "Bearer x"})
    offered = [doors(await asyncio.wait_for(user.recv(), PATIENCE_S)) for _ in range(count)]
    return user, {transport: int(port) for transport, port in offered}


@asynccontextmanager
async def relayed(
    conditions: Conditions, *, doors: int = 1
) -> AsyncIterator[tuple[Detour, websockets.ClientConnection, dict[str, int]]]:
    """A detour to a media server, a user behind it, and the port of each way that the user was offered."""
    async with media_server() as server:
        detour = await Detour.open(server, conditions)
        user, ports = await joined(detour, doors)
        try:
            yield detour, user, ports
        finally:
            await user.close()
            await detour.close()


async def by_udp(port: int, within_s: float) -> bytes | None:
    """What comes back for one datagram, sent until something does."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as user:
        user.setblocking(False)
        user.connect(("127.0.0.1", port))
        user.send(b"hello")
        try:
            return await asyncio.wait_for(loop.sock_recv(user, 2000), within_s)
        except TimeoutError:
            return None


def in_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        before = {task for task in asyncio.all_tasks() if not task.done()}
        await test()
        await asyncio.sleep(0.05)
        assert {task for task in asyncio.all_tasks() if not task.done()} == before

    asyncio.run(run())


def test_media_takes_the_relay_and_nothing_is_left() -> None:
    """What the user sends to the offered port comes back from there; closed, no socket is left."""

    async def test() -> None:
        async with media_server() as server:
            before = open_sockets()
            detour = await Detour.open(server, Conditions())
            user, ports = await joined(detour, 1)
            assert await by_udp(ports["udp"], PATIENCE_S) == b"echo hello"
            await user.close()
            await detour.close()
            async with asyncio.timeout(PATIENCE_S):
                while open_sockets() > before:
                    await asyncio.sleep(0.02)

    in_a_loop(test)


def test_udp_blocked_leaves_tcp_open() -> None:
    """No datagram passes; a framed one in a TCP stream does, and is framed on its way back."""

    async def test() -> None:
        async with relayed(Conditions(CLOSED, tcp="works"), doors=2) as (_, _, ports):
            assert await by_udp(ports["udp"], 0.3) is None

            reader, writer = await asyncio.open_connection("127.0.0.1", ports["tcp"])
            writer.write(b"\x00\x05hel")
            writer.write(b"lo\x00\x02by")
            expected = b"\x00\x0aecho hello\x00\x07echo by"
            assert await asyncio.wait_for(reader.readexactly(len(expected)), PATIENCE_S) == expected

        assert await reader.read() == b""
        writer.close()

    in_a_loop(test)


def test_media_blocked_refuses_tcp_too() -> None:
    """TCP is offered, nobody takes the connection, and signalling lives on."""

    async def test() -> None:
        async with relayed(Conditions(CLOSED, tcp="refused"), doors=2) as (_, user, ports):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", ports["tcp"])
            assert await by_udp(ports["udp"], 0.3) is None
            await user.ping()

    in_a_loop(test)


def test_a_deaf_tcp_port_takes_connections_and_carries_nothing() -> None:
    """It holds the connection; what is sent there reaches no server."""

    async def test() -> None:
        async with relayed(Conditions(CLOSED, tcp="deaf"), doors=2) as (_, _, ports):
            reader, writer = await asyncio.open_connection("127.0.0.1", ports["tcp"])
            writer.write(b"\x00\x05hello")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.3)
            writer.close()

    in_a_loop(test)


def test_the_weather_can_change_and_clear() -> None:
    """A road that was open is closed, and opened again."""

    async def test() -> None:
        async with relayed(Conditions()) as (detour, _, ports):
            detour.change(Conditions(CLOSED))
            assert await by_udp(ports["udp"], 0.3) is None
            detour.clear()
            assert await by_udp(ports["udp"], PATIENCE_S) == b"echo hello"

    in_a_loop(test)


def test_the_servers_refusals_and_answers_pass() -> None:
    """A refused token is refused with the server's status; plain calls are answered."""

    async def test() -> None:
        async with media_server() as server:
            detour = await Detour.open(server, Conditions())
            with pytest.raises(websockets.InvalidStatus) as caught:
                await websockets.connect(detour.url + "/rtc/v1")
            assert caught.value.response.status_code == HTTPStatus.UNAUTHORIZED

            reader, writer = await asyncio.open_connection("127.0.0.1", int(detour.url.rpartition(":")[2]))
            writer.write(b"GET /rtc/validate HTTP/1.1\r\nHost: here\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(b"success")
            writer.close()
            await detour.close()

    in_a_loop(test)


def open_sockets() -> int:
    return len(socket_numbers(os.getpid()))
