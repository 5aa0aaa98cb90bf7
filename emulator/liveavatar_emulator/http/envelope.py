"""The two shapes every answer has: the envelope, and FastAPI's list of what is wrong with the input."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from liveavatar_emulator.refusal import Refusal

SUCCESS = 1000  # LiveAvatar API facts §1.2: the real code, whatever the generated examples say

Answer = dict[str, object]


def ok(data: object = None, message: str | None = "success") -> Answer:
    """A successful envelope (LiveAvatar API facts §1.2)."""
    return {"code": SUCCESS, "data": data, "message": message}


async def refused(_: Request, refusal: Exception) -> JSONResponse:
    """An error envelope (LiveAvatar API facts §1.3, family 1)."""
    assert isinstance(refusal, Refusal)
    body = {"code": refusal.code, "data": refusal.data, "message": refusal.message}
    return JSONResponse(body, status_code=refusal.status)


async def invalid(_: Request, why: Exception) -> JSONResponse:
    """
    FastAPI's validation error (LiveAvatar API facts §1.3, family 2).

    ``input`` is left out, as the row allows: for a missing field it would be the whole body, secret value
    and all.
    """
    assert isinstance(why, RequestValidationError)
    detail = [{name: error[name] for name in ("type", "loc", "msg")} for error in why.errors()]
    return JSONResponse({"detail": detail}, status_code=422)
