"""What the bridge says when the service hangs up."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve

from liveavatar_emulator.worker.bridge import Bridge, Heard
from liveavatar_emulator.worker.job import OpenAi

KEY = "sk-never-to-be-repeated"


def states_after(code: int, reason: str) -> list[tuple[str, str]]:
    """The states a bridge tells when the service greets it and then hangs up like this."""
    states: list[tuple[str, str]] = []

    def ignore(*_: Any) -> None:
        pass

    async def hang_up(link: ServerConnection) -> None:
        await link.send(json.dumps({"type": "session.created", "event_id": "e", "session": {}}))
        await link.recv()
        await link.close(code, reason)

    async def run() -> None:
        async with serve(hang_up, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            service = OpenAi(base_url=f"http://127.0.0.1:{port}/v1", api_key=SecretStr(KEY))
            heard = Heard(
                lambda state, why: states.append((state, why)),
                ignore, ignore, ignore, ignore, ignore, ignore, ignore,
            )  # fmt: skip
            await asyncio.wait_for(Bridge(service, None, heard).run(), 30)

    asyncio.run(run())
    return states


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (3000, "invalid_request_error.invalid_api_key", ("refused", "invalid_api_key")),
        (4000, "invalid_request_error.model_not_found", ("refused", "model_not_found")),
        (1011, "keepalive ping timeout", ("closed", "the connection closed with code 1011")),
        (1000, "", ("closed", "the service ended the conversation")),
    ],
)
def test_the_reason_of_hanging_up_is_told_once(code: int, reason: str, told: tuple[str, str]) -> None:
    """A key or a model may be refused by closing alone: that is `refused`, and everything else `closed`."""
    assert states_after(code, reason) == [told]
