"""A process that stands still for a moment, so that what a test does to it meets it where it is."""

import os
import signal
import time

from tests.support.processes import state_of


def stand_still(pid: int) -> bool:
    """Stop it (SIGSTOP) and wait until it stands; False if it ended before. SIGCONT is the caller's."""
    try:
        os.kill(pid, signal.SIGSTOP)
        while (state := state_of(pid)) not in "TZX":
            time.sleep(0.01)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state == "T"
