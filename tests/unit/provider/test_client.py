"""When a call is repeated, how long is waited, and what a failing one may say."""

import contextlib
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import (
    Invalid,
    LiveAvatarError,
    ServerFault,
    TooFast,
    Unreachable,
    Unreadable,
)
from pulumi_liveavatar.settings import Settings
from tests.unit.provider.conftest import API_KEY, Line, ok

Maker = Callable[..., Line]
BEARER = "the-bearer-token-1"
HIDDEN = "hidden-value-22"
SLOW = httpx.Response(429, json={"code": 429, "message": "slow down"}, headers={"Retry-After": "2"})
FAULT = httpx.Response(500, json={"code": 500, "message": "oops"})


@pytest.mark.parametrize(
    ("method", "fault", "repeated"),
    [
        pytest.param("POST", SLOW, True, id="POST told to wait"),
        pytest.param("POST", httpx.ConnectError("refused"), True, id="POST never connected"),
        pytest.param("POST", httpx.ConnectTimeout("silence"), True, id="POST never connected in time"),
        pytest.param("POST", httpx.ReadTimeout("silence"), False, id="POST may have been acted on"),
        pytest.param("POST", httpx.RemoteProtocolError("dropped"), False, id="POST whose answer is lost"),
        pytest.param("POST", FAULT, False, id="POST answered 500"),
        pytest.param("GET", httpx.ReadTimeout("silence"), True, id="GET silence"),
        pytest.param("GET", FAULT, True, id="GET answered 500"),
        pytest.param("PATCH", FAULT, True, id="PATCH answered 500"),
        pytest.param("DELETE", httpx.ReadError("reset"), True, id="DELETE reset"),
        pytest.param("GET", httpx.Response(400, json={"code": 1, "message": "no"}), False, id="GET refused"),
        pytest.param("GET", httpx.Response(200, text="hello"), False, id="GET unreadable"),
    ],
)
def test_a_call_is_repeated_only_where_that_is_safe(
    line: Maker, method: str, fault: Any, repeated: bool
) -> None:
    """A POST that the server may have acted on is never sent twice."""
    made = line([fault, ok("done")])

    if repeated:
        assert made.client.call(method, "/v1/x", body={}) == "done"
    else:
        with pytest.raises(LiveAvatarError):
            made.client.call(method, "/v1/x", body={})

    assert len(made.sent) == (2 if repeated else 1)


def test_a_harmless_post_is_repeated(line: Maker) -> None:
    """Stopping a session twice stops it once, and not stopping it costs."""
    made = line([httpx.ReadTimeout("silence"), ok(None)])

    made.client.call("POST", "/v1/sessions/stop", body={}, harmless=True)

    assert len(made.sent) == 2


def test_attempts_are_bounded(line: Maker) -> None:
    """Then the error says what the last one said."""
    made = line([FAULT], max_attempts=3)

    with pytest.raises(ServerFault, match="oops"):
        made.client.call("GET", "/v1/x")

    assert len(made.sent) == 3


def test_total_time_is_bounded(line: Maker) -> None:
    """A wait that would go past the bound is not begun."""
    made = line([httpx.Response(429, text="slow", headers={"Retry-After": "20"})], give_up_after_s=10)

    with pytest.raises(TooFast):
        made.client.call("GET", "/v1/x")

    assert (len(made.sent), made.waited) == (1, [])


def test_nobody_waits_for_minutes(line: Maker) -> None:
    """A server that asks for it is answered by an error, whatever the bound."""
    long = httpx.Response(429, text="slow", headers={"Retry-After": "31"})
    made = line([long], give_up_after_s=900)

    with pytest.raises(TooFast) as failed:
        made.client.call("GET", "/v1/x")

    assert failed.value.retry_after_s == 31
    assert made.waited == []


def test_retry_after_is_obeyed(line: Maker) -> None:
    """To the second."""
    made = line([SLOW, ok(1)])

    made.client.call("GET", "/v1/x")

    assert made.waited == [2.0]


def test_without_retry_after_the_pauses_are_jittered_and_grow(line: Maker) -> None:
    """Full jitter: anywhere between nothing and a bound that doubles."""
    pauses: list[list[float]] = [[], [], [], []]
    for _ in range(60):
        made = line([FAULT], max_attempts=5)
        with pytest.raises(ServerFault):
            made.client.call("GET", "/v1/x")
        for number, pause in enumerate(made.waited):
            pauses[number].append(pause)

    for number, seen in enumerate(pauses):
        assert max(seen) <= 0.5 * 2**number
        assert len(set(seen)) > 30, "no two clients repeat in step"
    assert max(pauses[3]) > max(pauses[0])


def test_the_api_key_or_the_bearer_is_sent_never_both(line: Maker) -> None:
    """`start` takes the session token alone."""
    made = line([ok(1)])
    made.client.call("GET", "/v1/x")
    made.client.call("POST", "/v1/sessions/start", bearer=SecretStr("the-token"))

    first, second = (request.headers for request in made.sent)
    assert first["X-API-KEY"] == API_KEY
    assert "Authorization" not in first
    assert second["Authorization"] == "Bearer the-token"
    assert "X-API-KEY" not in second


@pytest.mark.parametrize(
    "reply",
    [
        lambda said: httpx.Response(400, json={"code": 1, "message": said}),
        lambda said: httpx.Response(422, json={"detail": [{"loc": [said], "msg": said, "input": said}]}),
        lambda said: httpx.Response(503, text=said),
        lambda said: httpx.Response(200, text=said),
        httpx.ReadError,
        httpx.ConnectError,
        httpx.RemoteProtocolError,
    ],
)
def test_no_error_quotes_what_must_stay_hidden(line: Maker, reply: Callable[[str], Any]) -> None:
    """Neither the API key, the bearer, nor what the caller hides; not in a cause either."""
    said = f"{API_KEY} {BEARER} {HIDDEN}"
    made = line([reply(said)], max_attempts=1)

    with pytest.raises(LiveAvatarError) as failed:
        made.client.call("POST", "/v1/x", bearer=SecretStr(BEARER), hide=[HIDDEN])

    whole = "".join(traceback.format_exception(failed.value))
    for value in (API_KEY, BEARER, HIDDEN):
        assert value not in whole
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None


def test_the_request_log_tells_without_bodies(line: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    """LIVEAVATAR_LOG=debug: method, path, outcome and time on stderr; nothing at all without it."""
    line([ok(1)]).client.call("POST", "/v1/x", body={"secret_value": "hidden-value-22"})
    assert capsys.readouterr() == ("", "")

    made = line([httpx.ConnectError("no"), ok(1)], log="debug")
    made.client.call("POST", "/v1/x", body={"secret_value": "hidden-value-22"}, hide=["hidden-value-22"])

    said = capsys.readouterr()
    assert said.out == ""
    assert "event=liveavatar.request method=POST path=/v1/x outcome=Unreachable" in said.err
    assert "outcome=200" in said.err
    assert "hidden" not in said.err
    assert API_KEY not in said.err


def test_an_endless_answer_is_cut_off(line: Maker) -> None:
    """Neither the memory nor the time of a run belongs to the server."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(b"x" * (1 << 20) for _ in range(64)))

    with pytest.raises(Unreadable, match="larger than 16 MB"):
        line(answer).client.call("GET", "/v1/x")


def test_an_answer_that_drips_is_cut_off(line: Maker) -> None:
    """Each drop comes in time; the whole does not."""

    def drops() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.01)
            yield b"x"

    made = line(lambda _: httpx.Response(200, content=drops()), timeout_s=0.1, max_attempts=1)

    with pytest.raises(Unreachable, match="too slowly"):
        made.client.call("GET", "/v1/x")


def test_headers_that_drip_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them comes in time; a wait of httpx ends with each."""
    # The sum ends after half a second and no single wait before 30 s, however slow this machine is.
    monkeypatch.setattr("pulumi_liveavatar.api.client.OVERTIME_S", -29.5)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as other_side:
        other_side.submit(_drip_headers, server)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        settings = Settings(api_key=SecretStr(API_KEY), api_url=url, timeout_s=30, max_attempts=1)
        with LiveAvatarClient(settings) as client, pytest.raises(Unreachable, match="too slowly") as raised:
            client.call("POST", "/v1/x")
        server.shutdown(socket.SHUT_RDWR)

    assert raised.value.sent


def _drip_headers(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(40):
            time.sleep(0.2)
            connection.sendall(b"X-%d: y\r\n" % number)


def test_a_refused_connection_says_what_to_check() -> None:
    """Over a real socket: nothing listens on port 9."""
    settings = Settings(api_key=SecretStr(API_KEY), api_url="http://127.0.0.1:9", max_attempts=1)
    with (
        LiveAvatarClient(settings) as client,
        pytest.raises(Unreachable, match="LIVEAVATAR_API_URL") as failed,
    ):
        client.call("POST", "/v1/contexts", body={})

    assert not failed.value.sent


def test_an_error_keeps_its_parts(line: Maker) -> None:
    """The health job judges by them."""
    body = {"code": 77, "message": "no such thing"}
    with pytest.raises(Invalid) as failed:
        line([httpx.Response(400, json=body)]).client.call("GET", "/v1/x")

    error = failed.value
    assert (error.status, error.code, error.retry_after_s) == (400, 77, None)
    assert error.what == "LiveAvatar did not carry out GET /v1/x"
    assert error.why == "It answered 400/77: no such thing"
    assert error.next_step
