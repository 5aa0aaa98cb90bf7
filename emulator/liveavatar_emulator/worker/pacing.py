"""Which frames are sent: all of them, unless a fault leaves some out."""

from liveavatar_emulator.worker.faults import Faults

LOW_FPS = 8.0
FLOOR_FPS, FALL_S = 4.0, 20.0
SLOWEST = 0.2


class Pacing:
    """Leaves frames out evenly for `low_fps`, and more and more of them for `falling_fps`."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._next = 0.0

    def due(self, at: float, now: float, faults: Faults) -> bool:
        """Whether the frame whose turn is at `at` is sent; both times in seconds since the picture began."""
        fps = self._wanted(now, faults)
        if fps >= self._fps:
            self._next = at
            return True
        if at + 1e-6 < self._next:
            return False
        self._next = max(self._next + 1 / max(fps, SLOWEST), at)
        return True

    def _wanted(self, now: float, faults: Faults) -> float:
        low, falling = faults.on("low_fps", now), faults.on("falling_fps", now)
        if low:
            return low.number("fps", LOW_FPS)
        if falling:
            floor, over_s = falling.number("fps", FLOOR_FPS), falling.number("over_s", FALL_S)
            share = min(1.0, faults.age("falling_fps", now) / max(over_s, 0.1))
            return self._fps + (floor - self._fps) * share
        return self._fps
