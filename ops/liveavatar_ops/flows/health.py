"""
The flow: every target checked, never more LiveAvatar sessions at once than the account has.

The sessions are counted by Prefect's global concurrency limit `liveavatar-sessions`, across all flows and
machines of one Prefect server. Only an inconclusive check is run again: an unhealthy one is a result.
History: each task run's state holds verdict and sentence, each check leaves a table as artifact.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task  # type: ignore[import-not-found] # it has its own environment
from prefect.artifacts import acreate_table_artifact  # type: ignore[import-not-found] # as above
from prefect.client.orchestration import get_client  # type: ignore[import-not-found] # as above
from prefect.concurrency.asyncio import concurrency  # type: ignore[import-not-found] # as above
from prefect.states import Completed, Failed  # type: ignore[import-not-found] # as above

from liveavatar_ops.flows.artifact import leave
from liveavatar_ops.flows.child import WITHIN_S, run_check

LIMIT = "liveavatar-sessions"
LEASE_S = 60.0
"""A worker that dies gives its place back after this long; Prefect takes no shorter lease."""
WAIT_FOR_PLACE_S = 900.0
TRIES_AGAIN = 2
RETRY_AFTER_S = (30.0, 90.0)


class Unhealthy(Exception):
    """A viewer would not see a living avatar. Never run again: it is a result."""


class Misconfigured(Exception):
    """The check's command line is not right; running it again gives the same."""


class Inconclusive(Exception):
    """Our own network, a quota or a busy machine: says nothing about the avatar, so it is run again."""


async def check(target: str, command: list[str], within_s: float) -> Any:
    """One check, as a task: holds one of the account's sessions while it runs."""
    try:
        async with concurrency(
            LIMIT, occupy=1, lease_duration=LEASE_S, strict=True, timeout_seconds=WAIT_FOR_PLACE_S
        ):
            result = await run_check(target, command, within_s=within_s)
    except TimeoutError:
        raise Inconclusive(f"{target}: no free session within {WAIT_FOR_PLACE_S:.0f} s") from None
    await leave(result, acreate_table_artifact, get_run_logger().warning)
    said = f"{result.verdict}: {target}: {result.sentence} ({result.cause})"
    if result.verdict == "unhealthy":
        raise Unhealthy(said)
    if result.verdict == "usage":
        raise Misconfigured(said)
    if not result.counts:
        raise Inconclusive(said)
    return Completed(name=result.verdict.capitalize(), message=said, data=result.as_dict())


async def may_repeat(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed task is run again."""
    error = await state.result(raise_on_failure=False)
    return isinstance(error, Inconclusive)


async def health(
    targets: dict[str, list[str]],
    program: list[str] | None = None,
    within_s: float = WITHIN_S,
    retry_after_s: Sequence[float] = RETRY_AFTER_S,
) -> Any:
    """
    Check every target: its name → the arguments of `health check` that say what it is.

    Failed when one is unhealthy, or its command line is not right; completed as `Inconclusive` when some gave
    no answer. `within_s` is the time for each result. Parameters are kept in the history: they hold names,
    never a key.
    """
    run = check_task.with_options(retry_delay_seconds=list(retry_after_s))
    names = list(targets)
    states = await asyncio.gather(
        *(run(name, command_for(targets[name], program), within_s, return_state=True) for name in names)
    )
    return await conclude(dict(zip(names, states, strict=True)))


async def conclude(states: Mapping[str, Any]) -> Any:
    """The flow's own state from the tasks': the worst decides, and its message names every target."""
    errors = {name: await state.result(raise_on_failure=False) for name, state in states.items()}
    failed = {n: e for n, e in errors.items() if isinstance(e, Exception) and not isinstance(e, Inconclusive)}
    doubtful = {n: e for n, e in errors.items() if isinstance(e, Inconclusive)}
    if failed:
        return Failed(message="; ".join(str(error) for error in failed.values()))
    if doubtful:
        return Completed(name="Inconclusive", message="; ".join(str(error) for error in doubtful.values()))
    return Completed(message=f"{len(states)} healthy")


def command_for(arguments: Sequence[str], program: Sequence[str] | None = None) -> list[str]:
    """The command line of one check; `program` where it is installed elsewhere than beside this Python."""
    beside = Path(sys.executable).with_name("liveavatar-ops")
    found = program or [str(beside) if beside.is_file() else "liveavatar-ops"]
    return [*found, "health", "check", *arguments, "--json"]


async def ensure_limit(sessions: int) -> None:
    """Make the global limit, or set it anew: as many places as the account has sessions to give."""
    async with get_client() as client:
        await client.upsert_global_concurrency_limit_by_name(LIMIT, sessions)


# Called instead of used as decorators: mypy does not know Prefect's types in our own environment.
check_task = task(
    name="health-check",
    task_run_name="{target}",
    retries=TRIES_AGAIN,
    retry_jitter_factor=0.5,
    retry_condition_fn=may_repeat,
    persist_result=False,
)(check)
sweep = flow(name="liveavatar-health", persist_result=False)(health)
