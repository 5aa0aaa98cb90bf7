"""One line for each thing that happened: for people on a terminal, JSON where a machine reads."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from liveavatar_ops import streams
from pulumi_liveavatar.text import scrub, shorten

CHORES = {
    "send": "Messages cannot be sent",
    "read again": "What is deployed cannot be read again",
    "page": "The status page is not served here",
    "textfile": "The textfile of metrics cannot be written",
    "tidy": "Old evidence and history cannot be tidied up",
}
CHORES_AGAIN = {
    "send": "Messages can be sent again",
    "read again": "What is deployed is read again as usual",
    "page": "The status page is served here now",
    "textfile": "The textfile of metrics is written again",
    "tidy": "Old evidence and history are tidied up again",
}
FAULTS = {
    "look": "What is due cannot be looked up",
    "blindness": "Targets that are not seen any more cannot be looked for",
    "chores": "Chores beside checking cannot be done",
    "leases": "Leases of running checks cannot be renewed",
}
FAULTS_OVER = {
    "look": "What is due is looked up again",
    "blindness": "Targets that are not seen any more are looked for again",
    "chores": "Chores beside checking are done again",
    "leases": "Leases of running checks are renewed again",
}
OUR_CODE = str(Path(__file__).parents[1])


class Log:
    """Events are past-tense facts with fields; fields that are None are left out."""

    def __init__(self, out: TextIO | None = None, *, as_json: bool = False) -> None:
        self._out = out or sys.stdout
        self._json = as_json
        self._lost = 0

    def lost(self) -> int:
        """Lines that could not be written."""
        return self._lost

    def say(self, event: str, **fields: Any) -> None:
        """Write one event; a log that takes nothing (disk full, reader gone) does not end the watch."""
        given = {name: value for name, value in fields.items() if value not in (None, "", [])}
        at = datetime.now(UTC)
        if self._json:
            line = json.dumps(
                {"at": at.isoformat(timespec="milliseconds"), "event": event, **given}, default=str
            )
        else:
            line = f"{at.astimezone():%H:%M:%S}  {_sentence(event, given)}"
        try:
            self._out.write(line.replace("\n", " ") + "\n")
            self._out.flush()
            streams.raise_if_unheard(self._out)
        except (OSError, ValueError):  # ValueError: it was closed
            self._lost += 1

    def used_up(self, spent: float, until: float, limit: float | None, time_zone: str) -> None:
        """The day's credits are used up; `until` is seconds since 1970."""
        on_at = datetime.fromtimestamp(until, ZoneInfo(time_zone)).isoformat(timespec="minutes")
        self.say("budget.used_up", spent=spent, limit=limit, until=on_at, time_zone=time_zone)


class Troubles:
    """Says `failed` when a trouble begins or its reason changes, and `works` once when it is over."""

    def __init__(self, log: Log, *, failed: str, works: str, field: str) -> None:
        self._log = log
        self._failed = failed
        self._works = works
        self._field = field
        self._reasons: dict[str, str] = {}

    def fails(self, what: str, why: str) -> None:
        """It does not work; what lasts is not said again."""
        if self._reasons.get(what) != why:
            self._reasons[what] = why
            self._log.say(self._failed, **{self._field: what}, why=why)

    def works(self, what: str) -> None:
        """It works; news only after it failed."""
        if self._reasons.pop(what, None) is not None:
            self._log.say(self._works, **{self._field: what})


def faults(log: Log) -> Troubles:
    """Tells faults of ours by what could not be done for them."""
    return Troubles(log, failed="watcher.fault", works="watcher.fault_over", field="doing")


def fault_of(fault: BaseException) -> str:
    """`OverflowError: timeout is too large (keeper.py:84)`: with its place in our code, without a key."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(OUR_CODE)] or frames
    place = f" ({Path(ours[-1].filename).name}:{ours[-1].lineno})" if ours else ""
    return shorten(scrub(f"{type(fault).__name__}: {fault}", ()), 160) + place


def _sentence(event: str, fields: Mapping[str, Any]) -> str:
    if event in _WORDS:
        return _WORDS[event].format_map(fields)
    if event in _TELLERS:
        return _TELLERS[event](fields)
    return f"{event}: " + " · ".join(f"{name} {value}" for name, value in fields.items())


def _started(fields: Mapping[str, Any]) -> str:
    kind = {"confirm": ", to confirm", "long": ", the day's long one"}.get(fields["kind"], "")
    return f"{fields['target']}: check {fields['run']} started{kind}"


def _fault(fields: Mapping[str, Any]) -> str:
    if "doing" in fields:
        what, then = FAULTS[fields["doing"]], "it"
    else:
        what, then = f"{fields['target']}: check {fields['run']} came to nothing", "the target"
    return f"{what}: {fields['why']}. This is a fault of liveavatar-ops; {then} is tried again."


def _not_delivered(fields: Mapping[str, Any]) -> str:
    then = "given up" if fields.get("given_up") else "it is tried again"
    return f"{fields['channel']} could not be told: {fields['why']} (attempt {fields['attempt']}, {then})"


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


def _used_up(fields: Mapping[str, Any]) -> str:
    until = datetime.fromisoformat(fields["until"])
    return (
        f"Today's credits are used up: {fields['spent']:g} of {fields['limit']:g}. "
        f"Checks that cost credits go on at {until:%H:%M} ({fields['time_zone']})."
    )


def _credits(number: float) -> str:
    return "1 credit" if number == 1 else f"{number:g} credits"


_WORDS = {
    "check.superseded": "{target}: check {run} does not count, its lease ran out or was taken over",
    "check.stopped": "{target}: check {run} was ended early",
    "check.lease_kept": (
        "{target}: the lease of check {run} could not be given back; the next watcher takes it over"
    ),
    "check.orphan_ended": "{target}: check {run} of a watcher that is gone has been ended",
    "target.changed": "{target} is {state} now; it was {was}",
    "message.delivered": "Told {channel}: {title}",
    "watcher.clock_set_back": "This machine's clock was set back; checks and messages go by the new time",
    "watcher.stopped": "Stopped: no check is running.",
    "watcher.janitor": "Janitor: {said}",
    "watcher.janitor_failed": "The janitor did not run ({why}); by hand: `liveavatar-ops health janitor`",
    "watcher.store_failed": "The watcher's memory cannot be used just now, it is tried again: {why}",
    "watcher.store_works": "The watcher's memory can be used again",
    "watcher.no_otlp": "No metrics by OTLP: {why}",
}
_TELLERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "check.started": _started,
    "check.ended": lambda fields: f"{fields['target']}: {_ended(fields)}",
    "check.not_written": lambda fields: (
        f"{fields['target']}: check {fields['run']} does not count, its result could not be written down: "
        f"{_ended(fields)}"
    ),
    "watcher.started": lambda fields: (
        f"Watching, targets: {fields['targets']}. Status page: {fields.get('page', 'off')}"
    ),
    "watcher.took_over": lambda fields: (
        f"Took over from a watcher that is gone (checks {', '.join(map(str, fields['runs']))})"
    ),
    "watcher.chore_failed": lambda fields: (
        f"{CHORES.get(fields['chore'], fields['chore'])}: {fields['why']}. It is tried again."
    ),
    "watcher.chore_works": lambda fields: CHORES_AGAIN.get(fields["chore"], f"{fields['chore']} works again"),
    "watcher.fault": _fault,
    "watcher.fault_over": lambda fields: FAULTS_OVER[fields["doing"]],
    "budget.used_up": _used_up,
    "message.not_delivered": _not_delivered,
    "targets.changed": _deployed,
    "targets.not_read": _deployed,
}
