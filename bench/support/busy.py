"""Keeps the machine's cores busy while something else is measured."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# Each burner ends with its parent: it looks for a change of it between rounds.
BURN = "import os\np = os.getppid()\nwhile os.getppid() == p:\n    sum(range(200_000))\n"


@contextlib.contextmanager
def busy(*, wanted: bool) -> Iterator[None]:
    """One endless loop a core for as long as the block runs, if wanted."""
    burners = [
        subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.DEVNULL)
        for _ in range((os.cpu_count() or 1) if wanted else 0)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
