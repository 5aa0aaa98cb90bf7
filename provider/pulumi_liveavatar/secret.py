"""
The Secret kind: a provider's key (OpenAI's, say), stored at LiveAvatar.

LiveAvatar can create, list and delete secrets and nothing else (LiveAvatar API facts §2.1), so every change
is a replacement, new before old: what uses the secret is repointed in between.

There is no `adopt` here. The value of a secret that somebody made by hand cannot be read, so nobody could say
that it is the declared one; and names are not unique, so a hand-made one is never in the way.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult
from pulumi.output import Unknown, contains_unknowns
from pydantic import Field, SecretStr, StringConstraints

from pulumi_liveavatar._base import (
    LiveAvatarProvider,
    check_inputs,
    default_name,
    differs,
    gone,
    planned,
)
from pulumi_liveavatar.api.errors import OUTCOME_UNKNOWN, LiveAvatarError, NotThere
from pulumi_liveavatar.api.secrets import LONGEST_NAME, SECRET_TYPES, Secrets, WireSecret
from pulumi_liveavatar.aws import AwsSecret, current_version, fetch_value
from pulumi_liveavatar.aws_errors import AwsSecretError
from pulumi_liveavatar.fingerprint import fingerprint, matches, suffix
from pulumi_liveavatar.settings import SettingsError, config_keys, load_aws_settings
from pulumi_liveavatar.strict import Problem, StrictModel, Text
from pulumi_liveavatar.text import closest

__all__ = ["AwsSecret", "AwsSecretError", "Secret", "SecretProvider", "aws_secret"]

SUFFIX_LENGTH = 8
DEFAULT_TYPE = SECRET_TYPES[0]
SOURCES = ("value", "aws")


class SecretInputs(StrictModel):
    """
    Plain values, after Pulumi has resolved them; exactly one source.

    Types beyond the documented ones pass with a warning: the list has grown before (facts §6, 3).
    """

    name: Annotated[Text, Field(max_length=LONGEST_NAME - SUFFIX_LENGTH - 1)]
    secret_type: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] = DEFAULT_TYPE
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    aws: AwsSecret | None = None

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:
        given = [source for source in SOURCES if raw.get(source) is not None]
        if len(given) != 1:
            words = "give exactly one of value and aws: where the secret's value comes from"
            yield "value", Problem(words, SOURCES)


INPUTS: tuple[str, ...] = ("name", "secret_type", "aws")


class SecretProvider(LiveAvatarProvider):
    """The value goes from its source to LiveAvatar; outputs hold a fingerprint of it at most."""

    inputs = INPUTS
    replace_on = INPUTS

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        result = check_inputs(SecretInputs, news)
        kind = result.inputs.get("secret_type")
        if not result.failures and isinstance(kind, str) and kind not in SECRET_TYPES:
            pulumi.log.warn(f"secret_type {kind} is not documented; {closest(kind, SECRET_TYPES)}")
        return result

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key in INPUTS if differs(olds.get(key), news.get(key))]
        if _is_another_value(olds.get("fingerprint"), news.get("value")):
            changed.append("value")
        return planned(changed, replaces=changed)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make it, or take over what an earlier, interrupted create of ours left behind."""
        name, kind = props["name"], props["secret_type"]
        value = self._value(props)
        full_name = f"{name}-{self._suffix(props, value)}"
        with self.claims.on(f"secret {full_name}") as claim:
            made = self._make_or_take_over(full_name, kind, value)
            claim.holds(made.id)
        outs = {key: props[key] for key in INPUTS if key in props}
        outs["secret_name"] = full_name
        if props.get("value") is not None:
            outs["fingerprint"] = fingerprint(value.get_secret_value())
        return CreateResult(made.id, outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Only that it is there: LiveAvatar shows no value, and nobody can change anything else."""
        if not any(secret.id == id_ for secret in Secrets(self.client).list()):
            return gone(id_, props, marker="secret_name", what="Secret")
        known = (*INPUTS, "secret_name", "fingerprint")
        return ReadResult(id_, {key: props[key] for key in known if key in props})

    def update(self, id_: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        raise LiveAvatarError(
            f"Secret {id_} was not changed",
            why="LiveAvatar can only replace a secret",
            next_step="Run `pulumi up` without ignore_changes on this resource",
        )

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        if self.is_taken_over(id_, "Secret"):
            return
        secrets = Secrets(self.client)
        try:
            secrets.delete(id_)
        except NotThere:
            # A wrong address answers 404 to everything; then the list fails too.
            if any(secret.id == id_ for secret in secrets.list()):
                raise
            pulumi.log.debug(f"secret {id_} was gone already")

    def _value(self, props: Mapping[str, Any]) -> SecretStr:
        if props.get("value") is not None:
            return SecretStr(str(props["value"]).strip())
        return fetch_value(AwsSecret(**props["aws"]), settings=self.configured.settings)

    def _suffix(self, props: Mapping[str, Any], value: SecretStr) -> str:
        """Differs from version to version, so that the new secret and the old one live side by side."""
        if props.get("value") is not None:
            key = self.configured.settings.api_key.get_secret_value()
            return suffix(value.get_secret_value(), key=key)
        source = json.dumps(props["aws"], sort_keys=True)
        return hashlib.sha256(source.encode()).hexdigest()[:SUFFIX_LENGTH]

    def _make_or_take_over(self, full_name: str, kind: str, value: SecretStr) -> WireSecret:
        """Look first: LiveAvatar would make a second secret of the same name without a word."""
        secrets = Secrets(self.client)
        if orphan := secrets.find(full_name, kind):
            pulumi.log.info(f"Secret {full_name!r} was there already and is ours now")
            return orphan
        try:
            return secrets.create(secret_name=full_name, secret_type=kind, secret_value=value)
        except OUTCOME_UNKNOWN:
            if made := secrets.find(full_name, kind):
                return made
            raise


def _is_another_value(stored: Any, value: Any) -> bool:
    if value is None:
        return stored is not None
    if isinstance(value, Unknown) or contains_unknowns(value):
        return True
    return not matches(str(value), stored)


def aws_secret(secret_id: str, json_key: str | None = None, region: str | None = None) -> AwsSecret:
    """
    Which version of an AWS secret is current, for `Secret(aws=…)`; the value stays where it is.

    Needs secretsmanager:DescribeSecret only. Raises AwsSecretError.
    """
    config = pulumi.Config("liveavatar")
    given = {key: config.get(key.removeprefix("liveavatar:")) for key in config_keys() if ":aws" in key}
    try:
        settings = load_aws_settings(given)
    except SettingsError as error:
        problems = error
    else:
        version, found_in = current_version(secret_id, region, settings=settings)
        return AwsSecret(secret_id=secret_id, version_id=version, json_key=json_key, region=found_in)
    raise AwsSecretError(
        f"AWS secret {secret_id!r} was not looked for", why=str(problems), next_step="Correct the settings"
    )


class Secret(Resource, module="liveavatar", name="Secret"):
    """
    A LiveAvatar secret.

    Give `aws=aws_secret(…)`: the value then never enters the program or the state. Or give `value=`: it is
    kept as an encrypted input and is never an output; but Pulumi's own log at `-v=9` shows every input in
    clear text. `name` defaults to `<project>-<stack>-<resource name>`; LiveAvatar gets it with a short suffix
    that differs from version to version (`secret_name`).
    """

    name: pulumi.Output[str]
    secret_type: pulumi.Output[str]
    secret_name: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        value: pulumi.Input[str] | None = None,
        aws: pulumi.Input[AwsSecret | Mapping[str, Any]] | None = None,
        secret_type: pulumi.Input[str] = DEFAULT_TYPE,
        name: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        source = None if aws is None else pulumi.Output.from_input(aws).apply(_as_props)
        props = {
            "name": default_name(resource_name) if name is None else name,
            "secret_type": secret_type,
            "value": None if value is None else pulumi.Output.secret(value),
            "aws": _as_props(aws) if isinstance(aws, AwsSecret) else source,
            "secret_name": None,
        }
        super().__init__(SecretProvider(), resource_name, props, opts)


def _as_props(aws: Any) -> dict[str, Any]:
    held = aws.model_dump(exclude_none=True) if isinstance(aws, AwsSecret) else dict(aws)
    return {str(key): value for key, value in held.items() if value is not None}
