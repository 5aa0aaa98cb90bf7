"""
The health command whose streams are gone or closed, against a running emulator without media: what it says
never hinders what it does.
"""

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.runner import CHILD, Runner
from pulumi_liveavatar.settings import Settings
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.full_disk import FULL
from tests.support.health import (
    COMMAND,
    PATIENCE_S,
    PUBLIC_AVATAR,
    SHARED_MACHINE,
    flags,
    hold_start,
    release,
    running_check,
    session_states,
)


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as emulator:
        yield emulator


@pytest.fixture
def holding(emulator: RunningEmulator) -> RunningEmulator:
    """It holds the next start back, so that a check can be met on its way."""
    hold_start(emulator)
    return emulator


@contextmanager
def check_on_a_terminal(env: dict[str, str]) -> Iterator[tuple[int, int]]:
    """A check at a terminal of its own: process id, and the terminal's other side."""
    words = ["check", "--avatar", PUBLIC_AVATAR, "--no-evidence", "--depth", "session"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, *words], env)  # noqa: S606 - no shell is the point
    yield pid, terminal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_session_although_nobody_reads_what_is_said(
    holding: RunningEmulator, env: dict[str, str], ledger: Ledger, number: signal.Signals
):
    """The connection that carried standard error is lost; the session bills until it is stopped."""
    with running_check(env, "--depth", "session") as child:
        holding.wait_held()
        assert child.stderr is not None
        child.stderr.close()
        child.send_signal(number)
        release(holding)
        child.wait(timeout=PATIENCE_S)

    assert child.returncode == 128 + number
    assert session_states(holding) == ["ended"]
    assert ledger.open_rows() == []


def test_a_terminal_that_is_closed_stops_the_session(
    holding: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """Its end is SIGHUP, and an error for whatever is still said."""
    with check_on_a_terminal(env) as (pid, terminal):
        holding.wait_held()
        os.close(terminal)
        release(holding)
        _, status = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    assert session_states(holding) == ["ended"]
    assert ledger.open_rows() == []


@FULL
def test_a_log_that_no_disk_takes_costs_no_check(
    emulator: RunningEmulator, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    """The probe says what it asks for (LIVEAVATAR_LOG=debug); nobody can keep it, the session is ended."""
    monkeypatch.setenv("LIVEAVATAR_LOG", "debug")
    settings = Settings(LIVEAVATAR_API_KEY=emulator.api_key, LIVEAVATAR_API_URL=emulator.api_url)
    child = ("bash", "-c", 'exec "$@" 2>/dev/full', "bash", *CHILD)
    target = TargetFacts(name="desk", depth=Depth.SESSION, avatar_id=PUBLIC_AVATAR)
    body = {"mode": "LITE", "avatar_id": PUBLIC_AVATAR}
    facts = Runner(settings, ledger, child=child).check(target, body, Limits()).facts

    assert facts.probe_failure is None
    assert (facts.stop.stopped, facts.stop.by) == (True, "check")


def check_in_a_shell(env: dict[str, str], how: str) -> "subprocess.CompletedProcess[str]":
    """A check with its streams led as a shell's words say; ended with the check's own exit code."""
    words = " ".join([*COMMAND, "check", "--avatar", PUBLIC_AVATAR, "--no-evidence", "--depth", "session"])
    return subprocess.run(
        ["bash", "-c", f"{words} {how}; exit ${{PIPESTATUS[0]}}"],
        env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def test_a_template_whose_name_this_terminal_cannot_show_is_checked(
    emulator: RunningEmulator, env: dict[str, str], tmp_path: Path
):
    """The name goes to the probe as UTF-8, whatever this machine's own alphabet is."""
    (tmp_path / "té%d.yaml").write_text(f"avatar_id: {PUBLIC_AVATAR}\n")
    words = ["check", "--template-file", "té%d.yaml", "--no-evidence", "--depth", "session"]
    words += flags(SHARED_MACHINE)
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [*COMMAND, *words], cwd=tmp_path, env=env | ascii_only,
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.lstrip().startswith("+ HEALTHY")


@pytest.mark.parametrize("how", ["2>&1 | head -1", "--json | true", "2>/dev/full"])
def test_a_healthy_avatar_is_healthy_whoever_reads_it(env: dict[str, str], how: str):
    """The exit code is the verdict's, not that of a pipe or a disk."""
    done = check_in_a_shell(env, how)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_check_without_streams_gives_its_verdict(env: dict[str, str], closed: str):
    """Started by something that has closed them."""
    assert check_in_a_shell(env, closed).returncode == 0
