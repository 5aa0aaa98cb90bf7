"""Ctrl-C while a command is still being loaded: a silent end, as of any other command."""

import signal
import subprocess
import sys

import pytest

INTERRUPTED_AT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = {words!r}
"""
SCRIPT = "from liveavatar_ops.script import main; main()"
MODULE = "import runpy; runpy.run_module('liveavatar_ops.health', run_name='__main__')"


@pytest.mark.parametrize(
    ("start", "module"),
    [
        pytest.param(SCRIPT, "typer", id="the command itself"),
        pytest.param(SCRIPT, "liveavatar_ops.health.output", id="what it is asked for"),
        pytest.param(MODULE, "typer", id="as a module"),
    ],
)
def test_an_interrupt_while_it_loads_ends_it_silently(start: str, module: str):
    """A shell shows 130; nothing was begun, so there is nothing to say."""
    words = ["liveavatar-ops", *(["health"] if start is SCRIPT else []), "explain"]
    code = INTERRUPTED_AT.format(module=module, words=words) + start
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_an_interrupt_that_no_command_meets_ends_it_silently():
    """Between loading and running there is a moment, too."""
    code = (
        "import signal; from liveavatar_ops.entry import run; run(lambda: signal.raise_signal(signal.SIGINT))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")
