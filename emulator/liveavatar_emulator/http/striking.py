"""Records every call and lets faults befall it, before any route sees it."""

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liveavatar_emulator.calls import Call
from liveavatar_emulator.faults import Fault
from liveavatar_emulator.http.access import House
from liveavatar_emulator.http.dropping import connection, drop
from liveavatar_emulator.http.pages import API_PATHS


class Striking:
    """ASGI middleware around the API's own paths; the admin API and the OpenAI stand-in pass untouched."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(API_PATHS):
            await self._app(scope, receive, send)
            return
        call = self._house.calls.begin(scope["method"], path)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
            await send(message)

        fault = self._house.faults.for_call(call.method, path)
        if fault is None:
            await self._app(scope, receive, noting)
        else:
            call.fault = fault.name
            await self._strike(fault, call, scope, receive, noting)

    async def _strike(self, fault: Fault, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.name:
            case "rate_limit":
                await _too_fast(fault)(scope, receive, send)
            case "server_error":
                quoted = await _body(receive) if fault.number("echo") else ""
                await _error(fault, quoted)(scope, receive, send)
            case "reset":
                await _hear_out(receive)
                await drop(scope, reset=True)
            case "lost_answer":
                await self._act(scope, receive)
                await drop(scope, reset=False)
            case "bad_json":
                await self._act(scope, receive)
                cut = Response('{"code": 1000, "data": {"id": "', media_type="application/json")
                await cut(scope, receive, send)
            case "slow":
                await asyncio.sleep(fault.number("delay_s"))
                await self._app(scope, receive, send)
            case "hang_before" | "hang_after":
                await self._hang(fault, call, scope, receive, send)

    async def _hang(self, fault: Fault, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.name == "hang_after":
            messages = await self._act(scope, receive)
            await self._house.holds.hold(call.method, call.path, "after")
            for message in messages:
                await send(message)
            return
        line = connection(scope)
        await self._house.holds.hold(call.method, call.path, "before")
        if line is None or not line.is_closing():  # a caller gone meanwhile wants nothing done
            await self._app(scope, receive, send)

    async def _act(self, scope: Scope, receive: Receive) -> list[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages


async def _hear_out(receive: Receive) -> None:
    """Read the whole request: a client still writing would see another error than a reset."""
    while (await receive()).get("more_body"):
        pass


def _too_fast(fault: Fault) -> Response:
    wait = max(1, round(fault.number("retry_after_s")))
    headers = {
        "Retry-After": str(wait),
        "X-RateLimit-Limit": "0",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(wait),
    }
    body = {"code": 429, "data": None, "message": "Rate limit exceeded"}
    return JSONResponse(body, status_code=429, headers=headers)


def _error(fault: Fault, quoted: str) -> Response:
    status = int(fault.number("status"))
    message = "Internal server error" + (f": cannot handle {quoted}" if quoted else "")
    return JSONResponse({"code": status, "data": None, "message": message}, status_code=status)


async def _body(receive: Receive) -> str:
    pieces = []
    more = True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces).decode(errors="replace")
