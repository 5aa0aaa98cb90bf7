"""What a command was started to ignore, as `nohup` or the background of a script does it, it ignores."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.host.test_watch import running
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import PATIENCE_S, hold_start, release, running_check, session_states
from tests.support.watch_world import wait_for, world


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as emulator:
        yield emulator


@contextmanager
def ignoring(number: int) -> Iterator[None]:
    """What is started within it is started to ignore this signal."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_check_goes_on(emulator: RunningEmulator, env: dict[str, str], number: signal.Signals):
    """The terminal may be closed; the verdict comes all the same."""
    hold_start(emulator)
    with ignoring(number), running_check(env, "--depth", "session") as child:
        emulator.wait_held()
        child.send_signal(number)
        release(emulator)
        _, errors = child.communicate(timeout=PATIENCE_S)

    assert child.returncode == 0
    assert "Interrupted" not in errors


def test_a_check_in_the_background_of_a_script_still_hears_its_supervisor(
    emulator: RunningEmulator, env: dict[str, str]
):
    """SIGTERM asks to end, however it was started."""
    hold_start(emulator)
    with ignoring(signal.SIGTERM), ignoring(signal.SIGINT), running_check(env, "--depth", "session") as child:
        emulator.wait_held()
        child.send_signal(signal.SIGTERM)
        release(emulator)
        child.communicate(timeout=PATIENCE_S)

    assert child.returncode == 128 + signal.SIGTERM
    assert session_states(emulator) == ["ended"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_watcher_watches_on(tmp_path: Path, number: signal.Signals):
    """`nohup` on a server is how it is started where there is no service manager."""
    with world(tmp_path, templates=("a",)) as made:
        made.checks_are(lasts_s=0.2)
        with ignoring(number):
            one = made.watcher()
        wait_for(lambda: running(one, made), "a check")
        one.child.send_signal(number)
        made.wait_for_rounds(2)
        code = one.end()

    assert code == 0
