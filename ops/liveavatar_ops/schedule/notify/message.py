"""What is told, in words. Pure; no secret in it: names, states, causes, sentences scrubbed before."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.schedule.quantities import spoken
from liveavatar_ops.schedule.result import Outcome
from liveavatar_ops.schedule.states import State

SCHEMA = "liveavatar-ops.watch.message/1"


class Message(BaseModel):
    """One message. Moments are seconds since 1970; `run` is the number of the check that decided."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event: Literal["state", "budget"]
    target: str = ""
    before: State = State.UNKNOWN
    now: State = State.UNKNOWN
    at: float
    title: str
    sentence: str = ""
    cause: str = "none"
    next_step: str = ""
    run: int | None = None
    sheet: str | None = None
    report: str | None = None
    """Paths of contact sheet and HTML report on the watcher's machine."""
    first_frame_s: float | None = None
    fps: float | None = None

    @property
    def good(self) -> bool:
        """Whether it is a relief."""
        return self.now is State.UP


VERBS = {
    State.UP: "is up",
    State.DEGRADED: "is degraded",
    State.DOWN: "is down",
    State.FLAPPING: "keeps changing and is held as flapping",
    State.BLIND: "is not seen: no check was conclusive",
    State.UNKNOWN: "is unknown",
}


def change(
    target: str,
    before: State,
    now: State,
    *,
    at: float,
    lasted_s: float,
    outcome: Outcome,
    run: int | None,
) -> Message:
    """The message for a change of state; a relief says for how long people were told otherwise."""
    title = f"{target} {VERBS[now]}"
    if now is State.UP and before is not State.UNKNOWN and lasted_s > 0:
        title = f"{target} is up again after {spoken(lasted_s)} {_was(before)}"
    return Message(
        event="state",
        target=target,
        before=before,
        now=now,
        at=at,
        title=title,
        sentence=outcome.headline,
        cause=outcome.cause,
        next_step="" if now is State.UP else outcome.next_step,
        run=run,
        sheet=outcome.sheet,
        report=outcome.report,
        first_frame_s=outcome.first_frame_s,
        fps=outcome.fps,
    )


def budget_spent(spent: float, limit: float, until: float, at: float) -> Message:
    """The day's credits are used up: from now on nobody looks."""
    return Message(
        event="budget",
        at=at,
        title="The watcher's credits for today are used up",
        sentence=f"{spent:g} of {limit:g} credits are spent or set aside; no check that costs any is made "
        f"for the next {spoken(until - at)}.",
        cause="quota",
        next_step="Raise budget.credits_a_day, check less often, or use sandbox templates; "
        "`liveavatar-ops health watch --dry-run` shows what the plan costs.",
    )


def _was(before: State) -> str:
    return {State.BLIND: "without sight", State.FLAPPING: "of flapping"}.get(before, before.value)
