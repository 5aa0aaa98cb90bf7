"""
Carries frames from the loop that receives them to the thread that looks at them.

The loop only notes when a frame came; all arithmetic is the thread's. When the thread cannot keep
up, the content of frames goes unseen, but their timing never does.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.measure.video import LEAST_SIDE
from liveavatar_ops.health.picking import Keeper, shrink_i420

Luma = npt.NDArray[np.uint8]  # [height, width]


@dataclass(frozen=True)
class Frame:
    """One decoded I420 picture; `data` is None where only its timing could be kept."""

    at_s: float
    width: int
    height: int
    data: bytes | bytearray | memoryview | None

    @property
    def is_picture(self) -> bool:
        """Whether anything was shown: libwebrtc goes on with 2×2 black pixels after a track ended."""
        return min(self.width, self.height) >= LEAST_SIDE

    def luma(self) -> Luma | None:
        """The Y plane, without copying."""
        if self.data is None:
            return None
        count = self.width * self.height
        return np.frombuffer(self.data, np.uint8, count=count).reshape(self.height, self.width)


class FramePipe:
    """`look` gets every frame in order, in the pipe's own thread; so does the keeper of thumbnails."""

    def __init__(self, look: Callable[[Frame], None], keeper: Keeper, *, at_most: int = 12) -> None:
        self.backlog_max = 0
        self.unseen = 0
        self.failure: str | None = None
        self._look = look
        self._keeper = keeper
        self._at_most = at_most
        self._last: Frame | None = None
        self._queue: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    def offer(self, frame: Frame) -> None:
        """Hand over one frame; what is no picture goes no further. Never waits."""
        if not frame.is_picture:
            return
        waiting = self._queue.qsize()
        if waiting >= self._at_most:
            frame = Frame(frame.at_s, frame.width, frame.height, None)
            self.unseen += 1
        self.backlog_max = max(self.backlog_max, waiting + 1)
        self._queue.put(frame)

    def close(self, timeout_s: float = 10.0) -> bool:
        """Look at what still waits, keep the last picture; False if that took too long."""
        self._queue.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (frame := self._queue.get()) is not None:
            try:
                self._take(frame)
            except Exception as broken:  # noqa: BLE001 -- a fault of ours must not pass for one of the avatar
                self.failure = f"{type(broken).__name__}: {broken}"
        last = self._last
        if last is not None and last.data is not None:
            self._keeper.keep_last(last.at_s, shrink_i420(last.data, last.width, last.height))

    def _take(self, frame: Frame) -> None:
        self._look(frame)
        if frame.data is None:
            return
        self._last = frame
        if self._keeper.wants(frame.at_s):
            self._keeper.keep(frame.at_s, shrink_i420(frame.data, frame.width, frame.height))
