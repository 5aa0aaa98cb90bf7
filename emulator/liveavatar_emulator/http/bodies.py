"""Refuses a body that could be read but never written down, before any rule keeps a part of it."""

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from liveavatar_emulator.reading import json_of


async def _demand_writable(request: Request) -> None:
    body = await request.body()
    if not body or request.scope["route"].body_field is None:  # such a route ignores whatever comes
        return
    try:
        json_of(body)
    except UnicodeEncodeError:
        raise _no_json("half a character") from None
    except ValueError as why:
        raise _no_json(str(why)) from None


def _no_json(why: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "json_invalid", "loc": ("body",), "msg": f"JSON decode error: {why}"}]
    )


WritableBody = Depends(_demand_writable)
