"""A check that is over, by its verdict."""

from datetime import UTC, datetime

from liveavatar_ops.health.checking import Outcome
from liveavatar_ops.health.facts import Depth, Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.plan import Planned
from liveavatar_ops.health.runner import Checked
from liveavatar_ops.health.target import Target
from liveavatar_ops.health.verdicts import Cause, Judgement, Verdict

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"


def outcome(verdict: Verdict, name: str = "desk") -> Outcome:
    target = Target(name, "the test", {"mode": "LITE", "avatar_id": AVATAR, "is_sandbox": False})
    facts = Facts(target=target.facts(Depth.API), started_at=datetime(2026, 1, 2, tzinfo=UTC))
    cause = Cause.NONE if verdict is Verdict.HEALTHY else Cause.VENDOR_API
    judged = Judgement(verdict=verdict, cause=cause, next_step="")
    return Outcome(Planned(target, Limits()), Checked(facts, []), judged)
