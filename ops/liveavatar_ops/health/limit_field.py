"""How one limit is written down: its default with its range, unit, reason and source."""

from typing import Any

from pydantic import Field


def limit(default: float | bool, unit: str, reason: str, source: str, *, most: float | None = None) -> Any:
    """One limit: a pydantic field that also carries what `explain` prints."""
    extra: dict[str, Any] = {"unit": unit, "reason": reason, "source": source}
    if isinstance(default, bool):
        return Field(default, description=reason, json_schema_extra=extra)
    top = 1.0 if unit == "share" and most is None else most
    least = None if unit == "dBFS" else 0.0
    return Field(default, description=reason, ge=least, le=top, allow_inf_nan=False, json_schema_extra=extra)
