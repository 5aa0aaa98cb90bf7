"""Who may call what: API key, session token, or either (LiveAvatar API facts §1.1)."""

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from liveavatar_emulator.calls import CallLog
from liveavatar_emulator.conductor import Conductor
from liveavatar_emulator.faults import FaultBook
from liveavatar_emulator.holds import Holds
from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.tokens import read_session_token
from liveavatar_emulator.world import World


@dataclass
class House:
    """Everything a route may need, made once for an app."""

    world: World
    conductor: Conductor
    faults: FaultBook
    holds: Holds
    calls: CallLog
    api_key: str


def house(request: Request) -> House:
    """The house that this app serves."""
    found: House = request.app.state.house
    return found


InHouse = Annotated[House, Depends(house)]


def api_key(request: Request, here: InHouse) -> None:
    """Demand the account's API key; 401 otherwise."""
    if not _has_key(request, here):
        raise Refusal(401, "Invalid or missing API key")


def session_holder(request: Request, here: InHouse) -> str:
    """Demand a session token; the id of its session."""
    token = _bearer(request)
    if token is None:
        raise Refusal(401, "Missing session token")
    return read_session_token(here.world.signing_key, token)


def key_or_holder(request: Request, here: InHouse) -> str | None:
    """Demand either: the session's id for a session token, None for the API key."""
    if _bearer(request) is not None:
        return session_holder(request, here)
    api_key(request, here)
    return None


NeedsKey = Depends(api_key)
SessionHolder = Annotated[str, Depends(session_holder)]
KeyOrHolder = Annotated[str | None, Depends(key_or_holder)]


def _has_key(request: Request, here: House) -> bool:
    return hmac.compare_digest(request.headers.get("x-api-key", "").encode(), here.api_key.encode())


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
