"""A client whose network is a list of answers, and whose waits are only noted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.settings import Settings

Reply = httpx.Response | Exception
Replies = Iterable[Reply] | Callable[[httpx.Request], httpx.Response]
API_KEY = "unit-test-api-key-3b9d"


@dataclass
class Line:
    """What was sent, and how long was waited before each repetition."""

    client: LiveAvatarClient
    sent: list[httpx.Request] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)


def ok(data: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json={"code": 1000, "data": data, "message": None})


@pytest.fixture
def line() -> Callable[..., Line]:
    """`line([reply, …], max_attempts=3)`; the last reply repeats."""

    def make(replies: Replies, **settings: Any) -> Line:
        left = None if callable(replies) else list(replies)

        def answer(request: httpx.Request) -> httpx.Response:
            made.sent.append(request)
            if left is None:
                assert callable(replies)
                return replies(request)
            reply = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(reply, Exception):
                raise reply
            return reply

        given = Settings(api_key=SecretStr(API_KEY), api_url="http://127.0.0.1:9", **settings)
        transport = httpx.MockTransport(answer)
        waited: list[float] = []
        made = Line(LiveAvatarClient(given, transport=transport, sleep=waited.append), waited=waited)
        return made

    return make
