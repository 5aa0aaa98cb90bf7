"""
The kinds, one row each: what the laws need to know of a kind, and nothing about how it works.

A new kind joins the contract by adding a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pulumi_liveavatar._base import LiveAvatarProvider
from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.secrets import Secrets
from pulumi_liveavatar.context import ContextProvider
from pulumi_liveavatar.health_gate import HealthGateProvider
from pulumi_liveavatar.secret import SecretProvider
from pulumi_liveavatar.session_template import SessionTemplateProvider
from tests.contract import template_cases
from tests.contract.pocket_engine import Props, State
from tests.contract.world import OPENAI_KEY, World

Change = tuple[Props, Props]


@dataclass(frozen=True)
class Row:
    """One kind. A missing `hand_edit` or `lose` has its reason in `exempt`."""

    name: str
    provider: type[LiveAvatarProvider]
    wanted: Callable[[World], Props]
    changes: Callable[[World], Mapping[str, Change]]
    """By managed input: inputs before, and inputs in which that one differs."""

    replaces: frozenset[str] = frozenset()
    hand_edit: Callable[[World, State], None] | None = None
    """Somebody changes what the resource stands for, without us."""

    as_wanted: Callable[[World, State], bool] = lambda world, state: True
    """Whether the remote object is what the state says."""

    lose: Callable[[World, State], None] | None = None
    """Somebody deletes the remote object."""

    posts_to: str | None = None
    calls_api: bool = True
    """Whether it talks to LiveAvatar itself; a gate's checks do so in a process of their own."""

    exempt: Mapping[str, str] = field(default_factory=dict)


# Context -------------------------------------------------------------------------------------------------

GREETER: Props = {
    "name": "p-s-greeter",
    "prompt": "You greet people by the name ${guest}.",
    "opening_text": "Hello!",
    "links": [{"url": "https://example.org/a", "faq": "What is a?"}],
}


def _edit_context(world: World, state: State) -> None:
    with world.hands as hands:
        Contexts(hands).update(state.id, **{**GREETER, "prompt": "You insult people."})


def _context_is_as_wanted(world: World, state: State) -> bool:
    with world.hands as hands:
        found = Contexts(hands).get(state.id)
    links = [{"url": link.url, "faq": link.faq} for link in found.links]
    return {
        "name": found.name,
        "prompt": found.prompt,
        "opening_text": found.opening_text,
        "links": links,
    } == {key: state.outputs[key] for key in GREETER}


def _lose_context(world: World, state: State) -> None:
    with world.hands as hands:
        Contexts(hands).delete(state.id)


CONTEXT = Row(
    "Context",
    ContextProvider,
    wanted=lambda world: GREETER,
    changes=lambda world: {
        "name": (GREETER, {**GREETER, "name": "p-s-another"}),
        "prompt": (GREETER, {**GREETER, "prompt": "You greet people warmly."}),
        "opening_text": (GREETER, {**GREETER, "opening_text": ""}),
        "links": (GREETER, {**GREETER, "links": []}),
    },
    hand_edit=_edit_context,
    as_wanted=_context_is_as_wanted,
    lose=_lose_context,
    posts_to="/v1/contexts",
)

# Secret --------------------------------------------------------------------------------------------------

BY_VALUE: Props = {"name": "p-s-openai", "secret_type": "OPENAI_API_KEY", "value": OPENAI_KEY}
WRITE_ONLY = {"hand_edit": "LiveAvatar can neither change a secret (405) nor show its value"}


def _lose_secret(world: World, state: State) -> None:
    with world.hands as hands:
        Secrets(hands).delete(state.id)


def _secret_is_there(world: World, state: State) -> bool:
    with world.hands as hands:
        return state.id in {secret.id for secret in Secrets(hands).list()}


SECRET_BY_VALUE = Row(
    "Secret by value",
    SecretProvider,
    wanted=lambda world: BY_VALUE,
    changes=lambda world: {
        "name": (BY_VALUE, {**BY_VALUE, "name": "p-s-other"}),
        "secret_type": (BY_VALUE, {**BY_VALUE, "secret_type": "GEMINI_API_KEY"}),
        "value": (BY_VALUE, {**BY_VALUE, "value": "sk-another-value-entirely-77"}),
    },
    replaces=frozenset({"name", "secret_type", "value"}),
    as_wanted=_secret_is_there,
    lose=_lose_secret,
    posts_to="/v1/secrets",
    exempt=WRITE_ONLY,
)


def _by_aws(world: World) -> Props:
    version = world.aws.put("contract/openai", OPENAI_KEY)
    source = {"secret_id": "contract/openai", "version_id": version, "json_key": "api_key"}
    return {"name": "p-s-openai", "aws": source}


def _rotated(world: World) -> Mapping[str, Change]:
    before, after = _by_aws(world), _by_aws(world)
    return {
        "aws": (before, after),
        "name": (before, {**before, "name": "p-s-other"}),
        "secret_type": (before, {**before, "secret_type": "CARTESIA_API_KEY"}),
    }


SECRET_BY_AWS = Row(
    "Secret from AWS",
    SecretProvider,
    wanted=_by_aws,
    changes=_rotated,
    replaces=frozenset({"name", "secret_type", "aws"}),
    as_wanted=_secret_is_there,
    lose=_lose_secret,
    posts_to="/v1/secrets",
    exempt=WRITE_ONLY,
)

# SessionTemplate -----------------------------------------------------------------------------------------


def _lose_the_referenced_context(world: World, state: State) -> None:
    with world.hands as hands:
        Contexts(hands).delete(state.outputs["openai_realtime_config"]["context_id"])


SESSION_TEMPLATE = Row(
    "SessionTemplate",
    SessionTemplateProvider,
    wanted=template_cases.desk,
    changes=template_cases.changes,
    hand_edit=_lose_the_referenced_context,
    exempt={"lose": "there is no such object at LiveAvatar", "posts_to": "nothing is posted"},
)

# HealthGate ----------------------------------------------------------------------------------------------


def _gate(world: World) -> Props:
    """The cheapest depth: what a check finds is not the contract's question."""
    desk = template_cases.desk(world)
    body = {key: value for key, value in desk.items() if key not in {"name", "health"}}
    return {
        "name": "p-s-gate",
        "body": body,
        "depth": "api",
        "attempts": 1,
        "needed": 1,
        "guards": {"0": "a"},
    }


def _gate_changes(world: World) -> Mapping[str, Change]:
    gate = _gate(world)
    return {
        "name": (gate, {**gate, "name": "p-s-other"}),
        "body": (gate, {**gate, "body": {**gate["body"], "max_session_duration": 30}}),
        "health": (gate, {**gate, "health": {"first_frame_degraded_s": 4}}),
        "depth": (gate, {**gate, "depth": "session"}),
        "attempts": (gate, {**gate, "attempts": 2}),
        "needed": ({**gate, "attempts": 2}, {**gate, "attempts": 2, "needed": 2}),
        "guards": (gate, {**gate, "guards": {"0": "b"}}),
    }


HEALTH_GATE = Row(
    "HealthGate",
    HealthGateProvider,
    wanted=_gate,
    changes=_gate_changes,
    calls_api=False,
    exempt={
        "hand_edit": "a verdict is of its moment; `health watch` asks whether it still holds",
        "lose": "there is no such object at LiveAvatar",
        "posts_to": "nothing is posted",
    },
)

ROWS = [CONTEXT, SECRET_BY_VALUE, SECRET_BY_AWS, SESSION_TEMPLATE, HEALTH_GATE]


def inputs_of(row: Row) -> set[str]:
    """Managed inputs of a kind; a Secret's value is compared by its fingerprint."""
    managed: set[str] = set(row.provider.inputs)
    return managed | {"value"} if row.provider is SecretProvider else managed
