"""Reads what the service says in the room: its events on the data channel, without what anybody said."""

import json

from liveavatar_ops.health.facts import EventFact

TOPIC = "agent-response"  # LiveAvatar API facts §3.4
_LONGEST = 80
_DETAILS = ("stop_reason", "end_reason", "state", "new_state")
"""The first that is there counts: a stop gives its reason under one of two names (API facts §6.14)."""


def event_of(payload: bytes, at_s: float, sender: str | None) -> EventFact | None:
    """The event in a packet on TOPIC, None for what is not one."""
    try:
        said = json.loads(payload)
        kind = str(said["event_type"])[:_LONGEST]
        detail = next((str(said[name])[:_LONGEST] for name in _DETAILS if said.get(name)), None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return EventFact(at_s=at_s, type=kind, topic=TOPIC, sender=sender, detail=detail)
