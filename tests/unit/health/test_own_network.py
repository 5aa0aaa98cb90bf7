"""Our own network, or the service? Each trouble as the libraries word it, and what is advised."""

import http.server
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from liveavatar_ops.health.connect_errors import took_too_long, why_not_joined
from liveavatar_ops.health.facts import Depth, Facts, TargetFacts
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.notebook import Notebook, StepRefused
from liveavatar_ops.health.own_network import behind_call, behind_join
from liveavatar_ops.health.verdicts import Cause, Verdict
from pulumi_liveavatar.api.account import Account
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.settings import Settings

PUBLIC = "https://api.liveavatar.com"
UNTRUSTED = "ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


CALLS = [
    ("ConnectError: [Errno -3] Temporary failure in name resolution", PUBLIC, "name"),
    ("ConnectError: [Errno -2] Name or service not known", "https://api.liveavtar.com", "name"),
    ("ConnectError: [Errno 101] Network is unreachable", PUBLIC, "route"),
    ("ConnectError: [Errno 113] No route to host", PUBLIC, "route"),
    ("ConnectError: [Errno 111] Connection refused", "http://127.0.0.1:8080", "listener"),
    ("ConnectError: [Errno 111] Connection refused", "http://localhost:8080", "listener"),
    ("ConnectError: [Errno 111] Connection refused", "http://[::1]:8080", "listener"),
    ("ConnectError: [Errno 111] Connection refused", "http://10.0.0.8:8080", "listener"),
    (f"{UNTRUSTED}: unable to get local issuer certificate (_ssl.c:1006)", PUBLIC, "certificate"),
    ("ProxyError: 502 Bad Gateway", PUBLIC, "proxy"),
    ("ConnectError: [Errno 111] Connection refused", PUBLIC, None),
    ("ConnectTimeout: timed out", PUBLIC, None),
    ("ConnectTimeout: timed out", "http://127.0.0.1:8080", None),
    ("ReadError: [Errno 104] Connection reset by peer", PUBLIC, None),
    ("ReadError: [Errno 104] Connection reset by peer", "http://127.0.0.1:8080", None),
    ("RemoteProtocolError: Server disconnected without sending a response.", "http://127.0.0.1:8080", None),
    (f"{UNTRUSTED}: certificate has expired (_ssl.c:1006)", PUBLIC, None),
]  # fmt: skip


@pytest.mark.parametrize(("why", "url", "ours"), CALLS)
def test_a_call_that_got_no_answer_is_ours_or_the_services(why: str, url: str, ours: str | None):
    """What a public address does to us is the service's; what never left this machine is not."""
    assert behind_call(why, url) == ours


def test_what_fails_on_the_way_to_a_proxy_is_the_proxys(monkeypatch: pytest.MonkeyPatch):
    """Refused or without a name: it is the proxy's address that was tried. NO_PROXY excepts."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    assert behind_call("ConnectError: [Errno 111] Connection refused", PUBLIC) == "proxy"
    assert behind_call("ConnectError: [Errno -2] Name or service not known", PUBLIC) == "proxy"
    assert behind_call("ReadTimeout: timed out", PUBLIC) is None
    monkeypatch.setenv("NO_PROXY", "liveavatar.com")
    assert behind_call("ConnectError: [Errno 111] Connection refused", PUBLIC) is None


@pytest.mark.parametrize(
    ("said", "url", "ours"),
    [
        ("engine: signal failure: ws failure: IO error: Connection refused (os error 111)",
         "ws://127.0.0.1:7880", "listener"),
        ("IO error: Connection refused (os error 111)", "wss://room.livekit.cloud", None),
        ("IO error: failed to lookup address information: Temporary failure in name resolution",
         "wss://room.livekit.cloud", "name"),
        ("IO error: failed to lookup address information: Name or service not known",
         "wss://no-such-room.livekit.cloud", None),
        ("IO error: invalid peer certificate: UnknownIssuer", "wss://room.livekit.cloud", "certificate"),
        ("ws failure: Connection reset without closing handshake", "ws://127.0.0.1:7880", None),
    ],
)  # fmt: skip
def test_a_room_that_was_not_reached_is_ours_or_the_services(said: str, url: str, ours: str | None):
    """The room's address comes from LiveAvatar: a name that does not exist is no fault of ours."""
    assert behind_join(said, url) == ours
    assert why_not_joined(said, token="t", url=url).own_network == ours
    late = took_too_long(15, last_attempt=f"failed to connect: {said}", takes_token=False, url=url)
    assert late.own_network == ours


def asked(url: str, **settings: object) -> Facts:
    """What a check writes down when its first call to `url` gets no answer."""
    held = {name: field.get_default() for name, field in Settings.model_fields.items()}
    held |= {"api_key": SecretStr("k" * 20), "api_url": url, "max_attempts": 1, "timeout_s": 60.0, **settings}
    notes = Notebook(TargetFacts(name="desk", depth=Depth.API), url)
    with LiveAvatarClient(Settings.model_construct(**held)) as client, pytest.raises(StepRefused):
        notes.call("credits", Account(client).credits)
    return notes.facts()


def test_an_emulator_that_is_not_there_is_not_a_sick_avatar(shut_port: int):
    """Connection refused at a loopback address, by the real client: inconclusive, and what to start."""
    judged = judge(asked(f"http://127.0.0.1:{shut_port}"), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_NETWORK)
    assert "liveavatar-emulator serve" in judged.next_step


def test_a_service_that_hangs_up_after_it_answered_the_phone_is_sick():
    """A reset after accept is the service's own doing, at a loopback address too."""
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        caller, _ = listener.accept()
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        caller.close()

    with listener:
        serving = threading.Thread(target=hang_up)
        serving.start()
        judged = judge(asked(f"http://127.0.0.1:{listener.getsockname()[1]}"), Limits())
        serving.join()

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.VENDOR_API)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The address of an https server whose certificate nobody trusts, as a proxy that inspects TLS has."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # it is here to be refused
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_trusts_is_our_network(stranger: str):
    """By the real client and real TLS; the advice says how to trust an inspecting proxy."""
    judged = judge(asked(stranger), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_NETWORK)
    assert "SSL_CERT_FILE" in judged.next_step


def test_a_proxy_that_does_not_answer_is_our_network(shut_port: int, monkeypatch: pytest.MonkeyPatch):
    """The call to a public address never left; no name has to be resolved for that."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{shut_port}")

    judged = judge(asked(PUBLIC), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_NETWORK)
    assert re.search(r"HTTPS_PROXY.*NO_PROXY", judged.next_step)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SSL_CERT_FILE", "/nope"), ("HTTPS_PROXY", "socks5://me:hunter2hunter2@proxy:1080"),
     ("HTTPS_PROXY", "ftp://proxy"), ("HTTPS_PROXY", "http://proxy:80a")],
)  # fmt: skip
def test_a_variable_that_lets_no_call_out_is_our_network(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
):
    """The sentence names it without its value; the probe lives, and nothing is said of a busy host."""
    monkeypatch.setenv(variable, value)

    judged = judge(asked(PUBLIC), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_NETWORK)
    assert variable in judged.headline
    assert "unset that variable" in judged.next_step
    assert "hunter2" not in str(judged)


def test_what_is_written_down_of_a_network_can_be_read_again(shut_port: int):
    """The field is part of the published result."""
    facts = asked(f"http://127.0.0.1:{shut_port}").model_copy(
        update={"started_at": datetime(2026, 1, 2, tzinfo=UTC)}
    )

    assert Facts.model_validate_json(facts.model_dump_json()).refusal.own_network == "listener"  # type: ignore[union-attr]  # it is there


BY_PROXY = "engine: signal failure: transport connection error: "


@pytest.mark.parametrize(
    "said",
    [
        "Proxy connection failed: HTTP/1.1 403 Forbidden",
        "Proxy connection failed: HTTP/1.1 407 Proxy Authentication Required",
        "Proxy connection closed while reading response",
        "Invalid proxy URL: invalid port number",
        "Connection refused (os error 111)",
        "failed to lookup address information: Name or service not known",
    ],
)
def test_a_proxy_that_does_not_lead_to_the_room_is_ours(said: str, monkeypatch: pytest.MonkeyPatch):
    """As the SDK words it; a proxy's 403 says nothing of the room's token."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")

    failure = why_not_joined(BY_PROXY + said, token="t", url="wss://room.example.com")

    assert (failure.kind, failure.own_network) == ("signalling", "proxy")


def test_without_a_proxy_the_same_words_are_the_services():
    """A refusal at a public address."""
    failure = why_not_joined(
        f"{BY_PROXY}Connection refused (os error 111)", token="t", url="wss://93.184.215.14"
    )

    assert failure.own_network is None
