"""
Asks a deployed Pulumi stack what it exported, through the Pulumi command line.

Outputs hold ids and names, never a secret (the program exports none). The API key is asked for only
where the environment has none.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from liveavatar_ops.health.places import is_there
from pulumi_liveavatar.settings import Settings, SettingsError, load_settings

TIMEOUT_S = 90


class Config(Protocol):
    """Asks for a stack's settings of ours, as `stack_config` does."""

    def __call__(self, stack: str, *, secrets: bool) -> dict[str, str]: ...


Run = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


class StackError(Exception):
    """The outputs could not be had; the text says what to type."""


def find_pulumi() -> Path | None:
    """The engine next to this Python first (the project's own), then the one on PATH."""
    beside = Path(sys.executable).parent / "pulumi"
    if is_there(beside) and beside.is_file():  # a link into a folder of root's is none
        return beside
    found = shutil.which("pulumi")
    return Path(found) if found else None


def stack_outputs(stack: str, *, pulumi: Path | None = None, run: Run | None = None) -> dict[str, Any]:
    """The stack's outputs as the engine prints them; StackError with one sentence otherwise."""
    outputs = _asked(stack, ["stack", "output", "--json"], pulumi, run)
    if not outputs:
        raise StackError(
            f"Stack {stack} has no outputs: nothing is deployed. Run `pulumi up --stack {stack}`."
        )
    return outputs


def _asked(stack: str, what: list[str], pulumi: Path | None, run: Run | None) -> dict[str, Any]:
    """The JSON object that one command of the engine prints about a stack."""
    engine = pulumi or find_pulumi()
    if engine is None:
        raise StackError(
            f"Stack {stack} cannot be read: there is no pulumi next to {sys.executable} nor on PATH. "
            "Run `make demo` once (it installs the engine), or name a template with --template-file."
        )
    command = [str(engine), *what, "--stack", stack, "--non-interactive", "--color=never"]
    try:
        done = (run or _run)(command)
    except subprocess.TimeoutExpired:
        raise StackError(
            f"Stack {stack} cannot be read: pulumi gave no answer in {TIMEOUT_S} s. "
            f"Run `pulumi stack output --stack {stack}` by hand and see what it waits for."
        ) from None
    except OSError as why:
        raise StackError(f"Stack {stack} cannot be read: {engine} did not run ({why}).") from None
    if done.returncode != 0:
        raise StackError(explain(stack, done.stderr))
    try:
        outputs = json.loads(done.stdout)
    except (ValueError, RecursionError):
        outputs = None
    if not isinstance(outputs, dict):
        raise StackError(
            f"Stack {stack} cannot be read: pulumi printed no JSON object. "
            f"Run `pulumi stack output --json --stack {stack}` by hand and read what it says."
        )
    return outputs


def stack_config(
    stack: str, *, secrets: bool, pulumi: Path | None = None, run: Run | None = None
) -> dict[str, str]:
    """
    The stack's settings of ours (`liveavatar:apiUrl` and so on; `secrets`: the key too), else StackError.

    They are the second source of settings after the environment, so that a check of a stack needs no
    more than `pulumi up` does. The values come through a pipe and go nowhere else.
    """
    held = _asked(stack, ["config", "--json", *(["--show-secrets"] if secrets else [])], pulumi, run)
    return {
        key: str(entry["value"])
        for key, entry in held.items()
        if key.startswith("liveavatar:") and isinstance(entry, dict) and entry.get("value") is not None
    }


def settings_of(stack: str | None, config: Config = stack_config) -> Settings:
    """
    From the environment, then from the config of the stack, as `pulumi up` has them.

    Raises SettingsError or StackError. The key is decrypted only where the environment has none.
    """
    if stack is None:
        return load_settings()
    try:
        load_settings()
    except SettingsError:
        return load_settings(config(stack, secrets=True))
    return load_settings(config(stack, secrets=False))


KNOWN_COMPLAINTS = (
    ("no Pulumi.yaml", "here is no Pulumi project", "Change into the directory that holds Pulumi.yaml"),
    (
        "no stack named",
        "it does not exist in this backend",
        "See `pulumi stack ls`, or make it: `pulumi up --stack {stack}`",
    ),
    (
        "PULUMI_ACCESS_TOKEN",
        "pulumi is not logged in to a backend",
        "Run `pulumi login` (for a local one: `pulumi login --local`)",
    ),
    (
        "pulumi login",
        "pulumi is not logged in to a backend",
        "Run `pulumi login` (for a local one: `pulumi login --local`)",
    ),
    (
        "passphrase",
        "its passphrase is missing or wrong",
        "Export PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
    ),
)


def explain(stack: str, said: str) -> str:
    """One sentence for what pulumi wrote to its error output, with what to type."""
    for mark, why, what in KNOWN_COMPLAINTS:
        if mark.lower() in said.lower():
            return f"Stack {stack} cannot be read: {why}. {what.format(stack=stack)}."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = next(
        (line for line in lines if line.startswith("error:")), lines[-1] if lines else "it gave no reason"
    )
    return (
        f"Stack {stack} cannot be read: {why.removeprefix('error:').strip().rstrip('.')}. "
        f"Run `pulumi stack output --stack {stack}` by hand."
    )


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
