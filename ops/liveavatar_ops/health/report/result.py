"""The result document of a check, with a published schema: docs/schema/health-result.json."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from liveavatar_ops.health.facts import CreditFacts, Facts, TargetFacts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import Reading, readings
from liveavatar_ops.health.verdicts import Judgement
from pulumi_liveavatar.text import clean

SCHEMA: Literal["liveavatar-ops.health.result/1"] = "liveavatar-ops.health.result/1"

EVIDENCE = (
    "Paths of what was written, by name: folder, result, contact_sheet (PNG), timeline (SVG), report (HTML "
    "that stands alone), clip (MP4, where it was asked for). Empty without evidence."
)


class HealthResult(BaseModel):
    """
    Everything about one check: what was checked, what was concluded, what was measured, against which
    limits, and where the evidence lies.

    Fields are only ever added within version 1; a reader ignores those that it does not know.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, title="LiveAvatar health check result")

    schema_: Literal["liveavatar-ops.health.result/1"] = Field(SCHEMA, alias="schema")
    target: TargetFacts
    judgement: Judgement
    measures: tuple[Reading, ...]
    """What was seen against both lines of every measure that the depth includes."""
    facts: Facts
    limits: Limits
    """The limits that this check was judged by."""
    evidence: dict[str, str] = Field(default_factory=dict, description=EVIDENCE)
    credits: CreditFacts

    def to_json(self, *, indent: int | None = None) -> str:
        """The document as text."""
        return self.model_dump_json(by_alias=True, indent=indent)


def health_result(
    facts: Facts, judgement: Judgement, limits: Limits, evidence: Mapping[str, str] | None = None
) -> HealthResult:
    """Put the parts of a result together."""
    return HealthResult(
        schema=SCHEMA,
        target=facts.target,
        judgement=judgement,
        measures=tuple(readings(facts, limits, judgement.reasons)),
        facts=facts,
        limits=limits,
        evidence={name: clean(path) for name, path in (evidence or {}).items()},
        credits=facts.credits,
    )
