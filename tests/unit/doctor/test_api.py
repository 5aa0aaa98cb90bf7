"""The way to the API, the clock, the key: each failure under its own name, with its own cure."""

import socket
import ssl
from decimal import Decimal

import pytest

from liveavatar_ops.doctor import api
from liveavatar_ops.doctor.finding import Finding, State
from liveavatar_ops.doctor.net import Address, HttpAnswer, NoTunnel, Proxy
from pulumi_liveavatar.api.errors import BadCredentials, ServerFault, Unreachable
from pulumi_liveavatar.settings import Settings
from tests.unit.doctor.fakes import A_DATE, ENVELOPE, Wire

KEY = "la-key-that-nobody-may-see"
NOON = 1795435200.5  # half a second after A_DATE, as the server's seconds are whole


def settings(url: str = "https://api.example.com") -> Settings:
    return Settings.model_validate({"api_key": KEY, "api_url": url})


def look(wire: Wire, *, now: float = NOON, left: object = Decimal(100), **kw: object) -> dict[str, Finding]:
    def credits_of(_: Settings) -> Decimal:
        if isinstance(left, Exception):
            raise left
        assert isinstance(left, Decimal)
        return left

    url = str(kw.pop("url", "https://api.example.com"))
    walked = api.walk(
        settings(url), net=wire.net(), now=lambda: now, credits_of=credits_of, keyless=bool(kw.get("keyless"))
    )
    return {finding.name: finding for finding in walked}


def test_a_way_without_obstacles_is_all_right() -> None:
    """Nothing is warned of where nothing is wrong."""
    found = look(Wire())

    assert {finding.state for finding in found.values()} == {State.OK}
    assert list(found) == ["API name", "API TCP", "API TLS", "API HTTP", "Clock", "API key", "Credits"]


def not_verified(words: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = words
    return error


@pytest.mark.parametrize(
    ("wire", "name", "words", "cure"),
    [
        pytest.param(
            Wire(name=socket.gaierror(-2, "Name or service not known")),
            "API name",
            "api.example.com has no address (name or service not known)",
            "getent hosts api.example.com",
            id="no such name",
        ),
        pytest.param(
            Wire(tcp=ConnectionRefusedError(111, "x")),
            "API TCP",
            "connection refused",
            "firewall",
            id="refused",
        ),
        pytest.param(Wire(tcp=TimeoutError()), "API TCP", "no answer in time", "firewall", id="dropped"),
        pytest.param(
            Wire(tls=not_verified("unable to get local issuer certificate")),
            "API TLS",
            "unable to get local issuer",
            "ca-certificates",
            id="unknown issuer",
        ),
        pytest.param(
            Wire(tls=not_verified("certificate has expired")), "API TLS", "expired", "clock", id="expired"
        ),
        pytest.param(
            Wire(tls=not_verified("Hostname mismatch, certificate is not valid for 'api.example.com'.")),
            "API TLS",
            "hostname mismatch",
            "Something else answers",
            id="another host",
        ),
        pytest.param(
            Wire(answer=HttpAnswer(200, {}, b"<html>Sign in to the guest network</html>")),
            "API HTTP",
            "not LiveAvatar",
            "LIVEAVATAR_API_URL (now https://api.example.com)",
            id="captive portal",
        ),
        pytest.param(
            Wire(answer=HttpAnswer(200, {}, b"[" * 100_000)),
            "API HTTP",
            "not LiveAvatar",
            "LIVEAVATAR_API_URL",
            id="nested without end",
        ),
        pytest.param(
            Wire(answer=HttpAnswer(302, {}, b"")),
            "API HTTP",
            "answers with 302",
            "LIVEAVATAR_API_URL",
            id="moved",
        ),
        pytest.param(
            Wire(answer=HttpAnswer(503, {}, b"")),
            "API HTTP",
            "answered 503",
            "status page",
            id="server fault",
        ),
        pytest.param(
            Wire(answer=ConnectionResetError(104, "x")), "API HTTP", "connection reset", "proxy", id="reset"
        ),
    ],
)
def test_the_step_that_failed_is_the_one_that_is_named(wire: Wire, name: str, words: str, cure: str) -> None:
    """One step is broken and says how to mend it; what came before is all right, the key is not tried."""
    found = look(wire)

    assert [n for n, f in found.items() if f.state is State.BROKEN] == [name]
    assert words in found[name].sentence
    assert cure in found[name].fix
    assert found["API key"].state is State.SKIPPED
    assert all(line.closed for line in wire.lines)


@pytest.mark.parametrize(
    ("skew", "state"),
    [
        (0, State.OK),
        (4.9, State.OK),
        (-4.9, State.OK),
        (5.1, State.WARNING),
        (-200, State.WARNING),
        (241, State.BROKEN),
        (-3600, State.BROKEN),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(skew: float, state: State) -> None:
    """Seconds are nothing, minutes break AWS's signatures."""
    assert look(Wire(), now=NOON + skew)["Clock"].state is state


def test_a_clock_that_is_ahead_is_told_from_one_that_is_behind() -> None:
    """The sentence says in which direction, and by how much."""
    assert "100 s ahead of the server's" in look(Wire(), now=NOON + 100)["Clock"].sentence
    assert "100 s behind the server's" in look(Wire(), now=NOON - 100)["Clock"].sentence


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999",
        "Mon, 01 Jan 2026 00:00:00 +9999",
    ],
)
def test_a_server_without_a_date_says_nothing_about_the_clock(date: str) -> None:
    """No guess is made."""
    wire = Wire(answer=HttpAnswer(200, {"date": date}, ENVELOPE))

    assert look(wire)["Clock"].state is State.SKIPPED


@pytest.mark.parametrize(
    ("left", "key", "credits_state"),
    [
        (Decimal(100), State.OK, State.OK),
        (Decimal("9.5"), State.OK, State.WARNING),
        (Decimal("0.5"), State.OK, State.BROKEN),
        (Decimal(0), State.OK, State.BROKEN),
        (
            BadCredentials("LiveAvatar did not GET", why="It answered 401", status=401),
            State.BROKEN,
            State.SKIPPED,
        ),
        (
            ServerFault("LiveAvatar did not GET", why="It answered 500", status=500),
            State.BROKEN,
            State.SKIPPED,
        ),
        (Unreachable("LiveAvatar did not GET", why="ReadTimeout", sent=True), State.BROKEN, State.SKIPPED),
    ],
)
def test_the_key_and_the_credits_are_two_findings(left: object, key: State, credits_state: State) -> None:
    """A refused key says nothing about credits, and low credits say nothing about the key."""
    found = look(Wire(), left=left)

    assert (found["API key"].state, found["Credits"].state) == (key, credits_state)


def test_a_missing_key_does_not_hide_the_way() -> None:
    """Without a key everything up to HTTP is still looked at."""
    found = look(Wire(), keyless=True)

    assert found["API HTTP"].state is State.OK
    assert found["API key"].state is State.BROKEN
    assert "LIVEAVATAR_API_KEY" in found["API key"].fix


def test_too_many_requests_is_an_answer() -> None:
    """429 proves the way as well as 200 does."""
    wire = Wire(answer=HttpAnswer(429, {"date": A_DATE}, b""))

    assert look(wire)["API HTTP"].state is State.OK


def test_a_proxy_is_dialled_and_named() -> None:
    """Where the environment prescribes a proxy, the proxy is what is looked at, as the API client does."""
    wire = Wire(proxy=Proxy(Address("proxy.corp", 3128)))

    found = look(wire)

    assert wire.dialled == [Address("proxy.corp", 3128)]
    assert "through the proxy proxy.corp:3128" in found["API TCP"].sentence


@pytest.mark.parametrize(
    ("tcp", "firewall"), [(ConnectionRefusedError(111, "x"), False), (TimeoutError(), True)]
)
def test_a_proxy_that_is_not_there_is_not_a_firewall(tcp: OSError, firewall: bool) -> None:
    """Refused: the variable is wrong. Silent: it may be either."""
    wire = Wire(proxy=Proxy(Address("proxy.corp", 3128)), tcp=tcp)

    found = look(wire)["API TCP"]

    assert "proxy.corp:3128 cannot be reached" in found.sentence
    assert found.fix.startswith("Correct HTTPS_PROXY, or add api.example.com to NO_PROXY")
    assert ("firewall" in found.fix) is firewall


def test_a_proxy_that_refuses_is_to_blame() -> None:
    """The cure speaks of the proxy and not of the firewall."""
    wire = Wire(
        proxy=Proxy(Address("proxy.corp", 3128)), refuses_tunnel=NoTunnel("407 Proxy Authentication Required")
    )

    found = look(wire)["API TCP"]

    assert "proxy proxy.corp:3128 does not let us through (407" in found.sentence
    assert "CONNECT to api.example.com:443" in found.fix


def test_what_is_not_started_here_is_told_from_a_firewall() -> None:
    """On this machine nothing blocks: either it does not run, or the address is wrong."""
    found = look(Wire(tcp=ConnectionRefusedError(111, "x")), url="http://127.0.0.1:4711")["API TCP"]

    assert found.fix == "Nothing listens there: start it, or correct LIVEAVATAR_API_URL"


def test_this_machine_is_reached_without_a_proxy() -> None:
    """As the API client does it."""
    wire = Wire(proxy=Proxy(Address("proxy.corp", 3128)))

    found = look(wire, url="http://127.0.0.1:4711")

    assert wire.dialled == [Address("127.0.0.1", 4711)]
    assert found["API TLS"].state is State.SKIPPED
