"""What one look found: a line for the reader, and the cure where something is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class State(StrEnum):
    """`broken` makes the command fail, `warning` does not; `skipped` says why nobody looked."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    SKIPPED = "skipped"


class Finding(BaseModel):
    """One line of the report. A finding that is not all right cannot be made without its cure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    state: State
    sentence: str
    fix: str = ""

    @model_validator(mode="after")
    def _cure_where_needed(self) -> Self:
        if bool(self.fix) != (self.state in (State.WARNING, State.BROKEN)):
            raise ValueError("a warning or a broken finding says how to fix it, and no other does")
        return self


def ok(name: str, sentence: str) -> Finding:
    """All right."""
    return Finding(name=name, state=State.OK, sentence=sentence)


def warning(name: str, sentence: str, fix: str) -> Finding:
    """Works today, or works worse than it could."""
    return Finding(name=name, state=State.WARNING, sentence=sentence, fix=fix)


def broken(name: str, sentence: str, fix: str) -> Finding:
    """A check or a deployment from here will fail because of this."""
    return Finding(name=name, state=State.BROKEN, sentence=sentence, fix=fix)


def broken_by(name: str, why: Exception, otherwise: str = "") -> Finding:
    """An error of ours: its first sentence says what is wrong, the others what to do (or `otherwise`)."""
    sentence, _, cure = str(why).partition(". ")
    return broken(name, sentence, cure or otherwise)


def skipped(name: str, why: str) -> Finding:
    """Nobody looked; the sentence is the reason."""
    return Finding(name=name, state=State.SKIPPED, sentence=why)


@dataclass(frozen=True)
class Check:
    """Findings that are made one after the other: when an early one fails, the later ones are skipped."""

    group: str
    names: tuple[str, ...]
    look: Callable[[], Iterable[Finding]]
    within_s: float = 10.0


def single(group: str, name: str, look: Callable[[str], Finding], within_s: float = 10.0) -> Check:
    """A check that makes one finding; `look` gets the finding's name."""
    return Check(group, (name,), lambda: (look(name),), within_s)
