"""
The network as doctor sees it: names, connections, TLS, one HTTP request, one STUN request.

Everything that leaves the machine goes through `Net`, so that a test can hand in another one. Plain
sockets on purpose: each step has to fail under its own name, which an HTTP library hides.
"""

import base64
import http.client
import os
import secrets
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from liveavatar_ops.health.media_proxy import media_proxy
from pulumi_liveavatar.api.way_out import Unusable, unusable

STUN_BINDING, STUN_ANSWER, STUN_COOKIE = 0x0001, 0x0101, 0x2112A442
XOR_MAPPED_ADDRESS = 0x0020
STUN_PAUSES_S = (0.5, 1.0, 2.0)
"""UDP loses packets; asking again is part of the protocol (RFC 8489 §6.2.1, with its first steps only)."""
BODY_LIMIT = 65536


@dataclass(frozen=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Proxy:
    """The way out that the environment prescribes; `authorization` is never shown."""

    address: Address
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True)
class HttpAnswer:
    """The parts of an answer that doctor looks at; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoTunnel(OSError):
    """The proxy did not open the way; the text is its status line."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order of preference. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: Address, timeout_s: float) -> socket.socket:
    """A TCP connection to the first of its addresses that answers. Raises OSError."""
    return socket.create_connection((address.host, address.port), timeout_s)


def secure(plain: socket.socket, host: str, *, own_roots: bool) -> socket.socket:
    """TLS over it; `own_roots` trusts whom the API client trusts, which is not whom the system trusts."""
    context = _as_the_api_client() if own_roots else ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=host)


def _as_the_api_client() -> ssl.SSLContext:
    if file := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    import certifi  # noqa: PLC0415 - comes with the API client's HTTP library

    return ssl.create_default_context(cafile=certifi.where())


def tunnel(plain: socket.socket, to: Address, proxy: Proxy) -> None:
    """Ask a proxy to connect us through. Raises NoTunnel with the proxy's words."""
    lines = [f"CONNECT {to} HTTP/1.1", f"Host: {to}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    plain.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    read = bytearray()
    while b"\r\n\r\n" not in read and len(read) < BODY_LIMIT:
        piece = plain.recv(4096)
        if not piece:
            break
        read += piece
    status_line = read.split(b"\r\n", 1)[0].decode("ascii", "replace")
    words = status_line.split(" ", 2)
    if len(words) < 2 or words[1] != "200":
        raise NoTunnel(" ".join(words[1:]) or "no answer")


def ask(over: socket.socket, host: str, path: str) -> HttpAnswer:
    """One GET without credentials. Raises OSError or http.client.HTTPException."""
    connection = http.client.HTTPConnection(host)
    connection.sock = over
    try:
        connection.request(
            "GET", path, headers={"User-Agent": "liveavatar-ops-doctor", "Connection": "close"}
        )
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return HttpAnswer(answer.status, headers, answer.read(BODY_LIMIT))
    finally:
        connection.close()


def proxy_for(url: str) -> Proxy | None:
    """The proxy that the environment names for this address, if it names one. `unusable` is asked first."""
    parts = urlsplit(url)
    named = getproxies().get(parts.scheme) or getproxies().get("all")
    if not named or parts.hostname is None or proxy_bypass(parts.netloc):
        return None
    return _proxy_at(named)


def proxy_to_media(url: str) -> Proxy | None:
    """The same of a LiveKit server, whose SDK has rules of its own (see media_proxy)."""
    named = media_proxy(url)
    return _proxy_at(named) if named else None


def _proxy_at(named: str) -> Proxy | None:
    at = urlsplit(named if "://" in named else f"http://{named}")
    if at.hostname is None:
        return None
    address = Address(at.hostname, at.port or (443 if at.scheme == "https" else 80))
    if not at.username:
        return Proxy(address)
    pair = f"{unquote(at.username)}:{unquote(at.password or '')}"
    return Proxy(address, "Basic " + base64.b64encode(pair.encode()).decode())


def stun(address: Address, pauses_s: tuple[float, ...] = STUN_PAUSES_S) -> str | None:
    """
    Our public address as a STUN server sees it; None when nothing came back.

    Raises ConnectionRefusedError when the other side said that nobody listens, OSError without a route.
    """
    family, kind, proto, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
    transaction = secrets.token_bytes(12)
    request = struct.pack("!HHI", STUN_BINDING, 0, STUN_COOKIE) + transaction
    with socket.socket(family, kind, proto) as sock:
        sock.connect(place)
        for pause in pauses_s:
            sock.settimeout(pause)
            sock.send(request)
            try:
                answer = sock.recv(2048)
            except TimeoutError:
                continue
            if seen := read_stun(answer, transaction):
                return seen
    return None


def read_stun(answer: bytes, transaction: bytes) -> str | None:
    """The address in a STUN answer to this request (RFC 8489 §14.2), or None if it is no such answer."""
    if len(answer) < 20 or answer[8:20] != transaction:
        return None
    kind, length, cookie = struct.unpack("!HHI", answer[:8])
    if kind != STUN_ANSWER or cookie != STUN_COOKIE:
        return None
    at, end = 20, min(20 + length, len(answer))
    while at + 4 <= end:
        attribute, size = struct.unpack("!HH", answer[at : at + 4])
        value = answer[at + 4 : at + 4 + size]
        if attribute == XOR_MAPPED_ADDRESS and len(value) >= 8:
            mask = answer[4:20]
            if value[1] == 1:
                return socket.inet_ntop(socket.AF_INET, _xor(value[4:8], mask))
            return socket.inet_ntop(socket.AF_INET6, _xor(value[4:20], mask)) if len(value) >= 20 else None
        at += 4 + size + (-size % 4)
    return None


def _xor(value: bytes, mask: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(value, mask, strict=False))


@dataclass(frozen=True)
class Net:
    """The seam: each field is one of the functions above."""

    resolve: Callable[[str, int], list[str]] = resolve
    connect: Callable[[Address, float], socket.socket] = connect
    secure: Callable[..., socket.socket] = secure
    tunnel: Callable[[socket.socket, Address, Proxy], None] = tunnel
    ask: Callable[[socket.socket, str, str], HttpAnswer] = ask
    unusable: Callable[[], Unusable | None] = unusable
    proxy_for: Callable[[str], Proxy | None] = proxy_for
    proxy_to_media: Callable[[str], Proxy | None] = proxy_to_media
    stun: Callable[[Address], str | None] = stun


def said(error: OSError) -> str:
    """The system's own words, without numbers and addresses."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return (
            str(getattr(error, "verify_message", "") or error.reason or "TLS failed")
            .replace("_", " ")
            .lower()
        )
    if isinstance(error, socket.gaierror):
        return str(error.strerror or "unknown name").lower()
    if isinstance(error, NoTunnel):
        return str(error)
    return (os.strerror(error.errno) if error.errno else type(error).__name__).lower()
