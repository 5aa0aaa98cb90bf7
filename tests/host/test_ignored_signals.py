"""What a command was started to ignore, as `nohup` or the background of a script does it, it ignores."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from tests.host.test_watch import running
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import add_fault, running_check, until
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
def test_a_check_goes_on(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger, number: signal.Signals
):
    """The terminal may be closed; the verdict comes all the same."""
    add_fault(emulator, "slow", path="/v1/sessions/start", params={"delay_s": 2.0})
    with ignoring(number), running_check(env, "--depth", "session") as child:
        until(lambda: any(row.state == "starting" for row in ledger.open_rows()), "start to be sent")
        child.send_signal(number)
        _, errors = child.communicate(timeout=60)

    assert child.returncode == 0
    assert "Interrupted" not in errors


def test_a_check_in_the_background_of_a_script_still_hears_its_supervisor(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """SIGTERM asks to end, however it was started."""
    add_fault(emulator, "slow", path="/v1/sessions/start", params={"delay_s": 2.0})
    with ignoring(signal.SIGTERM), ignoring(signal.SIGINT), running_check(env, "--depth", "session") as child:
        until(lambda: any(row.state == "starting" for row in ledger.open_rows()), "start to be sent")
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)

    assert child.returncode == 128 + signal.SIGTERM


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
