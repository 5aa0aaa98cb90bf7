"""Writes things down in the watcher's memory although the disk may be busy or full for a while."""

import asyncio
import time
from collections.abc import Callable
from enum import Enum, auto

from liveavatar_ops.schedule.database import StoreError
from liveavatar_ops.schedule.log import Troubles

LAST_ATTEMPTS = 4
"""So often a watcher that was told to stop still tries."""


class Written(Enum):
    """What became of something that was to be written down."""

    DONE = auto()
    SUPERSEDED = auto()
    """The lease was not ours any more, so it does not count."""
    FAILED = auto()
    """The memory could not be used for too long."""


class Writer:
    """Pauses get longer, up to `longest_pause_s`; `memory` hears of what fails and of what works again."""

    def __init__(self, memory: Troubles, *, longest_pause_s: float, stopping: Callable[[], bool]) -> None:
        self._memory = memory
        self._longest_pause_s = longest_pause_s
        self._stopping = stopping

    async def write(self, write: Callable[[], bool], *, patience_s: float) -> Written:
        """Try until it is done or so many seconds are over; the last attempt comes after them."""
        until, pause_s, last_ones = time.monotonic() + patience_s, 1.0, LAST_ATTEMPTS
        while True:
            try:
                done = write()
            except StoreError as why:
                self._memory.fails("write", str(why))
            else:
                self._memory.works("write")
                return Written.DONE if done else Written.SUPERSEDED
            last_ones -= self._stopping()
            if last_ones == 0 or time.monotonic() >= until:
                return Written.FAILED
            pause_s = min(pause_s, self._longest_pause_s)
            await asyncio.sleep(pause_s)
            pause_s *= 2
