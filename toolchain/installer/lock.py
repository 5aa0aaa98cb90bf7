"""One maker at a time. The system frees the lock when its holder ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def locked(
    path: Path, *, waiting_for: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """
    Holds `path` for the length of a `with` block.

    `waiting_for` is called once with a description of the holder if somebody has the lock already.
    The file stays behind on purpose: removing it would let two holders in.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Python opens files so that child processes do not inherit them: a stray compiler holds no lock.
    with path.open("a+", encoding="utf-8") as file:
        _wait(file, waiting_for, sleep)
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}")
        file.flush()
        yield


def _wait(file: TextIO, waiting_for: Callable[[str], None], sleep: Callable[[float], None]) -> None:
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                file.seek(0)
                waiting_for(file.read().strip() or "another process")
                told = True
            sleep(0.3)
        else:
            return
