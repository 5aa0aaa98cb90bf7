"""
Measures whose absence is the fault: no answer, no frame, no avatar, no room, no session.

A reason that says so bears the measure's name, wherever it is laid; here stands how long was waited for it.
"""

from collections.abc import Callable, Iterable

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.verdicts import Reason, Severity

Wait = Callable[[Facts], float | None]


def missing(name: str, reasons: Iterable[Reason]) -> bool:
    """Whether a measure that was not taken is missing by a fault that the judgement names, beyond doubt."""
    return any(reason.measure == name and reason.severity is Severity.FAILS for reason in reasons)


def waited_s(name: str, facts: Facts) -> float | None:
    """How long was waited for this measure in vain; None: nobody knows."""
    waited = _WAITS.get(name)
    return waited(facts) if waited else None


def _since(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else max(end_s - start_s, 0.0)


_WAITS: dict[str, Wait] = {
    "connect": lambda facts: _since(facts.room.connect_started_s, facts.room.watched_until_s),
    "join": lambda facts: _since(facts.room.connected_s, facts.room.waited_until_s),
    "first_frame": lambda facts: _since(facts.room.connect_started_s, facts.room.waited_until_s),
    "answer": lambda facts: facts.conversation.waited_s if facts.conversation else None,
}
