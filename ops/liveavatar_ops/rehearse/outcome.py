"""What came of a row: expected against seen. Pure, but for what it is given."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from liveavatar_ops.health.facts import Depth, Facts
from liveavatar_ops.health.judging import own_side
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Judgement, Reason, Verdict
from liveavatar_ops.rehearse.row import Row

SCHEMA: Literal["liveavatar-ops.rehearsal/1"] = "liveavatar-ops.rehearsal/1"


class Standing(StrEnum):
    """How expected and seen compare; `not_judged`: our own machine was measured to be too busy to tell."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_JUDGED = "not_judged"


class Named(BaseModel):
    """A verdict with its cause."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    cause: Cause


class Outcome(BaseModel):
    """One row, rehearsed once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    turn: int
    depth: Depth
    expected: Named
    seen: Named
    standing: Standing
    headline: str
    """What the check said first."""
    reasons: tuple[Reason, ...]
    open_sessions: int
    """Sessions that the emulator counted as open afterwards."""
    session_id: str | None
    took_s: float
    first_frame_s: float | None = None
    fps: float | None = None
    busy_share: float | None = None
    """CPU of the whole machine while watching."""

    @property
    def good(self) -> bool:
        """Nothing to be mended: not wrong, nothing left open."""
        return self.standing is not Standing.WRONG and not self.open_sessions


def outcome_of(
    row: Row, turn: int, facts: Facts, judgement: Judgement, limits: Limits, *, left_open: int, took_s: float
) -> Outcome:
    """Hold what was seen against what the row expects."""
    expected = Named(verdict=row.verdict, cause=row.cause)
    seen = Named(verdict=judgement.verdict, cause=judgement.cause)
    return Outcome(
        row=row.name,
        turn=turn,
        depth=row.depth,
        expected=expected,
        seen=seen,
        standing=standing(expected, seen, starved=own_side.starved(facts, limits) is not None),
        headline=judgement.headline if judgement.reasons else "",
        reasons=judgement.reasons,
        open_sessions=left_open,
        session_id=facts.session_id,
        took_s=round(took_s, 2),
        first_frame_s=facts.video.first_frame_s,
        fps=facts.video.fps,
        busy_share=facts.host.busy_share,
    )


def standing(expected: Named, seen: Named, *, starved: bool) -> Standing:
    """
    A machine that was too busy to tell is excused only if that was measured: a probe that died, or a check
    that ended before it was done, also speaks of `own_host` and is wrong here.
    """
    if seen == expected:
        return Standing.RIGHT
    if starved and seen == Named(verdict=Verdict.INCONCLUSIVE, cause=Cause.OWN_HOST):
        return Standing.NOT_JUDGED
    return Standing.WRONG


class Rehearsal(BaseModel):
    """The document of `rehearse --json`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["liveavatar-ops.rehearsal/1"] = Field(SCHEMA, alias="schema")
    right: int
    wrong: int
    not_judged: int
    left_open: int
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Rehearsal":
        """Count."""

        def count(which: Standing) -> int:
            return sum(each.standing is which for each in outcomes)

        return cls(
            schema=SCHEMA,
            right=count(Standing.RIGHT),
            wrong=count(Standing.WRONG),
            not_judged=count(Standing.NOT_JUDGED),
            left_open=sum(each.open_sessions for each in outcomes),
            outcomes=tuple(outcomes),
        )

    def exit_code(self, *, strict: bool = False) -> int:
        """
        0 as expected · 1 something was not · 3 nothing could be judged on this machine.

        `strict`: what could not be judged was not as expected either.
        """
        if self.wrong or self.left_open or (strict and self.not_judged):
            return 1
        return 0 if self.right else 3
