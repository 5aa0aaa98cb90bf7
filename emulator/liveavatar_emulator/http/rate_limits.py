"""Rate limits per caller and endpoint, in fixed windows of one second (LiveAvatar API facts §4)."""

import hashlib
import math
import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liveavatar_emulator.http.pages import API_PATHS

_ID = re.compile(r"/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}(?=/|$)")


class RateLimits:
    """
    ASGI middleware: counts, refuses what is too much, and tells the rest where they stand.

    ``limit`` is calls a second; the service's own table is not known, so the default is generous.
    """

    def __init__(self, app: ASGIApp, limit: int, clock: Callable[[], float]) -> None:
        self._app = app
        self._limit = limit
        self._clock = clock
        self._window = 0
        self._seen: dict[tuple[str, str], int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if scope["type"] != "http" or not scope["path"].startswith(API_PATHS):
            await self._app(scope, receive, send)
            return
        now = self._clock()
        used = self._count(scope, int(now))
        headers = {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(0, self._limit - used)),
            "X-RateLimit-Reset": str(max(1, math.ceil(math.floor(now) + 1 - now))),
        }
        if used > self._limit:
            body = {"code": 429, "data": None, "message": "Rate limit exceeded"}
            refusal = JSONResponse(body, status_code=429, headers={**headers, "Retry-After": "1"})
            await refusal(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, tell)

    def _count(self, scope: Scope, window: int) -> int:
        if window != self._window:
            self._window = window
            self._seen.clear()
        which = (_caller(scope), f"{scope['method']} {_ID.sub('/*', scope['path'])}")
        self._seen[which] = self._seen.get(which, 0) + 1
        return self._seen[which]


def _caller(scope: Scope) -> str:
    """API key, session token or address; hashed, so that no key lies about in a table."""
    headers = Headers(scope=scope)
    client = scope.get("client") or ("", 0)
    who = headers.get("x-api-key") or headers.get("authorization") or str(client[0])
    return hashlib.sha256(who.encode()).hexdigest()
