"""One line for each thing that happened: for people on a terminal, JSON where a machine reads."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO


class Log:
    """Events are past-tense facts with fields; fields that are None are left out."""

    def __init__(self, out: TextIO | None = None, *, as_json: bool = False) -> None:
        self._out = out or sys.stdout
        self._json = as_json

    def say(self, event: str, **fields: Any) -> None:
        """Write one event."""
        given = {name: value for name, value in fields.items() if value not in (None, "", [])}
        at = datetime.now(UTC)
        if self._json:
            line = json.dumps(
                {"at": at.isoformat(timespec="milliseconds"), "event": event, **given}, default=str
            )
        else:
            line = f"{at.astimezone():%H:%M:%S}  {_sentence(event, given)}"
        self._out.write(line.replace("\n", " ") + "\n")
        self._out.flush()


def _sentence(event: str, fields: Mapping[str, Any]) -> str:
    match event:
        case "check.started":
            kind = {"confirm": ", to confirm", "long": ", the day's long one"}.get(fields["kind"], "")
            said = f"{fields['target']}: check {fields['run']} started{kind}"
        case "check.ended":
            said = f"{fields['target']}: {_ended(fields)}"
        case "check.superseded":
            said = f"{fields['target']}: check {fields['run']} does not count, another watcher took over"
        case "check.stopped":
            said = f"{fields['target']}: check {fields['run']} was ended early"
        case "watcher.started":
            said = f"Watching, targets: {fields['targets']}. Status page: {fields.get('page', 'off')}"
        case "targets.changed" | "targets.not_read":
            said = _deployed(fields)
        case "watcher.stopped":
            said = "Stopped: no check is running, all leases are given back."
        case "watcher.janitor":
            said = f"Janitor: {fields['said']}"
        case "watcher.took_over":
            said = f"Took over from a watcher that is gone (checks {', '.join(map(str, fields['runs']))})"
        case _:
            said = f"{event}: " + " · ".join(f"{name} {value}" for name, value in fields.items())
    return said


def _deployed(fields: Mapping[str, Any]) -> str:
    if "why" in fields:
        return f"What is deployed cannot be read again, so nothing is changed: {fields['why']}"
    words = {"added": "new", "removed": "gone", "changed": "changed"}
    what = [f"{word} {', '.join(fields[key])}" for key, word in words.items() if key in fields]
    return f"What is deployed has changed: {' · '.join(what) or 'the order'}"


def _ended(fields: Mapping[str, Any]) -> str:
    first = fields.get("first_frame_s")
    parts = [
        fields["verdict"] + (f" ({fields['cause']})" if fields["cause"] != "none" else ""),
        f"first frame after {first:.1f} s" if first is not None else "",
        _credits(fields["credits"]) if "credits" in fields else "",
        *((fields.get("why", ""), fields.get("report", "")) if fields["verdict"] != "healthy" else ()),
    ]
    return " · ".join(part for part in parts if part)


def _credits(number: float) -> str:
    return "1 credit" if number == 1 else f"{number:g} credits"
