"""Reads JSON that anybody may have sent."""

import json
from typing import Any

_DEEPEST = 50


def object_of(text: str | bytes) -> dict[str, Any] | None:
    """
    The JSON object in a message, None for what is not one.

    What JSON's reader takes and its writer cannot give back (`NaN`, half a character) is none either, nor
    what is nested deeper than anybody needs: it is sent back to clients, kept, and shown.
    """
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _deeper(found, _DEEPEST) else None


def _deeper(value: object, floors: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return floors == 0 or any(_deeper(part, floors - 1) for part in parts)
