"""When eyes blink, where they look, how head and chest move: numbers of time, no picture."""

import math
import random
from dataclasses import dataclass

BLINK_S = 0.26
LIDS = 4  # painted stages from open (0) to shut (3)
GAZES = ((0.0, 0.0), (-0.55, 0.05), (0.6, 0.0), (0.15, 0.5))


@dataclass(frozen=True)
class Pose:
    """What the portrait shows at one moment; offsets are in units (half a face's height)."""

    head_x: float = 0.0
    head_y: float = 0.0
    breath: float = 0.0  # 0 breathed out, 1 breathed in
    lids: int = 0
    gaze: int = 0
    brows: int = 0


class Motion:
    """Endless small movement: never still for long, never the same twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._blink_at = chance.uniform(1.0, 3.0)
        self._gaze_at = chance.uniform(2.0, 5.0)
        self._gaze = 0
        self._stress = 0.0
        self._phase = [chance.uniform(0, 2 * math.pi) for _ in range(6)]

    def at(self, t: float, loudness: float) -> Pose:
        """The pose at `t` seconds; call with rising t. `loudness` 0 to 1 is the speech heard now."""
        self._stress += (loudness - self._stress) * 0.12
        return Pose(
            head_x=self._sway(t, 0, (0.19, 0.071, 0.43)) * 0.030,
            head_y=self._sway(t, 3, (0.23, 0.097, 0.51)) * 0.020 + 0.030 * self._stress,
            breath=0.5 - 0.5 * math.cos(2 * math.pi * t / 4.4),
            lids=self._lids(t),
            gaze=self._look(t, loudness),
            brows=2 if self._stress > 0.42 else 1 if self._stress > 0.27 else 0,
        )

    def _sway(self, t: float, first: int, hertz: tuple[float, float, float]) -> float:
        weights = (0.55, 0.30, 0.15)
        return sum(
            w * math.sin(2 * math.pi * f * t + p)
            for w, f, p in zip(weights, hertz, self._phase[first : first + 3], strict=True)
        )

    def _lids(self, t: float) -> int:
        since = t - self._blink_at
        if since < 0:
            return 0
        if since > BLINK_S:
            twice = self._chance.random() < 0.12
            self._blink_at = t + (0.25 if twice else self._chance.uniform(2.0, 6.0))
            return 0
        # Lids fall faster than they rise.
        shut = since / (BLINK_S * 0.35) if since < BLINK_S * 0.35 else 1 - (since / BLINK_S - 0.55) / 0.45
        return round(min(1.0, max(0.0, shut)) * (LIDS - 1))

    def _look(self, t: float, loudness: float) -> int:
        if t >= self._gaze_at:
            away = self._gaze == 0 and self._chance.random() < (0.5 if loudness < 0.05 else 0.3)
            self._gaze = self._chance.randrange(1, len(GAZES)) if away else 0
            self._gaze_at = t + (self._chance.uniform(0.5, 1.3) if away else self._chance.uniform(1.8, 4.5))
        return self._gaze
