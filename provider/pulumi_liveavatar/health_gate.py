"""
The HealthGate kind: a deployment is over when a viewer sees and hears the avatar, and not before.

Nothing is made at LiveAvatar. A gate runs health checks when it is made and when what it guards changed; if
they do not pass, `pulumi up` fails. Deletes come last, so the secret that a rotation replaces is still there
then, and every session that runs keeps running.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult
from pydantic import Field

from pulumi_liveavatar._base import LiveAvatarProvider, check_inputs, default_name, gone
from pulumi_liveavatar.api.errors import LiveAvatarError
from pulumi_liveavatar.context import Context
from pulumi_liveavatar.gate_check import Check, Seen, run_check
from pulumi_liveavatar.session_template import SessionTemplate
from pulumi_liveavatar.strict import Problem, StrictModel, Text, Whole

Depth = Literal["api", "session", "video", "conversation"]


class HealthGateInputs(StrictModel):
    """Plain values, after Pulumi has resolved them."""

    name: Text
    body: dict[str, Any]
    health: dict[str, float | int | bool | str] | None = None
    depth: Depth = "conversation"
    attempts: Annotated[Whole, Field(ge=1, le=9)] = 3
    needed: Annotated[Whole, Field(ge=1, le=9)] = 1
    guards: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:
        needed, attempts = raw.get("needed", 1), raw.get("attempts", 3)
        if isinstance(needed, int | float) and isinstance(attempts, int | float) and needed > attempts:
            yield "needed", Problem("cannot be more than attempts", ("needed", "attempts"))


INPUTS = tuple(HealthGateInputs.model_fields)
VERDICT = ("verdict", "cause", "checks")


class GateClosed(LiveAvatarError):
    """The checks did not pass; what was deployed before goes on as it was."""


class HealthGateProvider(LiveAvatarProvider):
    """Checks when it is made and when an input changed; remembers the last verdict."""

    inputs = INPUTS

    run: Check = staticmethod(run_check)
    """The seam: how one check is made."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return check_inputs(HealthGateInputs, news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        outs = self._pass(props)
        return CreateResult(outs["name"], outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The last verdict. Whether it still holds is a question for `health watch`, not for a refresh."""
        if "verdict" not in props:
            return gone(id_, props, marker="verdict", what="HealthGate")
        return ReadResult(id_, {key: props[key] for key in (*INPUTS, *VERDICT) if key in props})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._pass(news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing is there to delete."""

    def _pass(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Check until enough passed, or until that cannot happen any more. Raises GateClosed."""
        held = {key: props[key] for key in INPUTS if props.get(key) is not None}
        attempts, needed = int(held["attempts"]), int(held["needed"])
        template = {**held["body"], **({"health": held["health"]} if held.get("health") else {})}
        seen: list[Seen] = []
        while _passed(seen) < needed and _passed(seen) + attempts - len(seen) >= needed:
            seen.append(self.run(template, held["depth"], self.configured.settings))
            pulumi.log.info(f"HealthGate {held['name']}: check {len(seen)} of {attempts}: {seen[-1].verdict}")
        if _passed(seen) < needed:
            raise _closed(held["name"], seen, needed)
        last = [each for each in seen if each.passes][-1]
        return {**held, "verdict": last.verdict, "cause": last.cause, "checks": len(seen)}


def _passed(seen: Sequence[Seen]) -> int:
    return sum(each.passes for each in seen)


def _closed(name: str, seen: Sequence[Seen], needed: int) -> GateClosed:
    worst = next((each for each in reversed(seen) if each.verdict == "unhealthy"), seen[-1])
    verdicts = ", ".join(f"{each.verdict} ({each.cause})" for each in seen)
    return GateClosed(
        f"HealthGate {name!r} stays closed: {_passed(seen)} of {needed} needed checks passed",
        why=f"{verdicts}. {worst.sentence} Evidence: {worst.evidence or 'none'}",
        next_step=worst.next_step,
    )


class HealthGate(Resource, module="liveavatar", name="HealthGate"):
    """
    Lets a deployment pass when `needed` of at most `attempts` checks of a session template pass.

    `guards` are resources whose change must be proven too: a context's prompt is not in a template's body.
    `depth="conversation"` is the only one that proves the whole chain from AWS to OpenAI.
    """

    verdict: pulumi.Output[str]
    cause: pulumi.Output[str]
    checks: pulumi.Output[int]

    def __init__(
        self,
        resource_name: str,
        *,
        template: SessionTemplate,
        guards: Sequence[Resource] = (),
        depth: pulumi.Input[str] = "conversation",
        attempts: pulumi.Input[int] = 3,
        needed: pulumi.Input[int] = 1,
        name: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": default_name(resource_name) if name is None else name,
            "body": template.body,
            "health": template.health,
            "depth": depth,
            "attempts": attempts,
            "needed": needed,
            "guards": {str(index): _mark(each) for index, each in enumerate(guards)},
            "verdict": None,
            "cause": None,
            "checks": None,
        }
        super().__init__(HealthGateProvider(), resource_name, props, opts)


def _mark(guarded: Resource) -> pulumi.Output[str]:
    """What changes when the guarded resource changes: a context's content, anything else's id."""
    if not isinstance(guarded, Context):
        return guarded.id
    content = pulumi.Output.all(guarded.id, guarded.name, guarded.prompt, guarded.opening_text, guarded.links)
    return content.apply(lambda parts: hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest())
