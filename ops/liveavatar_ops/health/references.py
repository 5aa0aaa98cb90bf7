"""
Which objects of the account a token body points at, and what each price is.

LiveAvatar only checks the shape of ids when a token is minted (LiveAvatar API facts §3.1); a missing
object shows as a late refusal or as an avatar that never speaks. So a check looks first.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

CREDITS_PER_MINUTE = {"LITE": Decimal(1), "FULL": Decimal(2)}  # LiveAvatar API facts §4
CONNECTORS = {
    "openai_realtime_config": "openai_realtime",
    "gemini_realtime_config": "gemini_realtime",
    "elevenlabs_agent_config": "elevenlabs_agent",
    "cartesia_agent_config": "cartesia_agent",
}


@dataclass(frozen=True)
class Reference:
    """One id in a body; `place` as a reader would write it."""

    kind: Literal["avatar", "secret", "context", "voice"]
    id: str
    place: str


def references(body: dict[str, Any]) -> Iterator[Reference]:
    """Every id in a token body that can be looked up, the avatar first."""
    if avatar := body.get("avatar_id"):
        yield Reference("avatar", str(avatar), "avatar_id")
    for part in (*CONNECTORS, "avatar_persona"):
        held = body.get(part)
        if not isinstance(held, dict):
            continue
        if secret := held.get("secret_id"):
            yield Reference("secret", str(secret), f"{part}.secret_id")
        if context := held.get("context_id"):
            yield Reference("context", str(context), f"{part}.context_id")
        if part == "avatar_persona" and (voice := held.get("voice_id")):
            yield Reference("voice", str(voice), f"{part}.voice_id")


def connector(body: dict[str, Any]) -> str | None:
    """The agent behind the avatar, or None where the body names none."""
    return next((name for part, name in CONNECTORS.items() if body.get(part)), None)


def price(body: dict[str, Any], open_for_s: float) -> Decimal:
    """Credits that a session of this body costs: begun minutes, none in sandbox."""
    if body.get("is_sandbox"):
        return Decimal(0)
    minutes = max(1, math.ceil(open_for_s / 60))
    return CREDITS_PER_MINUTE.get(str(body.get("mode", "LITE")), Decimal(2)) * minutes
