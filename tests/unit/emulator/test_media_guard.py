"""The guard: a child does not outlive whoever started it, however that one ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.emulator import descendants, wait_gone

GUARD = [sys.executable, "-m", "liveavatar_emulator.guard"]
# Deaf to SIGTERM, so that only the last resort ends it.
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def child_of(pid: int) -> int:
    """The one process below another, once it runs."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = descendants(pid)
        if found and all(b"sleep" in Path(f"/proc/{one}/cmdline").read_bytes() for one in found):
            return found.pop()
        time.sleep(0.02)
    raise AssertionError("no child came up")


@pytest.mark.parametrize("script", ["import time; time.sleep(600)", DEAF])
@pytest.mark.parametrize("end", ["close", "kill"])
def test_the_watched_end_with_their_watcher(script: str, end: str) -> None:
    """
    When standard input ends, and when the guard itself is killed, its child ends, even a deaf one.
    """
    with subprocess.Popen([*GUARD, "watch", sys.executable, "-c", script], stdin=subprocess.PIPE) as guard:
        child = child_of(guard.pid)
        assert guard.stdin is not None
        guard.stdin.close() if end == "close" else guard.kill()

        assert wait_gone({child, guard.pid}) == set()


def test_the_watcher_ends_as_its_child_does() -> None:
    """
    The child's exit code is the guard's.
    """
    command = [*GUARD, "watch", sys.executable, "-c", "raise SystemExit(7)"]

    with subprocess.Popen(command, stdin=subprocess.PIPE) as guard:
        assert guard.wait(60) == 7


def test_what_the_guard_became_dies_with_its_parent() -> None:
    """
    ``become`` replaces itself, keeps standard input, and is killed with its parent even if deaf.
    """
    script = (
        "import os, subprocess, sys, time\n"
        f"become = [*{GUARD!r}, 'become', str(os.getpid()), sys.executable, '-c', {DEAF!r}]\n"
        "p = subprocess.Popen(become, stdin=subprocess.PIPE)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        child = child_of(parent.pid)
        os.kill(parent.pid, signal.SIGKILL)

        assert wait_gone({child}) == set()


@pytest.mark.parametrize("arguments", [[], ["watch"], ["serve", "x"], ["become", "x"], ["become", "x", "y"]])
def test_a_guard_told_nothing_says_how_it_is_used(arguments: list[str]) -> None:
    """
    Bad usage is one line and exit code 2.
    """
    ended = subprocess.run([*GUARD, *arguments], capture_output=True, text=True, check=False, timeout=60)

    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
