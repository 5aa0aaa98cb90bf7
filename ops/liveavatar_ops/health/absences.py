"""
Measures whose absence is the fault: no answer, no frame, no avatar, no room.

Judging says that something never came; here stands which measure that leaves empty, and how long was waited.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

Wait = Callable[[Facts], float | None]


@dataclass(frozen=True)
class Absence:
    """By which causes a measure is missing, and how long was waited for it in vain; None: nobody knows."""

    causes: frozenset[Cause]
    waited: Wait


def missing(name: str, facts: Facts, reasons: Iterable[Reason]) -> Absence | None:
    """Whether the measure of this name is missing by a fault that the judgement names, beyond doubt."""
    absence = ABSENCES.get(name)
    if absence is None:
        return None
    fails = {
        reason.cause for reason in reasons if reason.severity is Severity.FAILS and reason.measure is None
    }
    if name == "api_start":
        return absence if fails and facts.refusal is not None and facts.refusal.step == "start" else None
    return absence if fails & absence.causes else None


def _since(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else max(end_s - start_s, 0.0)


ABSENCES: dict[str, Absence] = {
    "api_start": Absence(frozenset(), lambda _facts: None),
    "connect": Absence(
        frozenset({Cause.SIGNALLING, Cause.ICE}),
        lambda facts: _since(facts.room.connect_started_s, facts.room.watched_until_s),
    ),
    "join": Absence(
        frozenset({Cause.NO_AVATAR}), lambda facts: _since(facts.room.connected_s, facts.room.waited_until_s)
    ),
    "first_frame": Absence(
        frozenset({Cause.NO_VIDEO}),
        lambda facts: _since(facts.room.connect_started_s, facts.room.waited_until_s),
    ),
    "answer": Absence(
        frozenset({Cause.NO_ANSWER, Cause.MUTE, Cause.SILENT_MOUTH}),
        lambda facts: facts.conversation.waited_s if facts.conversation else None,
    ),
}
