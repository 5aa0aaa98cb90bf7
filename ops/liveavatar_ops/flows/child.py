"""
Runs one `liveavatar-ops health check … --json` as a child process and says what came of it.

The exit code is the verdict (0 healthy or degraded, 1 unhealthy, 2 usage, 3 inconclusive); the JSON
document on stdout holds the cause. Of several templates each result comes as soon as it is there, so that
what was found stands however the command ends. Standard library only: see the package.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TETHER = Path(__file__).resolve().parents[1] / "schedule" / "tether.py"
"""Run as a script, never imported: it needs nothing but the standard library."""
WITHIN_S = 420.0
"""For one template: longer than a check of any depth takes by the default limits before it ends itself."""
GRACE_S = 20.0
"""A check that was asked to end still stops its session; that takes a few calls."""
LONGEST_SENTENCE = 300
CANNOT_RUN = 127
VERDICTS = {0: "healthy", 1: "unhealthy", 2: "usage", 3: "inconclusive", CANNOT_RUN: "usage"}
WORST_FIRST = ("unhealthy", "inconclusive", "degraded")


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
    One check, ended with us: asked to, when it says nothing for too long, we are cancelled or die; killed if
    it stays. `within_s` is the time for each result.

    Its standard error is passed on, as it holds what happens meanwhile and never a secret.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as why:
        return Result(target, "usage", "none", f"{command[0]} cannot be started ({type(why).__name__})")
    said, in_time = bytearray(), False
    try:
        _begin(child)
        in_time = await _hear(child, said, within_s)
    finally:
        said += await asyncio.shield(_end(child, grace_s))
    if in_time:
        return read_result(target, child.returncode, bytes(said))
    return _cut_short(target, bytes(said), within_s)


def _begin(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(OSError):  # one that is gone already is seen by its end
        assert child.stdin is not None
        child.stdin.write(b"g")
        child.stdin.close()


async def _hear(child: asyncio.subprocess.Process, said: bytearray, within_s: float) -> bool:
    """All that it prints, until it ends; False when it fell silent for too long."""
    assert child.stdout is not None
    try:
        async with asyncio.timeout(within_s) as limit:
            while chunk := await child.stdout.read(65536):
                said += chunk
                limit.reschedule(asyncio.get_running_loop().time() + within_s)
            await child.wait()
    except TimeoutError:
        return False
    return True


async def _end(child: asyncio.subprocess.Process, grace_s: float) -> bytes:
    """See that nothing of it is left; what it still said meanwhile."""
    assert child.stdout is not None
    if child.stdout.at_eof() and child.returncode is not None:
        return b""
    rest = asyncio.ensure_future(child.communicate())
    # To the leader first, which stops its session; then to everything that it started.
    for sign, send in ((signal.SIGTERM, os.kill), (signal.SIGKILL, os.killpg)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(child.pid, sign)
        with contextlib.suppress(TimeoutError):
            out, _ = await asyncio.wait_for(asyncio.shield(rest), grace_s)
            return bytes(out)
    return b""


def read_result(target: str, code: int | None, out: bytes) -> Result:
    """
    The exit code decides; the document gives cause and words where there is one.

    `code` None, or that of a signal: the command was cut short. What was found unhealthy before stays so.
    """
    document = _worst(out)
    judged = document.get("judgement", {})
    verdict = VERDICTS.get(code if code is not None else -1, "inconclusive")
    if code not in VERDICTS:
        sick = judged.get("verdict") == "unhealthy"
        verdict, document, judged = ("unhealthy", document, judged) if sick else (verdict, {}, {})
    if verdict == "healthy" and judged.get("verdict") == "degraded":
        verdict = "degraded"
    evidence = document.get("evidence")
    return Result(
        target=target,
        verdict=verdict,
        cause=str(judged.get("cause") or "none"),
        sentence=(_sentence(judged) or _without_words(code))[:LONGEST_SENTENCE],
        next_step=str(judged.get("next_step") or "")[:LONGEST_SENTENCE],
        evidence=str(evidence.get("folder", "")) if isinstance(evidence, dict) else "",
    )


def _cut_short(target: str, out: bytes, within_s: float) -> Result:
    found = read_result(target, None, out)
    if found.verdict == "unhealthy":
        return found
    sentence = f"the check gave no result within {within_s:.0f} s and was ended (--within allows it more)"
    return Result(target, "inconclusive", "own_host", sentence)


def _worst(out: bytes) -> dict[str, Any]:
    """Of several targets' results the one that went worst; nothing where there is none."""
    judged = [d for d in _documents(out) if isinstance(d, dict) and isinstance(d.get("judgement"), dict)]
    return min(judged, key=_badness, default={})


def _badness(document: dict[str, Any]) -> int:
    verdict = document["judgement"].get("verdict")
    return WORST_FIRST.index(verdict) if verdict in WORST_FIRST else len(WORST_FIRST)


def _documents(out: bytes) -> list[Any]:
    """The results of the document; of one that was cut short those that were whole by then, one a line."""
    try:
        told = json.loads(out)
    except ValueError:
        return [one for line in out.splitlines() if (one := _whole(line)) is not None]
    return list(told.get("results", [told])) if isinstance(told, dict) else []


def _whole(line: bytes) -> Any:
    try:
        return json.loads(line.rstrip(b","))
    except ValueError:
        return None


def _sentence(judged: dict[str, Any]) -> str:
    reasons = judged.get("reasons")
    if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict):
        return str(reasons[0].get("sentence") or "")
    return "the avatar is alive" if judged.get("verdict") == "healthy" else ""


def _without_words(code: int | None) -> str:
    if code == 2:
        return "the command line of the check is not right; its complaint is in the log"
    if code == CANNOT_RUN:
        return "the program of the check cannot be run; why is in the log"
    if code is not None and code < 0:
        return f"the check was killed by signal {-code}"
    return f"the check ended with {code} and printed no result"
