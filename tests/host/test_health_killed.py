"""
The health command interrupted and killed, against a running emulator without media: no way of ending it
leaves a session open.
"""

import os
import random
import select
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from liveavatar_ops.health.ledger import Ledger, Row
from liveavatar_ops.health.owner import Liveness, liveness
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import (
    PATIENCE_S,
    SHARED_MACHINE,
    add_fault,
    check,
    flags,
    hold_start,
    janitor,
    release,
    running_check,
    session_states,
    until,
)


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as emulator:
        yield emulator


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_session_before_the_command_ends(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger, number: signal.Signals
):
    """Ctrl-C, a supervisor's stop, a closed terminal: told to the child, stopped, then out."""
    hold_start(emulator)
    with running_check(env, "--depth", "session") as child:
        emulator.wait_held()
        child.send_signal(number)
        release(emulator)  # the session begins after the signal
        out, errors = child.communicate(timeout=PATIENCE_S)

    assert child.returncode == 128 + number
    assert out == ""
    assert "Nothing was left open" in errors
    assert session_states(emulator) == ["ended"]
    assert ledger.open_rows() == []


def test_a_second_signal_does_not_wait_and_still_leaves_nothing(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """Impatience kills the child at once; the parent stops the session by itself."""
    add_fault(emulator, "hang_before", path="/v1/sessions/stop", times=1)
    with running_check(env, "--depth", "session") as child:
        emulator.wait_held()
        child.send_signal(signal.SIGINT)
        until(lambda: bool(select.select([child.stderr], [], [], 0)[0]), "the first signal to be heard")
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)

    assert child.returncode == 130
    assert "Nothing was left open" in errors
    assert ledger.open_rows() == []


def test_killed_at_random_moments_the_janitor_leaves_nothing_open(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """Parent and child die together, anywhere between the first import and the last call; ten times."""
    chance = random.Random(4)  # noqa: S311 -- moments, not secrets
    for _ in range(10):
        with running_check(env, "--depth", "session") as parent:
            time.sleep(chance.uniform(0.3, 3.0))
            for row in ledger.open_rows():
                if row.child is not None and liveness(row.child) is Liveness.alive:
                    with suppress(ProcessLookupError):  # it may have ended between the two
                        os.kill(row.child.pid, signal.SIGKILL)
            parent.kill()
            parent.wait()
        until(lambda: not any(alive(row) for row in ledger.open_rows()), "everybody's end")

        assert janitor(env).code == 0
        assert ledger.open_rows() == []
        until(lambda: emulator.active_sessions() == [], "no session")

    started = [one["id"] for one in emulator.admin("GET", "/sessions")]
    assert len(started) == len(set(started))
    with sqlite3.connect(ledger.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def alive(row: Row) -> bool:
    """Whether parent or child of a row still runs."""
    return any(who is not None and liveness(who) is Liveness.alive for who in (row.parent, row.child))


def kill_both(parent: subprocess.Popen[str], row: Row) -> None:
    """SIGKILL for a check and its child, which has no time to notice its parent's end first."""
    child = row.child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: liveness(child) is Liveness.dead, "the child's end")


@pytest.mark.parametrize(
    ("fault", "path", "state"),
    [
        pytest.param("hang_before", "/v1/users/credits", "planned", id="before the token"),
        pytest.param("hang_after", "/v1/sessions/token", "planned", id="token minted, unheard"),
        pytest.param("hang_before", "/v1/sessions/start", "starting", id="start sent, not acted on"),
        pytest.param("hang_after", "/v1/sessions/start", "starting", id="session open, unheard"),
        pytest.param("hang_before", "/v1/sessions/stop", "started", id="session open, stop unheard"),
    ],
)
def test_killed_at_any_step_the_janitor_finds_and_stops_what_is_open(  # noqa: PLR0917 -- as above
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger, fault: str, path: str, state: str
):
    """SIGKILL for parent and child while a call hangs in the service; then one janitor, then nothing."""
    add_fault(emulator, fault, path=path, times=1)
    with running_check(env, "--depth", "session") as parent:
        emulator.wait_held()
        until(lambda: any(row.child for row in ledger.open_rows()), "the child to be noted")
        [row] = ledger.open_rows()
        assert row.state == state
        kill_both(parent, row)
    emulator.admin("DELETE", "/faults")  # releases what hung: the service now acts

    ended = janitor(env)

    assert ended.code == 0
    assert ledger.open_rows() == []
    until(lambda: emulator.active_sessions() == [], "no session")


def test_a_child_whose_parent_was_killed_stops_its_session_itself(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """No janitor needed: the end of its input tells it."""
    hold_start(emulator)
    with running_check(env, "--depth", "session") as parent:
        emulator.wait_held()
        parent.kill()
        parent.wait()
        release(emulator)
        until(lambda: not ledger.open_rows(), "the child to close its row")

    assert session_states(emulator) == ["ended"]


def test_the_next_check_sweeps_first(emulator: RunningEmulator, env: dict[str, str], ledger: Ledger):
    """A session that a killed check left is stopped before a new one is opened."""
    add_fault(emulator, "hang_after", path="/v1/sessions/start", times=1)
    with running_check(env, "--depth", "session") as parent:
        emulator.wait_held()
        [row] = ledger.open_rows()
        kill_both(parent, row)
    emulator.admin("DELETE", "/faults")
    assert len(emulator.active_sessions()) == 1

    ended = check(env, "--depth", "session", *flags(SHARED_MACHINE))

    assert ended.verdict == ("healthy", "none")
    assert "left by an earlier check" in ended.stderr
    assert ledger.open_rows() == []
