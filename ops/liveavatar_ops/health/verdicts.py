"""The words a check ends with: verdict, cause, reasons and the next step. Nothing here decides anything."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Verdict(StrEnum):
    """What an operator may conclude; `inconclusive` neither pages nor passes a gate."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


class Cause(StrEnum):
    """Who has to act, or where to look first. `none` belongs to a healthy verdict only."""

    NONE = "none"
    CREDENTIALS = "credentials"
    QUOTA = "quota"
    CONFIGURATION = "configuration"
    VENDOR_API = "vendor_api"
    SIGNALLING = "signalling"
    ICE = "ice"
    NO_AVATAR = "no_avatar"
    NO_VIDEO = "no_video"
    FROZEN = "frozen"
    BLACK = "black"
    ONE_COLOUR = "one_colour"
    SLOW = "slow"
    SMALL = "small"
    MUTE = "mute"
    NO_ANSWER = "no_answer"
    STILL_MOUTH = "still_mouth"
    SILENT_MOUTH = "silent_mouth"
    AVATAR_LEFT = "avatar_left"
    DISTORTED = "distorted"
    LIP_SYNC = "lip_sync"
    CLEAN_UP = "clean_up"
    OWN_HOST = "own_host"
    OWN_NETWORK = "own_network"


class Severity(StrEnum):
    """How far one reason pulls the verdict; `doubtful` makes it inconclusive, `note` leaves it alone."""

    NOTE = "note"
    DEGRADES = "degrades"
    FAILS = "fails"
    DOUBTFUL = "doubtful"


class Reason(BaseModel):
    """One finding: what was seen, against which limit, and whom it points at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cause: Cause
    severity: Severity
    sentence: str
    measure: str | None = None
    """The measure that it speaks of (see `measures.MEASURES`), be it that it never came; for reports."""
    seen: float | None = None
    limit: float | None = None


class Judgement(BaseModel):
    """The end of a check. `reasons` holds everything found, the root cause first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    cause: Cause
    reasons: tuple[Reason, ...] = ()
    next_step: str = ""

    @property
    def headline(self) -> str:
        """The first reason's sentence, or what a healthy check says."""
        return self.reasons[0].sentence if self.reasons else "The avatar is alive."


USAGE_EXIT_CODE = 2


def exit_code(verdict: Verdict, *, strict: bool = False) -> int:
    """healthy 0 · degraded 0 (strict: 1) · unhealthy 1 · inconclusive 3; 2 is left to usage errors."""
    codes = {
        Verdict.HEALTHY: 0,
        Verdict.DEGRADED: 1 if strict else 0,
        Verdict.UNHEALTHY: 1,
        Verdict.INCONCLUSIVE: 3,
    }
    return codes[verdict]
