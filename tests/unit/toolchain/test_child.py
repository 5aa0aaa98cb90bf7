"""The installer's commands: none outlives it."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from installer import child
from tests.support.emulator import wait_gone


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_a_signal_finds_just_begun_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """
    Between the start of a compiler and our knowing its process id there is a moment, too.
    """
    begun: list[int] = []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    class Begun(subprocess.Popen[str]):
        """Brings a signal upon us in the moment that the command begins."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            begun.append(self.pid)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(subprocess, "Popen", Begun)
    before = signal.signal(number, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            child.run("build", ["sleep", "600"], cwd=tmp_path, environ=os.environ)
        after = signal.getsignal(number)
    finally:
        signal.signal(number, before)

    assert len(begun) == 1
    assert wait_gone(set(begun)) == set()
    assert after is stop
