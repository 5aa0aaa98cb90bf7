"""Carries media between one user and the media server: datagrams, or datagrams framed in a TCP stream."""

import asyncio
import random
import socket
from collections.abc import Callable
from contextlib import suppress

from liveavatar_emulator.network.candidates import HERE, Address
from liveavatar_emulator.network.conditions import CLEAR, Lane, Tcp, Weather

_LARGEST = 65535
_AT_ONCE = 64  # datagrams read before others get their turn
_MOST_USERS = 64
_MOST_UNSENT = 1_000_000  # bytes that wait in a TCP stream; media is too old after that


class Server:
    """Where the media server takes media; learned from its signalling, None until then."""

    address: Address | None = None

    def found(self, address: Address) -> None:
        """The signalling has named the address."""
        self.address = address

    def line(self, take: Callable[[bytes], None]) -> "_Line | None":
        """A socket of its own towards the server; what comes back is given to ``take``."""
        return None if self.address is None else _Line(self.address, take)


class _Line:
    """One socket towards the media server, which is what the server takes for a user's address."""

    def __init__(self, server: Address, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((HERE, 0))
        self._socket.connect(server)
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def send(self, datagram: bytes) -> None:
        """To the server; what cannot be sent is lost, as datagrams are."""
        with suppress(OSError):
            self._socket.send(datagram)

    def close(self) -> None:
        """Give the port back."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        with suppress(OSError):  # nothing more to read, or the server is gone
            for _ in range(_AT_ONCE):
                self._take(self._socket.recv(_LARGEST))


class UdpRelay:
    """A UDP port that stands for the media server's, with weather in between."""

    def __init__(self, server: Server, dice: Callable[[], float] = random.random) -> None:
        self._server = server
        self._lines: dict[Address, _Line] = {}
        self._there, self._back = Lane(dice), Lane(dice)
        self._due: set[asyncio.TimerHandle] = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((HERE, 0))
        self.port: int = self._socket.getsockname()[1]
        self.weather = CLEAR
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def turn(self, weather: Weather) -> None:
        """From now on the weather is this."""
        self.weather = self._there.weather = self._back.weather = weather

    def close(self) -> None:
        """Give all ports back; what is on its way is lost."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        for line in self._lines.values():
            line.close()
        for handle in self._due:
            handle.cancel()
        self._due.clear()

    def _read(self) -> None:
        with suppress(OSError):
            for _ in range(_AT_ONCE):
                datagram, user = self._socket.recvfrom(_LARGEST)
                line = self._lines.get(user) or self._new_line(user)
                if line is not None:
                    self._carry(self._there, datagram, line.send)

    def _new_line(self, user: Address) -> _Line | None:
        def answer(datagram: bytes) -> None:
            self._carry(self._back, datagram, lambda late: self._answer(late, user))

        line = self._server.line(answer) if len(self._lines) < _MOST_USERS else None
        if line is not None:
            self._lines[user] = line
        return line

    def _answer(self, datagram: bytes, user: Address) -> None:
        with suppress(OSError):
            self._socket.sendto(datagram, user)

    def _carry(self, lane: Lane, datagram: bytes, send: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        out_at = lane.out_at(now, len(datagram))
        if out_at is None:
            return
        if out_at <= now:
            send(datagram)
            return

        def arrive() -> None:
            self._due.discard(handle)
            send(datagram)

        handle = loop.call_at(out_at, arrive)
        self._due.add(handle)


class TcpRelay:
    """
    A TCP port for media framed as RFC 4571 says (two bytes of length, then a datagram).

    The server gets plain datagrams: its own TCP port would be open on every interface, this one is not.
    Refused, the port is held and takes no connection; deaf, it takes them and carries nothing.
    """

    def __init__(self, server: Server, mode: Tcp = "works") -> None:
        self._server = server
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((HERE, 0))
        self.port: int = self._socket.getsockname()[1]
        self._mode = mode
        self._listening: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take connections, unless it refuses."""
        if self._mode != "refused":
            self._listening = await asyncio.start_server(self._come_in, sock=self._socket)

    async def close(self) -> None:
        """Give the port back and drop every connection."""
        if self._listening is not None:
            self._listening.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._socket.close()

    async def _come_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def answer(datagram: bytes) -> None:
            if writer.transport.get_write_buffer_size() < _MOST_UNSENT and not writer.is_closing():
                writer.write(len(datagram).to_bytes(2, "big") + datagram)

        deaf = self._mode == "deaf"
        line = None if deaf else self._server.line(answer)
        try:
            while deaf or line is not None:
                size = int.from_bytes(await reader.readexactly(2), "big")
                datagram = await reader.readexactly(size)
                if line is not None:
                    line.send(datagram)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the user hung up
        finally:
            if line is not None:
                line.close()
            writer.close()
