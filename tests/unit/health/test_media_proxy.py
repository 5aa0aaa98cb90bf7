"""Which proxy the SDK takes to a room, and what is kept from it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from liveavatar_ops.health.media_proxy import keep_exceptions, media_proxy

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
A, B = "http://one:1", "http://two:2"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield
    for name in VARIABLES:  # what was taken away by the code under test is not monkeypatch's to undo
        os.environ.pop(name, None)


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("wss://room.example.com", {"HTTPS_PROXY": A, "HTTP_PROXY": B}, A),
        ("ws://room.example.com", {"HTTPS_PROXY": A, "HTTP_PROXY": B}, B),
        ("wss://room.example.com", {"ALL_PROXY": A}, None),
        ("wss://room.example.com", {"HTTPS_PROXY": A, "NO_PROXY": "example.com"}, None),
        ("wss://room.example.com", {"HTTPS_PROXY": A, "NO_PROXY": "other.com"}, A),
        ("wss://room.example.com:7880", {"HTTPS_PROXY": A, "NO_PROXY": "room.example.com:7880"}, None),
        ("ws://127.0.0.1:7880", {"HTTP_PROXY": B}, None),
        ("ws://localhost:7880", {"HTTP_PROXY": B}, None),
        ("wss://room.example.com", {}, None),
    ],
)
def test_the_proxy_is_the_one_that_holds_for_the_room(
    url: str, environment: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
):
    """By scheme, and NO_PROXY and loopback are exceptions; what holds stays in the environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert media_proxy(url) == proxy
    keep_exceptions(url)
    used = "HTTPS_PROXY" if url.startswith("wss") else "HTTP_PROXY"
    assert os.environ.get(used) == proxy


@pytest.mark.parametrize("url", ["wss://[bad", "", "no address"])
def test_what_is_no_address_is_left_to_the_sdk(url: str):
    """It says so, and the check calls it signalling."""
    keep_exceptions(url)

    assert media_proxy(url) is None


def test_a_proxy_without_a_scheme_is_one(monkeypatch: pytest.MonkeyPatch):
    """As every library takes it."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")

    assert media_proxy("wss://room.example.com") == "http://proxy:3128"


def test_the_sdk_itself_goes_past_a_proxy_that_does_not_hold():
    """The real library, which reads HTTP_PROXY for any ws address: the proxy is asked unless we hide it."""
    assert asyncio.run(_asked_by_the_sdk(hidden=False))
    assert not asyncio.run(_asked_by_the_sdk(hidden=True))


async def _asked_by_the_sdk(*, hidden: bool) -> bool:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        JOINING,
        str(hidden),
        env=os.environ | {"HTTP_PROXY": f"http://127.0.0.1:{port}"},
        stderr=subprocess.DEVNULL,
    )
    try:
        assert await asyncio.wait_for(child.wait(), 60) == 0
    finally:
        if child.returncode is None:
            child.kill()
        server.close()
    return any(one.startswith(b"CONNECT 127.0.0.1:9 ") for one in asked)


JOINING = """
import asyncio, os, sys
from livekit import rtc
from liveavatar_ops.health.media_proxy import keep_exceptions

async def join():
    if sys.argv[1] == "True":
        keep_exceptions("ws://127.0.0.1:9")
    try:
        await rtc.Room().connect("ws://127.0.0.1:9", "no token")
    except rtc.ConnectError:
        os._exit(0)

asyncio.run(join())
"""
