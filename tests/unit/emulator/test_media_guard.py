"""The guard: a child does not outlive whoever started it, however that one ends."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.emulator import wait_gone

GUARD = [sys.executable, "-m", "liveavatar_emulator.guard"]
PLAIN = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
# Deaf to SIGTERM, so that only the last resort ends it.
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PLAIN}"


def assert_gone(pids: set[int]) -> None:
    """All of them have ended; those that have not are ended here, so that a failed test ends too."""
    left = wait_gone(pids)
    for pid in left:
        os.kill(pid, signal.SIGKILL)

    assert left == set()


@pytest.mark.parametrize("script", [PLAIN, DEAF], ids=["plain", "deaf"])
@pytest.mark.parametrize("end", ["close", "kill"])
def test_the_watched_end_with_their_watcher(script: str, end: str) -> None:
    """
    When standard input ends, and when the guard itself is killed, its child ends, even a deaf one.
    """
    command = [*GUARD, "watch", sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as guard:
        assert guard.stdin is not None
        assert guard.stdout is not None
        child = int(guard.stdout.readline())
        guard.stdin.close() if end == "close" else guard.kill()

        assert_gone({child, guard.pid})


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
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

        assert_gone({child})


@pytest.mark.parametrize("arguments", [[], ["watch"], ["serve", "x"], ["become", "x"], ["become", "x", "y"]])
def test_a_guard_told_nothing_says_how_it_is_used(arguments: list[str]) -> None:
    """
    Bad usage is one line and exit code 2.
    """
    ended = subprocess.run([*GUARD, *arguments], capture_output=True, text=True, check=False, timeout=60)

    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
