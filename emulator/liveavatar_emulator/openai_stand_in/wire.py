"""The protocol's small shapes: ids, events, errors."""

import uuid
from typing import Any

# LiveAvatar API facts §2.9: the voices that the connector accepts.
VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "shimmer", "sage", "verse",
    "marin", "cedar",
)  # fmt: skip
MODELS = ("gpt-realtime", "gpt-realtime-mini", "gpt-realtime-2.1")


def new_id(kind: str) -> str:
    """An id as the service makes them: `resp_…`, `item_…`, `sess_…`, `event_…`."""
    return f"{kind}_{uuid.uuid4().hex[:21]}"


def error_body(message: str, *, code: str, param: str | None = None) -> dict[str, Any]:
    """The body of a refused HTTP request, and the `error` of an error event."""
    return {"message": message, "type": "invalid_request_error", "param": param, "code": code}


class Refused(Exception):
    """A client event that cannot be obeyed; becomes an `error` event, and the conversation goes on."""

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        self.body = error_body(message, code=code, param=param)
        super().__init__(message)


def audio_item(item_id: str, role: str, transcript: str | None, status: str) -> dict[str, Any]:
    """A message of one side, as conversation items show it (without its sound)."""
    kind = "input_audio" if role == "user" else "output_audio"
    content = [] if transcript is None and role == "assistant" else [{"type": kind, "transcript": transcript}]
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": role,
        "content": content,
    }
