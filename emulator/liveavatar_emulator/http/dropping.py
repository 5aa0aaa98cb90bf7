"""Drops a connection under a client, as a network does, so that lost answers can be rehearsed."""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_LINGER_NOT = struct.pack("ii", 1, 0)


class Droppable(H11Protocol):
    """uvicorn's own HTTP protocol, remembering its transports by the client's address."""

    transports: dict[tuple[str, int], asyncio.Transport] = {}  # noqa: RUF012 - shared on purpose: one register

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Remember the connection."""
        super().connection_made(transport)
        self.transports[_peer(transport)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.transports.pop(_peer(self.transport), None)
        super().connection_lost(exc)


async def drop(scope: Scope, *, reset: bool) -> None:
    """
    End the connection of this request without an answer.

    ``reset`` sends RST, so that the client sees the connection reset; otherwise it sees it closed. Raises
    ConnectionResetError where there is no connection to drop (an app called in process).
    """
    transport = connection(scope)
    if transport is None:
        raise ConnectionResetError("the emulator dropped the connection")
    line: Any = transport.get_extra_info("socket")
    if reset and line is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    await asyncio.sleep(0.01)  # let uvicorn notice, or it would call this an unfinished response


def connection(scope: Scope) -> asyncio.Transport | None:
    """The connection that a request came by; None for an app called in process."""
    client = scope.get("client")
    return Droppable.transports.get((client[0], client[1])) if client else None


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    peer = transport.get_extra_info("peername") or ("", 0)
    return (str(peer[0]), int(peer[1]))
