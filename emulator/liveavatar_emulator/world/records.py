"""What the world keeps, one model a kind. Times are seconds since the epoch."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, Field

from liveavatar_emulator.store import Record

Mode = Literal["FULL", "LITE"]
Quality = Literal["very_high", "high", "medium", "low"]
Encoding = Literal["VP8", "H264"]
Look = Literal["studio", "plain", "dark", "vertical"]
SecretType = Literal["OPENAI_API_KEY", "ELEVENLABS_API_KEY", "GEMINI_API_KEY", "CARTESIA_API_KEY"]
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


def iso(at: float) -> str:
    """A time as the API writes it: ISO 8601, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


class SecretRecord(Record):
    """A third party's key. The value is write-only to callers (LiveAvatar API facts §2.1)."""

    secret_name: str
    secret_type: SecretType
    secret_value: str = Field(repr=False)
    created_at: float


class Link(BaseModel):
    """One entry of a context's links (LiveAvatar API facts §2.2)."""

    id: str
    url: str
    faq: str


class ContextRecord(Record):
    """Prompt, opening text and links under a name (LiveAvatar API facts §2.2)."""

    name: str
    prompt: str
    opening_text: str | None
    links: list[Link] = Field(default_factory=list)
    created_at: float
    updated_at: float


class LlmRecord(Record):
    """An LLM configuration (LiveAvatar API facts §2.3)."""

    display_name: str
    model_name: str
    secret_id: str
    base_url: str | None
    created_at: float
    updated_at: float


class VoiceRecord(Record):
    """A voice; private ones were bound to a third party's (LiveAvatar API facts §2.4)."""

    name: str
    description: str | None = None
    language: str
    gender: str
    tags: list[str] = Field(default_factory=list)
    public: bool
    created_at: float
    updated_at: float


class AvatarRecord(Record):
    """An avatar (LiveAvatar API facts §2.5); ``look`` is how the emulator draws it."""

    name: str
    look: Look
    public: bool
    sandbox: bool = False
    is_1080p: bool
    default_voice_id: str | None = None
    deleted: bool = False
    created_at: float
    updated_at: float


class EmbedRecord(Record):
    """An embed; the API can only make one (LiveAvatar API facts §2.6)."""

    avatar_id: str
    context_id: str | None
    voice_id: str | None
    voice_agent_id: str | None
    type: str
    max_session_duration: int | None
    default_language: str | None
    is_sandbox: bool
    orientation: str
    created_at: float


class VoiceAgentRecord(Record):
    """A voice agent, made in the dashboard (LiveAvatar API facts §2.7)."""

    name: str
    agent_type: Literal["liveavatar_agent", "elevenlabs_agent", "cartesia_agent"]
    agent_configuration: dict[str, object]
    created_at: float
    updated_at: float


class MemoryRecord(Record):
    """What a FULL session may remember of an earlier one (LiveAvatar API facts §2.10)."""

    memory_type: Literal["session"]
    session_id: str
    created_at: float


class Line(BaseModel):
    """One line of a transcript (LiveAvatar API facts §2.9)."""

    role: Literal["user", "avatar"]
    text: str
    at: float


class SessionRecord(Record):
    """
    One session from token to end (LiveAvatar API facts §2.9).

    ``request`` is the validated token body; ``sign_of_life_at`` is the last moment that somebody cared:
    start, keep-alive, a user in the room, a spoken word.
    """

    state: Literal["minted", "active", "ended"] = "minted"
    request: dict[str, object]
    mode: Mode
    avatar_id: str
    context_id: str | None = None
    is_sandbox: bool
    max_session_duration: int
    created_at: float
    updated_at: float
    started_at: float | None = None
    ended_at: float | None = None
    end_reason: EndReason | None = None
    sign_of_life_at: float = 0.0
    user_present: bool = False
    minutes_charged: int = 0
    credits_consumed: str = "0"
    bridge: str | None = None
    bridge_detail: str | None = None
    transcript: list[Line] = Field(default_factory=list)

    def duration(self, now: float) -> int:
        """Whole seconds that the session lasted, or has lasted so far."""
        if self.started_at is None:
            return 0
        return int((self.ended_at or now) - self.started_at)
