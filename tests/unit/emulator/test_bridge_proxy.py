"""A proxy in the environment: used on the way to OpenAI, never on the way to this machine itself."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from liveavatar_emulator.worker.bridge import Bridge
from liveavatar_emulator.worker.job import OpenAi
from tests.support.stand_in import KEY, running_stand_in
from tests.unit.emulator.test_bridge import Ears, converse, service_of

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A proxy for everything, and the first line of every call that came to it; it answers none."""
    lines: list[bytes] = []
    for name in ("NO_PROXY", *NAMES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            while True:
                try:
                    caller, _ = door.accept()
                except OSError:
                    return
                with caller:
                    lines.append(caller.recv(4096).partition(b"\r\n")[0])

        for name in NAMES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{door.getsockname()[1]}")
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield lines
        door.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_stand_in_is_reached_past_the_proxy(proxy: list[bytes], host: str) -> None:
    """Else every avatar of the emulator would be mute wherever a proxy is set."""
    with running_stand_in() as stand_in:

        async def work(_bridge: Bridge, ears: Ears) -> None:
            await ears.until("state")

        service = service_of(stand_in, base_url=stand_in.url.replace("127.0.0.1", host))
        ears = converse(service, work)

    assert ears.all("state")[0] == ("connected", "")
    assert proxy == []


def test_the_real_service_is_reached_through_the_proxy(proxy: list[bytes]) -> None:
    """Where there is no other way out, leaving it unused would make every avatar mute instead."""
    ears = Ears()
    service = OpenAi(base_url="https://openai.example/v1", api_key=SecretStr(KEY))

    asyncio.run(asyncio.wait_for(Bridge(service, None, ears.heard()).run(), 30))

    assert proxy == [b"CONNECT openai.example:443 HTTP/1.1"]
    assert [state for state, _ in ears.all("state")] == ["refused"]
