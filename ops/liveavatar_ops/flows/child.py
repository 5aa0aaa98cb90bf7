"""
Runs one `liveavatar-ops health check … --json` as a child process and says what came of it.

The exit code is the verdict (0 healthy or degraded, 1 unhealthy, 2 usage, 3 inconclusive); the JSON
document on stdout holds the cause. Standard library only: see the package.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

GRACE_S = 20.0
"""A check that was asked to end still stops its session; that takes a few calls."""
LONGEST_SENTENCE = 300
VERDICTS = {0: "healthy", 1: "unhealthy", 2: "usage", 3: "inconclusive"}


@dataclass(frozen=True)
class Result:
    """What a schedule needs of one check. `verdict` `usage` means that the command line was not right."""

    target: str
    verdict: str
    cause: str
    sentence: str
    next_step: str = ""
    evidence: str = ""

    @property
    def counts(self) -> bool:
        """Whether it says something about the avatar."""
        return self.verdict in ("healthy", "degraded", "unhealthy")

    def as_dict(self) -> dict[str, Any]:
        """For the history."""
        return asdict(self)


async def run_check(
    target: str, command: Sequence[str], *, within_s: float, grace_s: float = GRACE_S
) -> Result:
    """
    One check, ended with us: asked to, when it takes too long or we are cancelled; killed if it stays.

    Its standard error is passed on, as it holds what happens meanwhile and never a secret.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
    except OSError as why:
        return Result(target, "usage", "none", f"{command[0]} cannot be started ({type(why).__name__})")
    reading = asyncio.ensure_future(child.communicate())
    try:
        async with asyncio.timeout(within_s):
            out, _ = await asyncio.shield(reading)
    except TimeoutError:
        sentence = f"the check did not end within {within_s:.0f} s and was ended"
        return Result(target, "inconclusive", "own_host", sentence)
    finally:
        await asyncio.shield(_end(child, reading, grace_s))
    return read_result(target, child.returncode, out)


async def _end(child: asyncio.subprocess.Process, reading: "asyncio.Future[Any]", grace_s: float) -> None:
    # To the leader first, which stops its session; then to everything that it started.
    for sign, send in ((signal.SIGTERM, os.kill), (signal.SIGKILL, os.killpg)):
        if reading.done():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(child.pid, sign)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(reading), grace_s)


def read_result(target: str, code: int | None, out: bytes) -> Result:
    """The exit code decides; the document gives cause and words where there is one."""
    verdict = VERDICTS.get(code if code is not None else -1, "inconclusive")
    judged, evidence = _judgement(out)
    if verdict == "healthy" and judged.get("verdict") == "degraded":
        verdict = "degraded"
    sentence = _sentence(judged) or _without_words(code)
    return Result(
        target=target,
        verdict=verdict,
        cause=str(judged.get("cause") or "none"),
        sentence=sentence[:LONGEST_SENTENCE],
        next_step=str(judged.get("next_step") or "")[:LONGEST_SENTENCE],
        evidence=evidence,
    )


def _judgement(out: bytes) -> tuple[dict[str, Any], str]:
    """Of several targets in one document, the one that went worst."""
    try:
        told = json.loads(out)
    except ValueError:
        return {}, ""
    documents = told.get("results", [told]) if isinstance(told, dict) else []
    judged = [d for d in documents if isinstance(d, dict) and isinstance(d.get("judgement"), dict)]
    order = ("unhealthy", "inconclusive", "degraded")
    judged.sort(key=lambda d: order.index(v) if (v := d["judgement"].get("verdict")) in order else len(order))
    if not judged:
        return {}, ""
    evidence = judged[0].get("evidence")
    return judged[0]["judgement"], str(evidence.get("folder", "")) if isinstance(evidence, dict) else ""


def _sentence(judged: dict[str, Any]) -> str:
    reasons = judged.get("reasons")
    if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict):
        return str(reasons[0].get("sentence") or "")
    return "the avatar is alive" if judged.get("verdict") == "healthy" else ""


def _without_words(code: int | None) -> str:
    if code == 2:
        return "the command line of the check is not right; its complaint is in the log"
    if code is not None and code < 0:
        return f"the check was killed by signal {-code}"
    return f"the check ended with {code} and printed no result"
