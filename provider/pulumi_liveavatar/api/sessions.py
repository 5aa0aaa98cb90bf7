"""
LiveAvatar sessions: mint a token, start, keep alive, stop, look back (LiveAvatar API facts §2.9, §3).

The clock and the bill run from `start`: whoever starts stops.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import SecretStr

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.wire import Named, Token, Wire, expect

EndReason = Literal[
    "UNKNOWN",
    "USER_DISCONNECTED",
    "SERVER_ERROR",
    "IDLE_TIMEOUT",
    "NO_CREDITS",
    "USER_CLOSED",
    "AVATAR_DELETED",
    "MAX_DURATION_REACHED",
    "ZOMBIE_SESSION_REAP",
    "AGENT_HANG_UP",
    "DISPATCH_FAILED",
]


class Minted(Wire):
    session_id: Named
    session_token: Token


class Started(Wire):
    """`livekit_client_token` joins the room as `client`; `max_session_duration` (s) is the effective one."""

    session_id: Named
    livekit_url: Named
    livekit_client_token: Token
    max_session_duration: int | None = None
    ws_url: SecretStr | None = None
    livekit_agent_token: SecretStr | None = None


class SessionSummary(Wire):
    """Duration in seconds; `credits_consumed` and `end_reason` are absent while it runs."""

    id: str
    created_at: str | None = None
    updated_at: str | None = None
    duration: float | None = None
    source: str | None = None
    mode: str | None = None
    is_sandbox: bool | None = None
    credits_consumed: float | None = None
    end_at: str | None = None
    end_reason: str | None = None


class Line(Wire):
    role: str
    transcript: str
    absolute_timestamp: float | None = None
    relative_timestamp: float | None = None


class Transcript(Wire):
    session_active: bool
    next_timestamp: float | None = None
    transcript_data: tuple[Line, ...] = ()


class Sessions:
    def __init__(self, client: LiveAvatarClient) -> None:
        self._client = client

    def mint(self, body: Mapping[str, Any]) -> Minted:
        """A token with the whole configuration frozen into it; references are checked at start only."""
        data = self._client.call("POST", "/v1/sessions/token", body=body, hide=_room_tokens(body))
        return expect(Minted, data, of="POST /v1/sessions/token")

    def start(self, session_token: SecretStr) -> Started:
        """Raises ConcurrencyLimit, OutOfCredits, Invalid (a reference is missing)."""
        data = self._client.call("POST", "/v1/sessions/start", bearer=session_token)
        return expect(Started, data, of="POST /v1/sessions/start")

    def stop(self, session_id: str, reason: EndReason = "USER_CLOSED") -> None:
        """Raises NotThere for a session that LiveAvatar does not know. May be repeated: it only ends once."""
        body = {"session_id": session_id, "reason": reason}
        self._client.call("POST", "/v1/sessions/stop", body=body, harmless=True)

    def keep_alive(self, session_id: str) -> None:
        """Wanted every 60 s at the latest (facts §3.6)."""
        self._client.call("POST", "/v1/sessions/keep-alive", body={"session_id": session_id}, harmless=True)

    def list(self, type: Literal["active", "historic"], **only: str) -> list[SessionSummary]:  # noqa: A002 -- the API's own word
        """All pages; `only` narrows by avatar_id, embed_id or context_id."""
        data = self._client.pages("/v1/sessions", params={"type": type, **only})
        return expect(list[SessionSummary], data, of="GET /v1/sessions")

    def get(self, session_id: str) -> dict[str, Any]:
        """As answered: the exact fields are not documented (facts §6, 22)."""
        data = self._client.call("GET", f"/v1/sessions/{session_id}")
        return expect(dict[str, Any], data, of="GET /v1/sessions/{id}")

    def transcript(self, session_id: str) -> Transcript:
        data = self._client.call("GET", f"/v1/sessions/{session_id}/transcript")
        return expect(Transcript, data, of="GET /v1/sessions/{id}/transcript")


def _room_tokens(body: Mapping[str, Any]) -> list[str]:
    """Tokens of a room one brings along; they may not appear in an error either."""
    livekit, agora = body.get("livekit_config") or {}, body.get("agora_config") or {}
    return [t for t in (livekit.get("livekit_client_token"), agora.get("agora_token")) if t]
