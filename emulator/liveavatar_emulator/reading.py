"""Reads JSON that anybody may have sent."""

import json
from typing import Any

_DEEPEST = 50


def json_of(text: str | bytes) -> Any:
    """
    What the JSON says, ValueError for what is none.

    What JSON's reader takes and its writer cannot give back (`NaN`, half a character) is none either, nor
    what is nested deeper than anybody needs: it is sent back to clients, kept, and shown.
    """
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if _deeper(found, _DEEPEST):
        raise ValueError("it is nested too deeply")
    return found


def object_of(text: str | bytes) -> dict[str, Any] | None:
    """The JSON object in a message, None for what is not one."""
    try:
        found = json_of(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _deeper(value: object, floors: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return floors == 0 or any(_deeper(part, floors - 1) for part in parts)
