"""
Makes sure that a child does not outlive the emulator, however the emulator dies.

``python -m liveavatar_emulator.guard watch CMD…`` runs CMD and ends it when standard input ends, which the
system closes for us even after SIGKILL. ``… guard become PARENT CMD…`` turns into CMD, which keeps standard
input for itself; on Linux the system kills it when its parent dies, whose process id is PARENT.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_GRACE_S = 3.0
_USAGE = 2


def die_with(parent: int) -> None:
    """
    Ask Linux to kill this process when its parent dies; elsewhere standard input's end has to do.

    ``parent`` is the parent's process id as it was, because it may be dead by now.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def watch(command: Sequence[str]) -> int:
    """Run a command until it ends or standard input does; its exit code."""
    me = os.getpid()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=lambda: die_with(me))  # noqa: PLW1509 - one thread so far
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=_until_input_ends, args=(child,), daemon=True).start()
    return child.wait()


def become(parent: int, command: Sequence[str]) -> None:
    """Turn into a command that dies with its parent."""
    die_with(parent)
    os.execv(command[0], list(command))  # noqa: S606 - no shell is the point


def _until_input_ends(child: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1024):
        pass
    child.terminate()
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()


def main(arguments: Sequence[str]) -> int:
    """Do what the module says."""
    if len(arguments) > 1 and arguments[0] == "watch":
        return watch(arguments[1:])
    if len(arguments) > 2 and arguments[0] == "become" and arguments[1].isdigit():
        become(int(arguments[1]), arguments[2:])
    sys.stderr.write("usage: python -m liveavatar_emulator.guard watch COMMAND… | become PARENT COMMAND…\n")
    return _USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
