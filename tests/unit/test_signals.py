"""Signals that come while something is begun wait until it is, so that it can be ended."""

import io
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from liveavatar_ops.demo import deploy, services
from liveavatar_ops.demo.run import Interrupted, check, signals_as_interrupts
from liveavatar_ops.demo.screen import Screen
from liveavatar_ops.demo.surroundings import Surroundings
from liveavatar_ops.signals import put_off
from tests.support.emulator import wait_gone

SLEEPER = "#!/bin/sh\nexec sleep 600\n"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The children's process ids, each of which brings SIGTERM upon us in the moment that it begins."""
    pids: list[int] = []
    real = subprocess.Popen

    def begin(*args: Any, **kwargs: Any) -> Any:
        child = real(*args, **kwargs)
        pids.append(child.pid)
        os.kill(os.getpid(), signal.SIGTERM)
        return child

    monkeypatch.setattr(subprocess, "Popen", begin)
    return pids


def program(tmp_path: Path) -> Path:
    """A program that never ends by itself."""
    path = tmp_path / "sleeper"
    path.write_text(SLEEPER)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_the_end_of_the_block(number: signal.Signals):
    """Neither lost nor early; afterwards signals act as before."""
    done: list[str] = []

    def begin() -> None:
        with put_off():
            os.kill(os.getpid(), number)
            done.append("all of it")

    with pytest.raises(Interrupted) as ended, signals_as_interrupts():
        begin()

    assert done == ["all of it"]
    assert ended.value.exit_code == 128 + number
    with pytest.raises(Interrupted), signals_as_interrupts():
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("last", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_as_the_block_ends_leaves_all_others_heard(
    last: signal.Signals, monkeypatch: pytest.MonkeyPatch
):
    """One that comes between two handlers' return ends the block; the rest still act."""
    real = signal.signal
    ends = False

    def restore(number: int, handler: Any) -> Any:
        was = real(number, handler)
        if ends and number == last:
            os.kill(os.getpid(), number)
        return was

    def begin() -> None:
        nonlocal ends
        with put_off():
            ends = True

    monkeypatch.setattr(signal, "signal", restore)
    with signals_as_interrupts():
        with pytest.raises(Interrupted):
            begin()
        ends = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with pytest.raises(Interrupted) as ended:
                os.kill(os.getpid(), number)
            assert ended.value.exit_code == 128 + number


def test_a_thread_has_no_signals_to_put_off():
    """The system gives them to the main thread alone, and Python lets no other set a handler."""
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            with put_off():
                pass
        except ValueError as error:
            wrong.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert wrong == []


def test_a_service_that_a_signal_finds_just_begun_is_ended(tmp_path: Path, begun: list[int]):
    """Its process id is known by then, though nothing was read of it yet."""
    with (
        pytest.raises(Interrupted),
        signals_as_interrupts(),
        services.service("sleeper", [str(program(tmp_path))], env=os.environ, log=tmp_path / "log"),
    ):
        raise AssertionError("it never says where it listens")

    assert len(begun) == 1
    assert wait_gone(set(begun)) == set()


def test_an_engine_that_a_signal_finds_just_begun_is_ended(
    tmp_path: Path, begun: list[int], monkeypatch: pytest.MonkeyPatch
):
    """Interrupted as at any other moment: waited for, and its lock taken away."""
    unlocked: list[bool] = []
    monkeypatch.setattr(deploy.Engine, "unlock", lambda _self: unlocked.append(True))
    env = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PATH": os.defpath}
    engine = deploy.Engine(program(tmp_path), tmp_path, env, "demo")

    with pytest.raises(Interrupted), signals_as_interrupts():
        engine.up(lambda _operation, _resource: None, tmp_path / "log")

    assert len(begun) == 1
    assert wait_gone(set(begun)) == set()
    assert unlocked == [True, True]  # before, and after the interruption


def test_a_check_that_a_signal_finds_just_begun_is_ended(
    tmp_path: Path, begun: list[int], monkeypatch: pytest.MonkeyPatch
):
    """The child that holds the session is told to stop it."""
    monkeypatch.setattr(Surroundings, "bin", tmp_path)
    program(tmp_path).rename(tmp_path / "liveavatar-ops")
    screen = Screen(Console(file=io.StringIO()))

    with pytest.raises(Interrupted), signals_as_interrupts():
        check(Surroundings(tmp_path), screen, {}, "front-desk")

    assert len(begun) == 1
    assert wait_gone(set(begun)) == set()
