"""What arrived, session by session, for whoever checks that a configuration got through; holds no key."""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 200


@dataclass
class SeenSession:
    """One conversation as it arrived here."""

    id: str
    model: str
    voice: str | None = None
    temperature: float | None = None
    instructions: str | None = None
    first_update: dict[str, Any] | None = None
    """The first `session.update` as it was sent: what was asked for, apart from what stands anyway."""
    turns: int = 0
    updates: int = 0
    heard_ms: int = 0
    said: list[str] = field(default_factory=list)
    interrupted: int = 0
    cancelled: int = 0
    """Answers that the client stopped by `response.cancel`; they count as interrupted too."""
    truncated_ms: list[int] = field(default_factory=list)
    """How much of each answer the client said was heard, when it was cut short."""
    refused: list[str] = field(default_factory=list)
    """Codes of the client events that could not be obeyed."""
    open: bool = True


class Seen:
    """The last conversations, oldest first."""

    def __init__(self) -> None:
        self._sessions: deque[SeenSession] = deque(maxlen=KEPT)

    def begin(self, session_id: str, model: str) -> SeenSession:
        """A new conversation; the record is filled in by whoever leads it."""
        session = SeenSession(session_id, model)
        self._sessions.append(session)
        return session

    def as_json(self) -> list[dict[str, Any]]:
        """All of them."""
        return [asdict(session) for session in self._sessions]
