"""
What the parent asks of the child and how long the whole of it may take.

The job travels on the child's standard input. It holds no key (the child inherits that in its
environment) and no token (the child mints its own).
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.limits import Limits

FACTS_FILE = "facts.json"
PARTIAL_FILE = "facts-so-far.json"
PICTURES_FILE = "pictures.rgb"

API_TIMEOUT_S = 20.0  # one call; a check makes up to eight before the room
API_TOTAL_S = 60.0
STOP_TOTAL_S = 30.0  # stopping with its repetitions, and leaving the room
ASK_WHY_S = 8.0  # after a join that failed: is it the media path (3 s), would TCP have worked (5 s)?
IMPORTS_S = 20.0  # a cold start of the child on a busy machine


class Job(BaseModel):
    """One check for one child. `body` is the exact body of POST /v1/sessions/token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check_id: str
    target: TargetFacts
    body: dict[str, Any]
    limits: Limits
    workdir: Path
    ledger: Path
    api_url: str
    keep_pictures: int = 12
    record: bool = False
    """Whether raw pictures and sound are kept in `workdir` for a clip."""
    leave_after_s: float | None = None
    """Seconds after start by which the session must be over, so that it costs no further minute."""

    @property
    def steps_take_s(self) -> float:
        """When even the slowest honest check has nothing left to wait for, in seconds from its first call."""
        total = API_TOTAL_S
        if self.target.depth.includes(Depth.VIDEO):
            asked = self.limits
            seeing = asked.avatar_deadline_s + asked.video_deadline_s + asked.watch_s + asked.watch_longer_s
            total += asked.connect_deadline_s + max(seeing, ASK_WHY_S)  # who did not join sees nothing
        if self.target.depth.includes(Depth.CONVERSATION):
            total += self.limits.talk_most_s
        return total

    @property
    def over_after_s(self) -> float:
        """A child that is still there after this many seconds hangs."""
        return IMPORTS_S + self.steps_take_s + STOP_TOTAL_S
