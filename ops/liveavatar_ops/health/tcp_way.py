"""
After a media path that did not come up: would TCP have worked, and what has to be opened in the firewall?

The SDK tries UDP, TCP and TURN by itself and does not tell which of them failed, nor where. So this opens
the signalling once more, reads where the server takes media (session description and ICE candidates) and
knocks at its TCP addresses with a plain connect. A port that answers is not yet a media path: the sentences
say no more than was seen. Imported after such a failure only; a check that joins does not pay for it.
"""

import asyncio
import contextlib
import errno
import importlib.metadata
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from google.protobuf.message import DecodeError
from livekit.protocol.models import DisconnectReason
from livekit.protocol.rtc import LeaveRequest, SignalRequest, SignalResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from liveavatar_ops.health.doors import Door, media_door, turn_door
from liveavatar_ops.health.media_proxy import media_proxy

READ_WITHIN_S = 3.0
KNOCK_WITHIN_S = 1.5
MOST_KNOCKS = 4
MOST_NAMED = 3
_MOST_VISITS = 3
_AGAIN_AFTER_S = 0.2
_LARGEST = 1 << 20
_PROTOCOL = 16  # LiveKit's client protocol; the server takes every version up to its own
_USUAL_UDP = range(50000, 60001)  # of a LiveKit server whose configuration names no port
_DECLINED = {errno.ECONNREFUSED, errno.ECONNRESET}
_quiet = logging.getLogger("liveavatar_ops.health.signalling")
_quiet.setLevel(logging.CRITICAL)  # websockets would log the header with the token


@dataclass(frozen=True)
class TcpWay:
    """``works`` is None where it is not known."""

    works: bool | None
    sentence: str


@dataclass
class Offered:
    """Where the server takes media, as far as it has said so."""

    udp: list[Door] = field(default_factory=list)
    tcp: list[Door] = field(default_factory=list)
    turn: list[Door] = field(default_factory=list)
    complete: bool = False
    left: bool = False
    """The server put us out, for example because the SDK's own attempt came back under the same name."""

    @property
    def known(self) -> bool:
        """Whether it named any address for media; without one, TCP's absence means nothing."""
        return bool(self.udp or self.tcp)

    @property
    def by_tcp(self) -> list[Door]:
        """What to knock at, TURN included: to a firewall both are TCP."""
        turn = [door for door in self.turn if door.by != "UDP"]
        return [*self.tcp[: MOST_KNOCKS - bool(turn)], *turn][:MOST_KNOCKS]

    def take(self, message: SignalResponse) -> None:
        """Learn from one message of the server."""
        kind = message.WhichOneof("message")
        if kind == "join":
            urls = [url for server in message.join.ice_servers for url in server.urls]
            self.turn = [door for url in urls if (door := turn_door(url))]
        elif kind == "offer":
            for line in message.offer.sdp.splitlines():
                self._add(line.removeprefix("a="))
        elif kind == "trickle":
            with contextlib.suppress(ValueError, AttributeError, RecursionError):
                self._add(str(json.loads(message.trickle.candidateInit or "{}").get("candidate") or ""))
            self.complete = self.complete or message.trickle.final
        elif kind == "leave":
            self.left = True

    def _add(self, line: str) -> None:
        door = media_door(line)
        if door is None:
            return
        known = self.udp if door.by == "UDP" else self.tcp
        if door not in known:
            known.append(door)


async def look_for_tcp(
    url: str, token: str, *, read_within_s: float = READ_WITHIN_S, knock_within_s: float = KNOCK_WITHIN_S
) -> TcpWay:
    """
    Ask the LiveKit server at `url` where it takes media and knock at its TCP. Never raises.

    The token travels in a header. Lasts `read_within_s` and `knock_within_s` at most, and a moment to leave.
    """
    offered = Offered()
    why = "it named none"
    try:
        async with asyncio.timeout(read_within_s):
            await _read(url, token, offered)
    except TimeoutError:
        pass  # what has been said by then counts
    except InvalidStatus as refused:
        why = f"HTTP {refused.response.status_code}"
    except (OSError, WebSocketException, DecodeError, ValueError, ImportError) as broken:
        why = type(broken).__name__
    if not offered.known:
        return TcpWay(
            None,
            "Whether TCP would have worked is not known: "
            f"the server's media addresses could not be read ({why}).",
        )
    knocks = [_knock(door, knock_within_s) for door in offered.by_tcp]
    answers = dict(zip(offered.by_tcp, await asyncio.gather(*knocks), strict=True))
    return _told(offered, answers)


async def _read(url: str, token: str, offered: Offered) -> None:
    """Until the server has named all its addresses; put out before it named one, ask again."""
    for _ in range(_MOST_VISITS):
        async with _signalling(url, token) as signalling:
            try:
                async for raw in signalling:
                    if isinstance(raw, bytes):
                        offered.take(SignalResponse.FromString(raw))
                    if offered.complete or offered.left:
                        break
            finally:
                await _leave(signalling)
        if offered.known:
            return
        offered.left = False
        await asyncio.sleep(_AGAIN_AFTER_S)


class _Straight(connect):
    """Follows no redirect: the token is for the server that LiveAvatar named."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Leave it at the refusal."""
        return exc


def _signalling(url: str, token: str) -> connect:
    """
    LiveKit's own door for clients that say nothing of themselves in advance.

    The SDK knocks at `/rtc/v1` first and takes 404 for "an older server"; that one wants the client's session
    description at once, and servers that have it keep `/rtc` for older clients.
    """
    query = {
        "sdk": "python",
        "version": importlib.metadata.version("livekit"),
        "protocol": _PROTOCOL,
        "auto_subscribe": 1,
        "adaptive_stream": 0,
    }
    address = re.sub(r"^http", "ws", url.rstrip("/"), flags=re.IGNORECASE)
    return _Straight(
        f"{address}/rtc?{urlencode(query)}",
        additional_headers={"Authorization": f"Bearer {token}"},
        proxy=media_proxy(url),  # as the SDK takes it
        open_timeout=None,  # the whole look has one
        close_timeout=0.3,
        ping_interval=None,
        max_size=_LARGEST,
        logger=_quiet,
    )


async def _leave(signalling: ClientConnection) -> None:
    """Tell the server, so that no participant of ours lingers in the room."""
    goodbye = LeaveRequest(reason=DisconnectReason.CLIENT_INITIATED, action=LeaveRequest.DISCONNECT)
    with contextlib.suppress(WebSocketException, OSError):
        await signalling.send(SignalRequest(leave=goodbye).SerializeToString())


async def _knock(door: Door, within_s: float) -> str:
    """Empty if the port takes a connection, else what it did instead."""
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(door.host, door.port)
    except TimeoutError:
        return f"no answer within {within_s:g} s"
    except OSError as broken:
        return "refused" if broken.errno in _DECLINED else "no way there"
    writer.transport.abort()
    return ""


def _told(offered: Offered, answers: dict[Door, str]) -> TcpWay:
    """What was seen, and what to open."""
    open_ones = [door for door, said in answers.items() if not said]
    turn = f" {_turn(offered)}"
    if open_ones:
        ports = _named(open_ones, lambda door: f"{door.what} {door}")
        return TcpWay(
            True,
            f"UDP seems blocked on the way: open {_udp_to_open(offered.udp)}. "
            f"The way to {ports} is open, though media did not come up over that either.{turn}",
        )
    if answers:
        ports = _named(list(answers), lambda door: f"{door.what} {door} ({answers[door]})")
        return TcpWay(
            False,
            f"TCP would not have worked either: {ports}. "
            f"Open {_udp_to_open(offered.udp)}, or that TCP.{turn}",
        )
    return TcpWay(
        False, f"TCP would not have worked: the server offers none. Open {_udp_to_open(offered.udp)}.{turn}"
    )


def _udp_to_open(doors: list[Door]) -> str:
    """The addresses that were named; a port of the usual range is another one next time."""
    if not doors:
        return "UDP to the media server"
    named = f"UDP to {_named(doors, str)}"
    if all(door.port in _USUAL_UDP for door in doors):
        return f"{named} (LiveKit's usual range is {_USUAL_UDP[0]}-{_USUAL_UDP[-1]})"
    return named


def _turn(offered: Offered) -> str:
    if not offered.turn:
        return "The server offers no TURN."
    return f"The server offers TURN ({_named(offered.turn, lambda door: f'{door.by} {door}')})."


def _named(doors: list[Door], words: Callable[[Door], str]) -> str:
    more = len(doors) - MOST_NAMED
    listed = ", ".join(words(door) for door in doors[:MOST_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed
