"""
Reads what the engine shows a rule.

In a preview, looking at a value that is not known yet raises, and the rule as a whole counts as not
run. One unknown id would so hide every other mistake; `peek` gives a mark instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from pulumi_policy import PolicyConfigSchema, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

PRODUCTION_STACKS = ("prod", "production")

PRODUCTION_SCHEMA = PolicyConfigSchema(
    properties={
        "productionStacks": {
            "type": "array",
            "items": {"type": "string"},
            "default": list(PRODUCTION_STACKS),
            "description": "stacks that count as production; `prod` covers `prod-eu` as well",
        }
    }
)
"""What a rule about production may be told with `--policy-pack-config`."""


class Gap(Enum):
    """Why there is no value."""

    ABSENT = "absent"
    UNKNOWN = "not known before the update"


def peek(props: object, *path: str) -> Any:
    """
    The value at a path of keys, or a Gap. None counts as absent: the engine drops it.

    >>> peek({"a": {"b": 1}}, "a", "b"), peek({"a": None}, "a"), peek({}, "a", "b")
    (1, <Gap.ABSENT: 'absent'>, <Gap.ABSENT: 'absent'>)
    """
    here = props
    for key in path:
        # Iterating gives keys without looking at values; `in` on a mapping of the engine does look.
        if not isinstance(here, Mapping) or key not in set(here):
            return Gap.ABSENT
        try:
            here = here[key]
        except UnknownValueError:
            return Gap.UNKNOWN
    return Gap.ABSENT if here is None else here


def texts(props: object, *path: str) -> Iterator[tuple[str, str]]:
    """Every known text at or below a path, as (`links.0.faq`, text)."""
    here = peek(props, *path) if path else props
    yield from _walk(".".join(path), here)


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key in set(value):
            yield from _walk(f"{path}.{key}".lstrip("."), peek(value, key))
    elif isinstance(value, Sequence):
        for index in range(len(value)):
            yield from _walk(f"{path}.{index}", _item(value, index))


def _item(values: Sequence[Any], index: int) -> Any:
    try:
        return values[index]
    except UnknownValueError:
        return Gap.UNKNOWN


def stack_and_project(urn: str) -> tuple[str, str]:
    """
    >>> stack_and_project("urn:pulumi:dev::liveavatar-ops::kind::name")
    ('dev', 'liveavatar-ops')
    """
    stack, project, *_ = urn.removeprefix("urn:pulumi:").split("::")
    return stack, project


def in_production(args: ResourceValidationArgs) -> bool:
    """Whether customers meet what this stack declares."""
    stack, _ = stack_and_project(args.urn)
    named = args.get_config().get("productionStacks", PRODUCTION_STACKS)
    return any(stack == name or stack.startswith(f"{name}-") for name in named)
