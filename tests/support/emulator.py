"""Starts a real emulator process for a test and makes sure that it ends."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.processes import state_of

_COMMAND = Path(sys.executable).parent / "liveavatar-emulator"
_READY_WITHIN_S = 60.0


@dataclass
class RunningEmulator:
    """One emulator process; addresses as its ready line gave them."""

    process: "subprocess.Popen[bytes]"
    api_url: str
    api_key: str
    livekit_url: str
    openai_url: str
    admin_url: str
    state: str | None
    pid: int

    def admin(self, method: str, path: str, json: object = None) -> Any:
        """Call the admin API: ``admin("POST", "/faults", {...})``; the decoded answer."""
        answer = httpx.request(method, f"{self.admin_url}/{path.lstrip('/')}", json=json, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def call(self, method: str, path: str, json: object = None, **kwargs: Any) -> httpx.Response:
        """Call the API with the API key; the raw answer."""
        headers = {"X-API-KEY": self.api_key, **kwargs.pop("headers", {})}
        return httpx.request(method, self.api_url + path, json=json, headers=headers, timeout=30, **kwargs)

    def active_sessions(self) -> list[dict[str, Any]]:
        """Sessions that run."""
        return [one for one in self.admin("GET", "/sessions") if one["state"] == "active"]

    def wait_held(self, within_s: float = 120.0) -> list[dict[str, Any]]:
        """Wait until a hang_before or hang_after fault holds a request; what it holds."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            held: list[dict[str, Any]] = self.admin("GET", "/faults")["held"]
            if held:
                return held
            time.sleep(0.02)
        raise AssertionError(f"no request was held within {within_s} s")

    def children(self) -> set[int]:
        """Process ids of everything it has started, and of what that has started."""
        return descendants(self.pid)

    def kill(self) -> None:
        """SIGKILL, as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End it as its parent's end does; its exit code."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextmanager
def running_emulator(
    *,
    media: bool,
    state: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    **flags: Any,
) -> Iterator[RunningEmulator]:
    """
    An emulator for as long as the block runs; in-memory unless a state file is given.

    ``log`` is a file for its standard error, for tests that look for what must not be there.

    Further flags go by name: ``fault=["frozen:after_s=3"]`` becomes ``--fault frozen:after_s=3``, ``port=0``
    becomes ``--port 0``, ``True`` a bare flag.
    """
    emulator = start_emulator(media=media, state=state, env=env, log=log, **flags)
    try:
        yield emulator
    finally:
        if emulator.process.poll() is None:
            emulator.stop()
        for pipe in (emulator.process.stdin, emulator.process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()


def descendants(pid: int) -> set[int]:
    """Process ids below one, however deep (Linux)."""
    below: dict[int, set[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        below.setdefault(parent, set()).add(int(stat.parent.name))
    found: set[int] = set()
    waiting = {pid}
    while waiting:
        waiting = set().union(*(below.get(one, set()) for one in waiting)) - found
        found |= waiting
    return found


def wait_gone(pids: set[int], within_s: float = 30.0) -> set[int]:
    """Wait for processes to end; those that did not."""
    deadline = time.monotonic() + within_s
    while (left := {pid for pid in pids if _alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _alive(pid: int) -> bool:
    try:
        return state_of(pid) not in "ZX"
    except OSError:
        return False


def start_emulator(
    *,
    media: bool,
    state: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    **flags: Any,
) -> RunningEmulator:
    """Start one and wait for its ready line; the caller ends it."""
    command = [str(_COMMAND), "serve", "--json", "--die-with-parent"]
    command += ["--state", str(state)] if state else ["--ephemeral"]
    command += [] if media else ["--no-media"]
    command += _as_flags(flags)
    with open(log, "ab") if log else nullcontext() as errors:  # noqa: PTH123 - one expression for both
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **(env or {})},
        )
    return RunningEmulator(process=process, **_ready_line(process))


def _as_flags(flags: Mapping[str, Any]) -> list[str]:
    out: list[str] = []
    for name, value in flags.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            out.append(flag)
            continue
        for one in value if isinstance(value, (list, tuple)) else [value]:
            out += [flag, str(one)]
    return out


def _ready_line(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], _READY_WITHIN_S)
    line = process.stdout.readline() if ready else b""
    if not line:
        process.kill()
        raise AssertionError(f"the emulator did not get ready (exit code {process.wait()}); see its stderr")
    found: dict[str, Any] = json.loads(line)
    return found
