"""
Child processes that serve the demo, each ended however the demo ends.

A service holds the reading end of a pipe whose writing end is ours: when we die, even by SIGKILL, it
reads the end of the file and goes. It runs in a session of its own, so that Ctrl-C reaches the demo
first and everything ends in order.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from liveavatar_ops.signals import put_off


class ServiceFailed(Exception):
    """A service did not come up; the text says which, why and what to read."""


@contextlib.contextmanager
def service(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    tell: Mapping[str, str] | None = None,
    ready_within_s: float = 90,
) -> Iterator[dict[str, Any]]:
    """
    Start a service, wait for the JSON line in which it says where it listens, end it afterwards.

    `tell` is sent as the first line of its stdin: the way for what must not stand in an argument.

    Raises ServiceFailed when it ends before it is ready, or says nothing in time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    child = None
    with log.open("wb") as errors:
        try:
            with put_off():
                child = _begin(command, env, errors)
            if tell is not None and child.stdin:
                child.stdin.write(json.dumps(dict(tell)).encode() + b"\n")
                child.stdin.flush()
            yield _ready(name, child, log, ready_within_s)
        finally:
            if child is not None:
                stop(child)


def _begin(command: Sequence[str], env: Mapping[str, str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=dict(env),
        start_new_session=True,
    )


def _ready(name: str, child: subprocess.Popen[bytes], log: Path, within_s: float) -> dict[str, Any]:
    line = _first_line(child, time.monotonic() + within_s)
    if line is None:
        raise ServiceFailed(f"The {name} said nothing within {within_s:.0f} s. Read {log}.")
    try:
        told = json.loads(line)
    except ValueError:
        why = _last_line(log) or f"exit code {child.wait()}"
        raise ServiceFailed(f"The {name} did not start: {why}. Read {log}.") from None
    if not isinstance(told, dict):
        raise ServiceFailed(f"The {name} said something else than where it listens. Read {log}.")
    return told


def _first_line(child: subprocess.Popen[bytes], until: float) -> bytes | None:
    """One line, an empty one if the child ended, None if it kept silent."""
    assert child.stdout is not None
    got = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while not got.endswith(b"\n"):
            if not waiting.select(max(0.0, until - time.monotonic())):
                return None
            piece = os.read(child.stdout.fileno(), 65536)
            if not piece:
                return b""
            got += piece
    return got


def _last_line(log: Path) -> str:
    rows = [row.strip() for row in log.read_text(errors="replace").splitlines() if row.strip()]
    return rows[-1] if rows else ""


def stop(child: subprocess.Popen[bytes], *, patience_s: float = 10) -> None:
    """Ask by closing its stdin, then by SIGTERM, then end the whole group."""
    pipes: list[IO[bytes] | None] = [child.stdin, child.stdout]
    if child.stdin:
        with contextlib.suppress(OSError):
            child.stdin.close()
    for ask in (None, signal.SIGTERM, signal.SIGKILL):
        if ask is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience_s)
            break
    for pipe in pipes:
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()


def private_folder(path: Path) -> Path:
    """A folder that only its owner can read."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
