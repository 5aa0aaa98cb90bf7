"""A process that stands still for a moment, so that what a test does to it meets it where it is."""

import os
import signal
import time
from pathlib import Path


def stand_still(pid: int) -> bool:
    """Stop it (SIGSTOP) and wait until it stands; False if it ended before. SIGCONT is the caller's."""
    try:
        os.kill(pid, signal.SIGSTOP)
        while (state := _state(pid)) not in "TZX":
            time.sleep(0.01)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state == "T"


def _state(pid: int) -> str:
    """One letter, as Linux gives it: R runs, S sleeps, T stands still, Z has ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
