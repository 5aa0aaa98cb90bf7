"""Pulumi from here: the engine, its Python host, and the stack if one is named."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from liveavatar_ops.doctor.finding import Check, Finding, broken, broken_by, ok, single, skipped, warning
from liveavatar_ops.doctor.machine import Run, installed, run
from liveavatar_ops.health.stack import StackError, find_pulumi, stack_outputs

GROUP = "Pulumi"
HOST_PARTS = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
"""What runs a Python program and what runs our provider; the engine looks beside itself, then on PATH."""
MAKE = "Run `make setup` in the checkout: it installs the engine that fits"
VERSION_S, CONFIG_S = 10.0, 20.0


def checks(stack: str | None) -> list[Check]:
    """The checks of this group."""
    engine = find_pulumi()
    needed = stack is not None
    found = [
        single(GROUP, "Engine", lambda name: check_engine(name, engine, installed("pulumi"), needed=needed)),
        single(GROUP, "Python host", lambda name: check_host(name, engine, needed=needed)),
    ]
    if stack is not None:
        found.append(single(GROUP, "Stack", lambda name: check_stack(name, stack), within_s=35.0))
    return found


def check_engine(
    name: str, engine: Path | None, wanted: str | None, *, needed: bool, run: Run = run
) -> Finding:
    """Found, and of the version that the Python package `pulumi` was made with."""
    if engine is None:
        if needed:
            return broken(name, "no pulumi beside this Python nor on PATH", MAKE)
        return warning(name, "no pulumi: `pulumi up` and --stack need it, other checks do not", MAKE)
    have = version_of(engine, run)
    if have is None:
        return broken(name, f"{engine} does not run, or tells no version", MAKE)
    if wanted is None or have == Version(wanted):
        return ok(name, f"pulumi {have}")
    if have > Version(wanted) and have.major == Version(wanted).major:
        return warning(name, f"pulumi {have} is newer than the tested {wanted}", MAKE)
    return broken(name, f"pulumi {have} does not fit the Python package, which is {wanted}", MAKE)


def version_of(engine: Path, run: Run) -> Version | None:
    """What the engine says of itself; None when it says nothing usable."""
    try:
        done = run([str(engine), "version"], VERSION_S)
        return Version(done.stdout.strip().removeprefix("v"))
    except (OSError, subprocess.TimeoutExpired, InvalidVersion):
        return None


def check_host(
    name: str, engine: Path | None, *, needed: bool, which: Callable[[str], str | None] = shutil.which
) -> Finding:
    """The three programs that run a Python program and a dynamic provider."""
    if engine is None:
        return skipped(name, "there is no engine")
    missing = [part for part in HOST_PARTS if not (engine.parent / part).is_file() and not which(part)]
    if not missing:
        return ok(name, "the engine finds it")
    say = broken if needed else warning
    return say(name, f"{', '.join(missing)} not found beside {engine} nor on PATH", MAKE)


def check_stack(
    name: str, stack: str, outputs_of: Callable[[str], dict[str, Any]] = stack_outputs
) -> Finding:
    """Whether its outputs can be read and hold something to check."""
    try:
        outputs = outputs_of(stack)
    except StackError as why:
        return broken_by(name, why, f"Run `pulumi stack output --stack {stack}` by hand")
    templates = outputs.get("templates")
    if not isinstance(templates, dict) or not templates:
        cure = f"Put a template into infra/catalog/templates and run `pulumi up --stack {stack}`"
        return broken(name, f"{stack} has no session template", cure)
    return ok(name, f"{stack} has {len(templates)} session template{'s' if len(templates) > 1 else ''}")


@dataclass(frozen=True)
class AwsNames:
    """What a stack's config says about AWS: names only, never a value."""

    secrets: tuple[str, ...] = ()
    region: str | None = None
    problem: str = field(default="")


def aws_names(stack: str, *, engine: Path | None = None, run: Run = run) -> AwsNames:
    """The AWS secrets that the stack's config names; what is secret in that config is not asked for."""
    found = engine or find_pulumi()
    if found is None:
        return AwsNames(problem="there is no engine")
    command = [str(found), "config", "--json", "--stack", stack, "--non-interactive", "--color=never"]
    try:
        done = run(command, CONFIG_S)
        config = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        return AwsNames(problem=f"the config of {stack} cannot be read")
    region = _value(config, "liveavatar:awsRegion")
    for key, entry in config.items():
        held = entry.get("objectValue") if isinstance(entry, dict) else None
        if key.endswith(":secrets") and isinstance(held, dict):
            ids = [each.get("awsSecretId") for each in held.values() if isinstance(each, dict)]
            named = tuple(dict.fromkeys(one for one in ids if isinstance(one, str)))
            return AwsNames(named, region if isinstance(region, str) else None)
    return AwsNames(region=region if isinstance(region, str) else None)


def _value(config: dict[str, Any], key: str) -> Any:
    entry = config.get(key)
    return entry.get("value") if isinstance(entry, dict) else None
