"""The data packets of a session on `agent-response`, in the API's shapes (LiveAvatar API facts §3.4)."""

import uuid
from typing import Any

from liveavatar_emulator.reading import object_of

RESPONSES = "agent-response"
COMMANDS = "agent-control"


def event(kind: str, session_id: str, *, source: str | None = None, **fields: Any) -> dict[str, Any]:
    """One event: the base every event has, and what this kind adds."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": kind,
        "session_id": session_id,
        "source_event_id": source,
        **fields,
    }


def stopped(session_id: str, reason: str) -> dict[str, Any]:
    """
    The last event of a session.

    Clients read `stop_reason` (documented) or `end_reason` (the API's name elsewhere): both are given.
    """
    return event("session.stopped", session_id, stop_reason=reason, end_reason=reason)


def command(raw: bytes) -> dict[str, Any] | None:
    """A command packet as a dict, or None for what is not one: a public room may carry anything."""
    found = object_of(raw)
    return found if found and isinstance(found.get("event_type"), str) else None
