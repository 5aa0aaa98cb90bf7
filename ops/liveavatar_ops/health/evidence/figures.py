"""The six or so numbers that matter for the depth of a check, in words, with their state."""

from collections.abc import Iterable
from dataclasses import dataclass

from liveavatar_ops.health.facts import Depth, Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import Reading, State, readings
from liveavatar_ops.health.verdicts import Reason


@dataclass(frozen=True)
class Figure:
    """A title, a value as people read it, and how it stands."""

    title: str
    value: str
    state: State


_BY_DEPTH: dict[Depth, tuple[str, ...]] = {
    Depth.API: (),
    Depth.SESSION: ("api_start", "stop"),
    Depth.VIDEO: ("first_frame", "fps", "gap", "frozen", "black"),
    Depth.CONVERSATION: ("first_frame", "fps", "gap", "frozen", "answer"),
}


def figures(facts: Facts, limits: Limits, reasons: Iterable[Reason]) -> list[Figure]:
    """
    Figures for a sheet or a headline: those that the depth of the check asks about. What never came, where
    that is the fault, takes the place of the first of those that were not seen for it.
    """
    by_name = {reading.name: reading for reading in readings(facts, limits, reasons)}
    names = list(_BY_DEPTH[facts.target.depth])
    for reading in by_name.values():
        empty = next((name for name in names if by_name[name].state == "not_seen"), None)
        if reading.state == "missing" and reading.name not in names and empty is not None:
            names[names.index(empty)] = reading.name
    found = [_of(by_name[name]) for name in names if name in by_name]
    if facts.target.depth.includes(Depth.VIDEO):
        found.insert(4, _size(facts, by_name["size"]))
    else:
        made = [step for step in facts.steps if step.ok]
        state: State = "ok" if made and len(made) == len(facts.steps) else "unhealthy"
        found.insert(0, Figure("Calls answered", f"{len(made)} of {len(facts.steps)}", state))
    return found


def _of(reading: Reading) -> Figure:
    return Figure(reading.title, reading.value, reading.state)


def _size(facts: Facts, size: Reading) -> Figure:
    video = facts.video
    if not video.sizes:
        return Figure("Size", "not seen", "not_seen")
    last = video.sizes[-1]
    state: State = size.state if size.seen is not None else "ok"
    return Figure("Size", f"{last.width}×{last.height}", state)
