"""Asks a rule about one resource, seen as the engine shows it: unknown values raise."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_policy import PolicyResourceOptions, ResourceValidationArgs
from pulumi_policy.proxy import unknown_checking_proxy

Rule = Callable[..., None]


def says(
    rule: Rule,
    kind: str,
    props: Mapping[str, Any],
    *,
    stack: str = "dev",
    config: Mapping[str, Any] | None = None,
) -> list[str]:
    """The violations of a resource `greeter` of `project`."""
    said: list[str] = []
    args = ResourceValidationArgs(
        resource_type=kind,
        props=unknown_checking_proxy(dict(props)),
        urn=f"urn:pulumi:{stack}::project::{kind}::greeter",
        name="greeter",
        opts=_OPTIONS,
        provider=None,
        config=config,
    )
    rule(args, lambda message, urn=None: said.append(message))
    return said


_OPTIONS = PolicyResourceOptions(
    protect=False,
    ignore_changes=[],
    delete_before_replace=None,
    aliases=[],
    custom_timeouts=None,  # type: ignore[arg-type]  # no rule reads it
    additional_secret_outputs=[],
)
