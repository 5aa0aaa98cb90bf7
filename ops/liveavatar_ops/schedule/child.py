"""Runs one check as a process of its own: begins on our word, ends on our wish, dies with us."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liveavatar_ops.health.owner import Owner, identity_of
from liveavatar_ops.schedule import cost
from liveavatar_ops.schedule.config import Kind
from liveavatar_ops.schedule.targets import WatchTarget

TETHER = Path(__file__).with_name("tether.py")
MOST_OUTPUT = 16 * 2**20

Command = Callable[[WatchTarget, Kind, Path], Sequence[str]]
"""What to run for a check; the path is the folder for its evidence."""


@dataclass(frozen=True)
class Ended:
    """How a check's process ended, and what it said."""

    code: int
    out: bytes
    err: bytes


def health_check(target: WatchTarget, kind: Kind, evidence: Path) -> list[str]:
    """The command line of `liveavatar-ops health check` for one target."""
    command = [sys.executable, "-m", "liveavatar_ops.health", "check", *target.arguments]
    command += ["--depth", target.depth.value, "--json", "--evidence", str(evidence)]
    if kind == "long" and target.long is not None:
        command += ["--watch-for", f"{target.long.watch_for:g}"]
    if most := cost.worst(target, kind):
        command += ["--max-credits", f"{most:g}"]  # what was set aside is the most it may cost
    return command


def evidence_folder(root: Path, target: str, token: int, at: float) -> Path:
    """`2026-03-01T040000Z-prod-front-desk-000123`: sorted by time, and nobody else's."""
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return root / f"{moment}-{slug(target)}-{token:06d}"


def slug(name: str) -> str:
    """A target's name as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "target"


class Check:
    """One running process. `begin` lets it start its work, after its identity is on disk."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.identity: Owner = identity_of(process.pid)

    def begin(self) -> None:
        """The word to start; a process that is gone already is seen by its end."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write(b"g")
            self._process.stdin.close()

    async def ended(self) -> Ended:
        """Its end and what it printed, cut where it is absurdly long."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        out, err = await asyncio.gather(_read(self._process.stdout), _read(self._process.stderr))
        return Ended(await self._process.wait(), out, err)

    def ask_to_end(self) -> None:
        """It stops its session and ends."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """It and everything in its session, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


async def spawn(command: Sequence[str]) -> Check:
    """
    A process that waits for the word to begin. OSError if not even that can be started.

    In a session of its own, so that Ctrl-C reaches the watcher alone; it tells its checks.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    return Check(process)


async def _read(pipe: asyncio.StreamReader) -> bytes:
    kept, size = [], 0
    while chunk := await pipe.read(65536):
        size += len(chunk)
        if size <= MOST_OUTPUT:
            kept.append(chunk)
    return b"".join(kept)
