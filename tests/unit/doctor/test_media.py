"""Signalling, TCP and UDP: what is blocked, and whether it matters."""

import socket
import struct

import pytest

from liveavatar_ops.doctor import media
from liveavatar_ops.doctor.finding import State
from liveavatar_ops.doctor.net import (
    STUN_ANSWER,
    STUN_COOKIE,
    Address,
    HttpAnswer,
    NoTunnel,
    Proxy,
    read_stun,
    stun,
)
from liveavatar_ops.doctor.reach import place_of
from tests.support.ports import shut_udp_port
from tests.unit.doctor.fakes import Wire

CLOUD = "wss://shop-1a2b.livekit.cloud"
OWN = "wss://livekit.example.com"
HERE = "ws://127.0.0.1:7880"
REFUSES = HttpAnswer(401, {}, b"")


@pytest.mark.parametrize(
    ("wire", "state", "words"),
    [
        pytest.param(Wire(answer=REFUSES), State.OK, "is a LiveKit server", id="refuses us, as it should"),
        pytest.param(
            Wire(answer=HttpAnswer(200, {}, b"")), State.WARNING, "answered 200", id="something else"
        ),
        pytest.param(Wire(name=socket.gaierror(-2, "no")), State.BROKEN, "has no address", id="no name"),
        pytest.param(Wire(tcp=TimeoutError()), State.BROKEN, "no answer in time", id="blocked"),
        pytest.param(Wire(answer=ConnectionResetError(104, "x")), State.BROKEN, "closed", id="cut off"),
    ],
)
def test_signalling_wants_livekits_refusal(wire: Wire, state: State, words: str) -> None:
    """Somebody without a token is refused: that answer proves the whole way."""
    found = media.check_signalling("Signalling", place_of(CLOUD), net=wire.net())

    assert found.state is state
    assert words in found.sentence
    assert all(line.closed for line in wire.lines)


@pytest.mark.parametrize(
    ("url", "wire", "state", "dialled"),
    [
        (CLOUD, Wire(), State.OK, [Address("shop-1a2b.turn.livekit.cloud", 443)]),
        (CLOUD, Wire(tcp=TimeoutError()), State.BROKEN, [Address("shop-1a2b.turn.livekit.cloud", 443)]),
        (OWN, Wire(), State.OK, [Address("livekit.example.com", 7881)]),
        (OWN, Wire(tcp=TimeoutError()), State.WARNING, [Address("livekit.example.com", 7881)]),
        (HERE, Wire(), State.SKIPPED, []),
    ],
)
def test_the_tcp_fallback_is_where_the_server_has_it(
    url: str, wire: Wire, state: State, dialled: list[Address]
) -> None:
    """LiveKit Cloud relays over TLS on 443; a server of one's own listens on 7881."""
    found = media.check_tcp("Media over TCP", place_of(url), net=wire.net())

    assert found.state is state
    assert wire.dialled == dialled


@pytest.mark.parametrize(
    ("url", "asked", "answer", "state", "words"),
    [
        (CLOUD, None, "203.0.113.9", State.OK, "as 203.0.113.9 (asked stun.cloudflare.com:3478)"),
        (OWN, None, "203.0.113.9", State.OK, "livekit.example.com:3478"),
        (OWN, Address("stun.corp", 99), "203.0.113.9", State.OK, "stun.corp:99"),
        (CLOUD, None, None, State.WARNING, "UDP looks blocked"),
        (OWN, None, ConnectionRefusedError(111, "x"), State.WARNING, "nothing is proven"),
        (CLOUD, None, socket.gaierror(-2, "no"), State.WARNING, "cannot be asked"),
        (HERE, None, "203.0.113.9", State.SKIPPED, "this machine"),
    ],
)
def test_udp_is_proven_by_an_answer(
    url: str, asked: Address | None, answer: object, state: State, words: str
) -> None:
    """Silence is a warning and not an alarm: media has a way over TCP."""
    wire = Wire(stun=answer)  # type: ignore[arg-type]  # the table holds answers and errors

    found = media.check_udp("Media over UDP", place_of(url), asked, net=wire.net())

    assert found.state is state
    assert words in found.sentence


@pytest.mark.parametrize(
    ("given", "api_url", "expected"),
    [
        (None, "https://api.liveavatar.com", media.LIVEAVATAR_PROJECT),
        (None, "http://127.0.0.1:4711", None),
        (None, None, None),
        (OWN, "https://api.liveavatar.com", OWN),
    ],
)
def test_liveavatars_own_server_is_meant_only_with_its_own_api(
    given: str | None, api_url: str | None, expected: str | None
) -> None:
    """A check of an emulator sends nothing to LiveKit Cloud."""
    assert media.livekit_url_for(given, api_url) == expected


def answer_to(request: bytes, ip: bytes, family: int = 1) -> bytes:
    mask = request[4:20]
    body = bytes((0, family)) + b"\0\0" + bytes(a ^ b for a, b in zip(ip, mask, strict=False))
    padding = struct.pack("!HH", 0x8022, 3) + b"abc\0"  # an attribute before it, padded to four
    mapped = struct.pack("!HH", 0x0020, len(body)) + body
    return (
        struct.pack("!HHI", STUN_ANSWER, len(padding + mapped), STUN_COOKIE)
        + request[8:20]
        + padding
        + mapped
    )


@pytest.mark.parametrize(
    ("family", "address", "written"),
    [
        (1, socket.inet_pton(socket.AF_INET, "203.0.113.9"), "203.0.113.9"),
        (2, socket.inet_pton(socket.AF_INET6, "2001:db8::9"), "2001:db8::9"),
    ],
)
def test_a_stun_answer_is_read(family: int, address: bytes, written: str) -> None:
    """The address is unmasked with cookie and transaction, and attributes before it are stepped over."""
    request = struct.pack("!HHI", 1, 0, STUN_COOKIE) + b"t" * 12

    assert read_stun(answer_to(request, address, family), b"t" * 12) == written


@pytest.mark.parametrize("cut", [0, 5, 19, 20, 24, 33, 39])
def test_half_an_answer_is_none(cut: int) -> None:
    """Whatever comes over UDP, nothing is raised."""
    request = struct.pack("!HHI", 1, 0, STUN_COOKIE) + b"t" * 12
    whole = answer_to(request, b"\xcb\0\x71\x09")

    assert read_stun(whole[:cut], b"t" * 12) is None
    assert read_stun(whole, b"u" * 12) is None


def test_a_lost_packet_is_asked_for_again() -> None:
    """A real socket: the first request is dropped, the second answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        import threading

        def serve() -> None:
            server.recvfrom(2048)
            request, sender = server.recvfrom(2048)
            server.sendto(answer_to(request, b"\xcb\0\x71\x09"), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        seen = stun(Address("127.0.0.1", port), (0.2, 30.0))
        thread.join()

    assert seen == "203.0.113.9"


def test_a_closed_port_is_told_from_silence() -> None:
    """The system's refusal is passed on."""
    with shut_udp_port() as port, pytest.raises(ConnectionRefusedError):
        stun(Address("127.0.0.1", port), (5.0, 5.0))


def test_a_relay_without_a_name_is_no_firewall() -> None:
    """What no resolver knows, no opened port helps."""
    wire = Wire(name=socket.gaierror(-2, "Name or service not known"))

    found = media.check_tcp("Media over TCP", place_of(CLOUD), net=wire.net())

    assert "has no address" in found.sentence
    assert "getent hosts" in found.fix
    assert "Allow TCP" not in found.fix


def test_settings_that_cannot_be_read_are_the_reason() -> None:
    """The API's address is not known, so that nothing is said of whose it is."""
    skipped = [
        finding
        for check in media.checks(None, None, net=Wire().net(), api_is_known=False)
        for finding in check.look()
    ]

    assert all("settings above cannot be read" in finding.sentence for finding in skipped)


def test_signalling_is_looked_at_through_the_proxy_that_the_sdk_takes() -> None:
    """LiveKit's SDK goes through HTTPS_PROXY; a proxy that refuses is named, and no firewall."""
    wire = Wire(proxy=Proxy(Address("proxy.corp", 3128)), refuses_tunnel=NoTunnel("403 Forbidden"))

    found = media.check_signalling("Signalling", place_of("wss://livekit.example.com"), net=wire.net())

    assert wire.dialled == [Address("proxy.corp", 3128)]
    assert "the proxy proxy.corp:3128 does not let us through (403" in found.sentence
    assert "allow CONNECT to livekit.example.com:443" in found.fix
