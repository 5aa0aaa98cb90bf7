"""Starts and stops a session as an application's server does, for viewers that are not checks."""

from dataclasses import dataclass, field

import httpx
from tests.support.emulator import RunningEmulator
from tests.support.health import PUBLIC_AVATAR


@dataclass(frozen=True)
class Session:
    """A running session and the way into its room."""

    id: str
    url: str
    token: str = field(repr=False)


def started(emulator: RunningEmulator, *, quality: str = "high") -> Session:
    """Mint and start a plain session."""
    body = {"mode": "LITE", "avatar_id": PUBLIC_AVATAR, "video_settings": {"quality": quality}}
    minted = emulator.call("POST", "/v1/sessions/token", body).raise_for_status().json()["data"]
    holder = {"Authorization": f"Bearer {minted['session_token']}"}
    start = httpx.post(f"{emulator.api_url}/v1/sessions/start", headers=holder, timeout=30)
    way = start.raise_for_status().json()["data"]
    return Session(minted["session_id"], way["livekit_url"], way["livekit_client_token"])


def stopped(emulator: RunningEmulator, session: Session) -> None:
    """End it."""
    emulator.call("POST", "/v1/sessions/stop", {"session_id": session.id}).raise_for_status()
