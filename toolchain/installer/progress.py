"""Shows what is going on: a live line on a terminal, now and then a plain line elsewhere."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_PLAIN_EVERY_S = 15.0
_LIVE_EVERY_S = 0.2
_BAR = 24


class Step:
    """One thing that takes time. Workers change it, the screen reads it."""

    def __init__(self, title: str, clock: Callable[[], float]) -> None:
        self.title, self._clock, self._began = title, clock, clock()
        self.done, self.total, self.unit, self.detail = 0, 0, "", ""

    def reached(self, done: int, total: int, unit: str, detail: str = "") -> None:
        """`done` of `total` units are ready (`total` 0: not known); `detail` is at work now."""
        self.done, self.total, self.unit, self.detail = done, total, unit, detail

    def elapsed(self) -> str:
        return elapsed(self._clock() - self._began)

    def text(self) -> str:
        """For example `Pulumi: compiling  [████····]  1:42  612/1483 packages  net/http`."""
        parts = [self.title, self.elapsed()]
        if self.total:
            filled = min(_BAR, _BAR * self.done // self.total)
            parts.insert(1, f"[{'█' * filled}{'·' * (_BAR - filled)}]")
        if self.unit:
            of_all = f"/{self.total}" if self.total else ""
            parts.append(f"{self.done}{of_all} {self.unit}")
        if self.detail:
            parts.append(self.detail)
        return "  ".join(parts)


class Screen:
    """Writes lines to a stream, usually standard error: standard output is for results."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._live = stream.isatty()
        self._mutex = threading.Lock()

    def line(self, text: str) -> None:
        with self._mutex:
            self._stream.write(("\r\033[K" if self._live else "") + text + "\n")
            self._stream.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Shows a step until the block ends; says how long it took if it ended well."""
        step, over = Step(title, self._clock), threading.Event()
        if not self._live:
            self.line(f"{title} …")
        ticker = threading.Thread(target=self._tick, args=(step, over), daemon=True)
        ticker.start()
        try:
            yield step
        finally:
            over.set()
            ticker.join()
            self._wipe()
        self.line(f"{title}: done in {step.elapsed()}")

    def _tick(self, step: Step, over: threading.Event) -> None:
        while not over.wait(_LIVE_EVERY_S if self._live else _PLAIN_EVERY_S):
            if self._live:
                width = shutil.get_terminal_size().columns - 1
                with self._mutex:
                    self._stream.write("\r\033[K" + step.text()[:width])
                    self._stream.flush()
            else:
                self.line("  " + step.text())

    def _wipe(self) -> None:
        if self._live:
            with self._mutex:
                self._stream.write("\r\033[K")
                self._stream.flush()


def elapsed(seconds: float) -> str:
    """
    >>> elapsed(125.4)
    '2:05'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
