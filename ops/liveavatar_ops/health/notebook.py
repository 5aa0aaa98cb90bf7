"""
Collects facts while a check runs; the one thing in the child that changes as time passes.

Time starts with the first API call. What is collected so far can be taken at any moment, so that a
child that dies later leaves what it knew.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from liveavatar_ops.health.facts import (
    ApiStep,
    CreditFacts,
    EventFact,
    Facts,
    HostFacts,
    OwnNetwork,
    Refusal,
    RoomFacts,
    StopFacts,
    TargetFacts,
)
from liveavatar_ops.health.own_network import behind_call
from pulumi_liveavatar.api.errors import LiveAvatarError, NoWayOut, Unreachable

Answer = TypeVar("Answer")


class StepRefused(Exception):
    """A step ended the check early; the notebook holds why."""


@dataclass
class Notebook:
    """`room`, `credits` and `extra` are fields of RoomFacts, CreditFacts and Facts, as they become known."""

    target: TargetFacts
    api_url: str = ""
    """Where calls go: tells our own network from the service's."""
    clock: Callable[[], float] = time.monotonic
    t0: float | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    session_id: str | None = None
    steps: list[ApiStep] = field(default_factory=list)
    refusal: Refusal | None = None
    room: dict[str, Any] = field(default_factory=dict)
    credits: dict[str, Any] = field(default_factory=dict)
    events: list[EventFact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stop: StopFacts = field(default_factory=StopFacts)
    host: HostFacts = field(default_factory=HostFacts)
    probe_failure: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def now_s(self) -> float:
        """Seconds since the first API call; starts the clock if this is it."""
        if self.t0 is None:
            self.t0 = self.clock()
            self.started_at = datetime.now(UTC)
        return self.clock() - self.t0

    def call(self, name: str, send: Callable[[], Answer]) -> Answer:
        """Make one API call and note how it went; StepRefused when it ends the check."""
        begun = self.now_s()
        try:
            answer = send()
        except LiveAvatarError as why:
            self.note_step(name, begun, why)
            self.refusal = Refusal(
                step=name,
                error=type(why).__name__,
                sentence=str(why),
                status=why.status,
                code=why.code,
                retry_after_s=why.retry_after_s,
                own_network=self._ours(why),
            )
            raise StepRefused(name) from None
        self.note_step(name, begun, None)
        return answer

    def _ours(self, why: LiveAvatarError) -> OwnNetwork | None:
        match why:
            case NoWayOut():
                return "variable"
            case Unreachable():
                return behind_call(why.why, self.api_url)
            case _:
                return None

    def note_step(self, name: str, begun_s: float, why: LiveAvatarError | None) -> None:
        """Write down one call that began at `begun_s` and has just ended."""
        self.steps.append(
            ApiStep(
                name=name,
                started_s=round(begun_s, 4),
                took_s=round(self.now_s() - begun_s, 4),
                ok=why is None,
                status=why.status if why else None,
                code=why.code if why else None,
            )
        )

    def facts(self) -> Facts:
        """Everything known by now."""
        return Facts(
            target=self.target,
            started_at=self.started_at,
            session_id=self.session_id,
            finished_s=round(self.now_s(), 4) if self.t0 is not None else 0.0,
            steps=tuple(self.steps),
            refusal=self.refusal,
            room=RoomFacts(**self.room),
            events=tuple(self.events),
            host=self.host,
            stop=self.stop,
            credits=CreditFacts(**self.credits),
            probe_failure=self.probe_failure,
            notes=tuple(self.notes),
            **self.extra,
        )
