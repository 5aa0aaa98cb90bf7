"""
LiveAvatar as Pulumi resources: secrets, contexts and session templates, and the API client below them.

The kinds are loaded when they are first asked for: a program that only talks to the API
(`pulumi_liveavatar.api`) does not pay for loading Pulumi. Their modules are named in the state of every stack
and are never renamed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_liveavatar.context import Context
    from pulumi_liveavatar.health_gate import HealthGate
    from pulumi_liveavatar.secret import AwsSecret, AwsSecretError, Secret, aws_secret
    from pulumi_liveavatar.session_template import SessionTemplate

_HOMES = {
    "AwsSecret": "secret",
    "AwsSecretError": "secret",
    "Context": "context",
    "HealthGate": "health_gate",
    "Secret": "secret",
    "SessionTemplate": "session_template",
    "aws_secret": "secret",
}

__all__ = ["AwsSecret", "AwsSecretError", "Context", "HealthGate", "Secret", "SessionTemplate", "aws_secret"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pulumi_liveavatar' has no attribute {name!r}")
    return getattr(import_module(f"pulumi_liveavatar.{_HOMES[name]}"), name)
