"""After a media path that failed: what the server offers, whether its TCP answers, and what is said of it."""

import asyncio
import contextlib
import functools
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from livekit.protocol.rtc import SignalRequest, SignalResponse
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from liveavatar_ops.health import tcp_way
from liveavatar_ops.health.connect_errors import VALIDATE_WITHIN_S, asked_about_tcp
from liveavatar_ops.health.doors import Door
from liveavatar_ops.health.facts import Depth, RoomFailure, TargetFacts
from liveavatar_ops.health.job import API_TOTAL_S, ASK_WHY_S, Job
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.tcp_way import KNOCK_WITHIN_S, READ_WITHIN_S, Offered, TcpWay, look_for_tcp

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ2aWRlbyI6e319.c2lnbmF0dXJlLWNhbmFyeQ"
UDP = "candidate:1 1 udp 2130706431 203.0.113.7 51234 typ host ufrag abcd"
PATIENT = {"read_within_s": 60.0, "knock_within_s": 60.0}
"""On a machine that stands still for a moment, too; who waits for a limit to pass shortens it."""


def tcp(port: int, kind: str = "passive") -> str:
    return f"candidate:2 1 tcp 1671430143 127.0.0.1 {port} typ host tcptype {kind} ufrag abcd"


def trickle(candidate: str, *, final: bool = False) -> SignalResponse:
    message = SignalResponse()
    message.trickle.candidateInit = json.dumps({"candidate": candidate, "sdpMid": "0"})
    message.trickle.final = final
    return message


def join(*urls: str) -> SignalResponse:
    message = SignalResponse()
    message.join.ice_servers.add(urls=["stun:stun.example:3478"])
    message.join.ice_servers.add(urls=urls, username="u", credential="relay-credential")
    return message


def offers(*candidates: str, turn: Sequence[str] = ()) -> list[SignalResponse]:
    return [join(*turn), *(trickle(each, final=each == candidates[-1]) for each in candidates)]


@dataclass
class Signalling:
    """A LiveKit server's signalling as far as the look goes; each visitor is told the next list."""

    visits: list[list[SignalResponse]]
    refuses: Response | None = None
    asked: list[Request] = field(default_factory=list)
    left: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    url: str = ""

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Signalling"]:
        async with serve(self._talk, "127.0.0.1", 0, process_request=self._ask) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            yield self

    async def _ask(self, _: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request)
        return self.refuses

    async def _talk(self, user: ServerConnection) -> None:
        for message in self.visits.pop(0) if self.visits else []:
            await user.send(message.SerializeToString())
        async for raw in user:
            assert isinstance(raw, bytes)
            self.left.put_nowait(SignalRequest.FromString(raw).WhichOneof("message"))


def look(
    *visits: list[SignalResponse], refuses: Response | None = None, **limits: float
) -> tuple[TcpWay, Signalling]:
    signalling = Signalling(list(visits), refuses)

    async def run() -> TcpWay:
        async with signalling.open():
            return await look_for_tcp(signalling.url, TOKEN, **{**PATIENT, **limits})

    return asyncio.run(run()), signalling


@pytest.fixture
def open_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_tcp_port_that_answers_is_a_way_and_udp_is_to_be_opened(open_port: int):
    """True, the UDP address named, and no claim that media came up over TCP."""
    way, _ = look(offers(UDP, tcp(open_port)))

    assert way.works is True
    assert "open UDP to 203.0.113.7:51234 (LiveKit's usual range is 50000-60000)" in way.sentence
    assert (
        f"the server's TCP port 127.0.0.1:{open_port} is open, though media did not come up" in way.sentence
    )
    assert "offers no TURN" in way.sentence


def test_a_tcp_port_that_refuses_is_no_way(shut_port: int):
    """False, and said what it did."""
    way, _ = look(offers(UDP, tcp(shut_port)))

    assert way.works is False
    assert f"the server's TCP port 127.0.0.1:{shut_port} (refused)" in way.sentence
    assert "203.0.113.7:51234" in way.sentence


def test_a_tcp_port_that_stays_silent_is_no_way():
    """A full backlog takes no further connection: no answer within the time allowed."""
    with contextlib.ExitStack() as held:
        silent = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        way, _ = look(offers(UDP, tcp(silent.getsockname()[1])), knock_within_s=0.6)

    assert way.works is False
    assert "no answer within 0.6 s" in way.sentence


def test_a_server_without_tcp_is_told_from_one_whose_tcp_is_shut():
    """False as well, for another reason and another cure; a port outside the usual range stands alone."""
    way, _ = look(offers(UDP.replace("51234", "7882")))

    assert way.works is False
    assert "the server offers none. Open UDP to 203.0.113.7:7882." in way.sentence


@pytest.mark.parametrize(
    ("visits", "refuses", "why"),
    [
        pytest.param([], Response(404, "Not Found", Headers()), "HTTP 404", id="door gone"),
        pytest.param([[]], None, "it named none", id="silent"),
        pytest.param([offers()], None, "it named none", id="no addresses"),
    ],
)
def test_signalling_that_cannot_be_read_leaves_it_unknown(
    visits: list[list[SignalResponse]], refuses: Response | None, why: str
):
    """None: neither yes nor no."""
    way, _ = look(*visits, refuses=refuses, read_within_s=60.0 if refuses else 0.6)  # silence has no end

    assert way.works is None
    assert "is not known" in way.sentence
    assert why in way.sentence


def test_a_server_that_is_gone_leaves_it_unknown(shut_port: int):
    """Nothing listens, or the address is none: never an error."""
    for url in (f"ws://127.0.0.1:{shut_port}", "no address"):
        way = asyncio.run(look_for_tcp(url, TOKEN, **PATIENT))
        assert way.works is None
        assert "is not known" in way.sentence


def test_the_token_travels_in_a_header_alone(open_port: int, caplog: pytest.LogCaptureFixture):
    """Not in the address, which proxies and servers log, nor in a log of ours, however much it says."""
    with caplog.at_level(logging.DEBUG):
        way, signalling = look(offers(UDP, tcp(open_port), turn=["turn:turn.example:3478"]))

    (asked,) = signalling.asked
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.path.startswith("/rtc?")
    assert "auto_subscribe=1" in asked.path
    assert "token" not in asked.path
    ours = [log.getMessage() for log in caplog.records if log.name != "websockets.server"]  # the fake's
    said = asked.path + way.sentence + "".join(ours)
    assert not any(part in said for part in (TOKEN, TOKEN[-16:], "relay-credential"))


def test_the_token_follows_no_redirect(shut_port: int):
    """It is for the server that LiveAvatar named."""

    async def run() -> tuple[TcpWay, Signalling]:
        async with Signalling([offers(UDP)]).open() as other:
            elsewhere = Response(307, "Temporary Redirect", Headers({"Location": other.url + "/rtc"}))
            async with Signalling([], elsewhere).open() as first:
                return await look_for_tcp(first.url, TOKEN, **PATIENT), other

    way, other = asyncio.run(run())
    assert other.asked == []
    assert (way.works, "HTTP 307" in way.sentence) == (None, True)


def test_it_says_goodbye(open_port: int):
    """No participant of ours is left in the room, which would look like a viewer."""

    async def run() -> str | None:
        async with Signalling([offers(UDP, tcp(open_port))]).open() as signalling:
            await look_for_tcp(signalling.url, TOKEN, **PATIENT)
            return await asyncio.wait_for(signalling.left.get(), 60)

    assert asyncio.run(run()) == "leave"


def test_put_out_before_it_knew_anything_it_asks_again(open_port: int):
    """The SDK's own late attempt comes under the same name; but no endless fight for the place."""
    put_out = SignalResponse()
    put_out.leave.can_reconnect = False

    way, signalling = look([join(), put_out], offers(UDP, tcp(open_port)))
    lost, fought = look(*[[put_out]] * 9)

    assert (way.works, len(signalling.asked)) == (True, 2)
    assert lost.works is None
    assert len(fought.asked) <= 3


def test_candidates_are_read_from_the_offer_too():
    """A server that does not trickle names them in its session description."""
    message, offered = SignalResponse(), Offered()
    message.offer.sdp = "\r\n".join(["v=0", f"a={UDP}", f"a={tcp(7881)}", f"a={tcp(9, 'active')}", ""])

    offered.take(message)
    offered.take(message)

    assert offered.udp == [Door("203.0.113.7", 51234, "UDP")]
    assert offered.tcp == [Door("127.0.0.1", 7881, "TCP")]


def test_turn_over_tls_is_a_way_by_tcp(open_port: int):
    """To a firewall it is TCP: where it answers, "no TCP" would be untrue."""
    way, _ = look(offers(UDP, turn=[f"turns:127.0.0.1:{open_port}?transport=tcp", "turn:turn.example"]))

    assert way.works is True
    assert f"TURN over TLS at 127.0.0.1:{open_port} is open" in way.sentence
    assert f"The server offers TURN (TLS 127.0.0.1:{open_port}, UDP turn.example:3478)." in way.sentence


def test_at_most_four_ports_are_knocked_at_and_turn_is_among_them():
    """However many the server names."""
    offered = Offered()
    for message in offers(*(tcp(port) for port in range(7000, 7010)), turn=["turns:turn.example"]):
        offered.take(message)

    assert len(offered.by_tcp) == 4
    assert offered.by_tcp[-1] == Door("turn.example", 5349, "TLS", turn=True)


def test_only_after_a_media_failure_is_anything_asked(open_port: int, monkeypatch: pytest.MonkeyPatch):
    """Every other failure stays as it is, and no server is troubled."""
    monkeypatch.setattr(tcp_way, "look_for_tcp", functools.partial(look_for_tcp, **PATIENT))

    async def run() -> tuple[RoomFailure, RoomFailure, list[Request]]:
        ice = RoomFailure(kind="ice", sentence="No media path.")
        token = RoomFailure(kind="token", sentence="Refused.")
        async with Signalling([offers(UDP, tcp(open_port))]).open() as signalling:
            unasked = await asked_about_tcp(token, signalling.url, TOKEN)
            assert signalling.asked == []
            return unasked, await asked_about_tcp(ice, signalling.url, TOKEN), signalling.asked

    unasked, told, asked = asyncio.run(run())
    assert (unasked.tcp_would_work, unasked.sentence) == (None, "Refused.")
    assert told.tcp_would_work is True
    assert told.sentence.startswith("No media path. UDP seems blocked")
    assert len(asked) == 1


def test_a_check_has_time_to_ask_why(tmp_path: Path):
    """Even where every wait is cut short, its own limit does not end the check while it asks."""
    waits = ("connect_deadline_s", "avatar_deadline_s", "video_deadline_s", "watch_s", "watch_longer_s")
    job = Job(
        check_id="1",
        target=TargetFacts(name="desk", depth=Depth.VIDEO),
        body={},
        limits=Limits(**dict.fromkeys(waits, 1)),
        workdir=tmp_path,
        ledger=tmp_path / "ledger",
        api_url="http://127.0.0.1",
    )

    assert VALIDATE_WITHIN_S + READ_WITHIN_S + KNOCK_WITHIN_S < ASK_WHY_S
    assert job.steps_take_s == API_TOTAL_S + 1 + ASK_WHY_S
