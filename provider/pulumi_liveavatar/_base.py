"""
What every kind's provider has in common: settings, checking, comparing.

The providers are stateless and pickled by reference: the state of a stack holds nothing of them but module
and class name, which is why neither is ever renamed.
"""

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    DiffResult,
    ReadResult,
    ResourceProvider,
)
from pulumi.output import Unknown
from pydantic import ValidationError

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import LiveAvatarError, NotThere
from pulumi_liveavatar.claims import Claims
from pulumi_liveavatar.settings import Settings, config_keys, load_settings
from pulumi_liveavatar.strict import StrictModel, plain, sentences

INTERNAL = "__provider"


@dataclass(frozen=True)
class Configured:
    """What a provider process has once it is configured; shared by the host's four threads."""

    client: LiveAvatarClient
    settings: Settings
    claims: Claims = field(default_factory=Claims)


class LiveAvatarProvider(ResourceProvider):
    """Stateless: Pulumi pickles the instance into the stack's state."""

    # Nothing secret is in the pickle, and an encrypted one would make every state unreadable and slow.
    serialize_as_secret_always = False

    inputs: ClassVar[tuple[str, ...]] = ()
    """The managed inputs: what `diff` compares."""

    replace_on: ClassVar[tuple[str, ...]] = ()
    """Those of them that cannot be changed in place."""

    _configured: Configured | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Once per process. Also makes errors one line: newer hosts answer with the whole traceback."""
        sys.tracebacklimit = 0
        settings = load_settings({key: req.config.get(key) for key in config_keys()})
        self.use(LiveAvatarClient(settings), settings)

    def use(self, client: LiveAvatarClient, settings: Settings) -> None:
        """Work with this client; what `configure` does, without an engine."""
        self._configured = Configured(client, settings)

    def __getstate__(self) -> dict[str, Any]:
        return {}

    @property
    def configured(self) -> Configured:
        if self._configured is None:
            raise LiveAvatarError(
                "The provider was not configured", next_step="Let Pulumi's engine run it, or call `use` first"
            )
        return self._configured

    @property
    def client(self) -> LiveAvatarClient:
        return self.configured.client

    @property
    def claims(self) -> Claims:
        return self.configured.claims

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Pure: Pulumi asks one resource after the other, so a call here would be paid by every preview."""
        return plan(olds, news, inputs=self.inputs, replace_on=self.replace_on)

    def is_taken_over(self, id_: str, what: str) -> bool:
        """
        Whether a delete must be left out, since another resource of this run owns the object now.

        That is so when a resource is replaced by one of the same name (`pulumi up --replace`), or when its
        logical name changed and its own name did not.
        """
        held = self.claims.is_held(id_)
        if held:
            pulumi.log.info(f"{what} {id_} was kept: another resource of this stack took it over")
        return held


def check_inputs(model: type[StrictModel], news: Mapping[str, Any]) -> CheckResult:
    """All mistakes at once, by property; else the inputs, defaults filled in, numbers as they were meant."""
    given = {key: value for key, value in news.items() if key != INTERNAL and value is not None}
    try:
        made = model.model_validate(given, context={"unknown": Unknown})
    except ValidationError as error:
        return CheckResult(given, [CheckFailure(place, words) for place, words in sentences(error)])
    return CheckResult(plain(made), [])


def plan(
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    *,
    inputs: Collection[str],
    replace_on: Collection[str] = (),
) -> DiffResult:
    """Compare managed inputs only: `olds` is the whole state, `__provider` and outputs included."""
    changed = sorted(key for key in inputs if differs(olds.get(key), news.get(key)))
    return planned(changed, [key for key in changed if key in replace_on])


def planned(changed: Collection[str], replaces: list[str]) -> DiffResult:
    """New before old, always: what uses the object is repointed in between."""
    return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=False)


def differs(old: Any, new: Any) -> bool:
    """What a preview does not know yet equals nothing, so it counts as changed."""
    return bool(old != new)


def seen(id_: str, props: Mapping[str, Any], outs: dict[str, Any], inputs: Collection[str]) -> ReadResult:
    """
    What a refresh found. The inputs are rewritten where something drifted, so that the drift shows and the
    next up undoes it; else they stay, with whatever the outputs do not repeat.
    """
    if not any(props.get(key) != outs.get(key) for key in inputs):
        return ReadResult(id_, outs)
    return ReadResult(id_, outs, inputs={key: outs[key] for key in inputs if key in outs})


def gone(id_: str, props: Mapping[str, Any], *, marker: str, what: str) -> ReadResult:
    """
    The object is not there any more: the state forgets it and the next up makes it anew.

    `marker` is an output that only `create` writes. Without it Pulumi asks for an object by id
    (`ResourceOptions(id=…)`) and would take silence for success.
    """
    if marker in props:
        return ReadResult("", {})
    raise NotThere(f"{what} {id_} was not found", next_step="Check the id in `ResourceOptions(id=…)`")


def default_name(logical: str) -> str:
    """`<project>-<stack>-<logical>`: the same after a crash, another in every stack."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{logical}"
