"""
One environment's settings, as its stack file gives them: names and limits, never secret values.

Settings stay where they are when a catalog is promoted; that is why they live apart from it.
"""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import pulumi
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SANDBOX_LONGEST_S = 60
"""LiveAvatar refuses longer sandbox sessions with a 400 (LiveAvatar API facts §4)."""


class BadEnvironment(Exception):
    """Everything that is wrong with a stack's settings, each with its key."""


class SecretSource(BaseModel):
    """Where a LiveAvatar secret's value comes from: AWS Secrets Manager, or an encrypted config value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = "OPENAI_API_KEY"
    aws_secret_id: Annotated[str | None, Field(alias="awsSecretId")] = None
    json_key: Annotated[str | None, Field(alias="jsonKey")] = None
    region: str | None = None
    value_from: Annotated[str | None, Field(alias="valueFrom")] = None

    @model_validator(mode="after")
    def one_source(self) -> "SecretSource":
        """A secret with two sources, or none, would be a guess."""
        if (self.aws_secret_id is None) == (self.value_from is None):
            raise ValueError(
                "give either awsSecretId or valueFrom (the key of a `pulumi config set --secret`)"
            )
        return self


class Gate(BaseModel):
    """What a deployment must prove of every template before it is over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    depth: Literal["api", "session", "video", "conversation"] = "conversation"
    attempts: Annotated[int, Field(ge=1, le=9)] = 3
    needed: Annotated[int, Field(ge=1, le=9)] = 1


class Environment(BaseModel):
    """What one stack adds to the catalog."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sandbox: bool = False
    max_session_duration: Annotated[int | None, Field(alias="maxSessionDuration", gt=0)] = None
    avatars: dict[str, UUID]
    secrets: dict[str, SecretSource]
    gate: Gate | None = None

    def longest_session_s(self, wanted: int | None) -> int | None:
        """The shortest of what the template wants and what this environment allows, in seconds."""
        caps = [wanted, self.max_session_duration, SANDBOX_LONGEST_S if self.sandbox else None]
        return min((cap for cap in caps if cap is not None), default=None)


def read_environment(config: pulumi.Config, stack: str) -> Environment:
    """
    Read and check the project's settings of one stack.

    Raises BadEnvironment with one line a mistake: the key, what is wrong, what to do.
    """
    given: dict[str, Any] = {
        "sandbox": config.get_bool("sandbox"),
        "maxSessionDuration": config.get_int("maxSessionDuration"),
        "avatars": config.get_object("avatars"),
        "secrets": config.get_object("secrets"),
        "gate": config.get_object("gate"),
    }
    return check_environment({k: v for k, v in given.items() if v is not None}, f"Pulumi.{stack}.yaml")


def check_environment(given: Mapping[str, Any], file: str) -> Environment:
    """The same check on plain data; `file` is named in the messages."""
    try:
        return Environment.model_validate(given)
    except ValidationError as error:
        rows = [_row(e) for e in error.errors(include_url=False, include_input=False, include_context=False)]
        raise BadEnvironment(f"{file} does not fit:\n" + "\n".join(f"  {row}" for row in rows)) from None


def _row(problem: Mapping[str, Any]) -> str:
    key = "liveavatar-ops:" + ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{key} is missing; add it, as Pulumi.dev.yaml shows"
    if problem["type"] == "extra_forbidden":
        known = ["type", "awsSecretId", "jsonKey", "region", "valueFrom", *Gate.model_fields]
        near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
        return f"{key} is not known" + (f"; did you mean {near[0]}?" if near else "; remove it")
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}"
