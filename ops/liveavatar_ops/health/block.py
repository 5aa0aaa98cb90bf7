"""Takes a template's `health:` block apart: limits of a check, and whether the sandbox may be used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liveavatar_ops.health.overrides import LimitsError, limits_from


@dataclass(frozen=True)
class Block:
    """What a block says, and what of it cannot be used: (name, complaint), "" for the block itself."""

    limits: dict[str, Any]
    sandbox: bool
    problems: list[tuple[str, str]]


def read_block(held: object) -> Block:
    """`held` is whatever stands at `health`; None, as where it is absent, is an empty block."""
    if held is not None and not isinstance(held, Mapping):
        return Block({}, sandbox=False, problems=[("", "should map names of limits to values")])
    limits, problems = dict(held or {}), []
    sandbox = limits.pop("sandbox", False)
    if not isinstance(sandbox, bool):
        problems.append(("sandbox", "should be true or false"))
    try:
        limits_from(("health", limits))
    except LimitsError as wrong:
        problems += [(problem.name, problem.message) for problem in wrong.problems]
    return Block(limits, sandbox=sandbox is True, problems=problems)
