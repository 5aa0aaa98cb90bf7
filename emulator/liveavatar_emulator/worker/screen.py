"""What a frame shows: the living avatar, or what a fault makes of it."""

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.drawing.layers import Picture
from liveavatar_emulator.worker.drawing.motion import Pose
from liveavatar_emulator.worker.drawing.portrait import Mouth, Portrait
from liveavatar_emulator.worker.faults import Faults

NOISES = 8  # different noise pictures, shown in turn
Grain = NDArray[np.int16]
STILL = ("frozen", "nearly_frozen", "frozen_logo")
CUT_TO = "garden"


class Screen:
    """Draws each frame into one picture; `portrait` may be replaced by one of another size at any time."""

    def __init__(self, portrait: Portrait) -> None:
        self._noise: list[Grain] = []
        self._frames = 0
        self.show(portrait)

    def show(self, portrait: Portrait) -> None:
        """Show this portrait from the next frame on."""
        self.portrait = portrait
        self.picture = Picture.blank(portrait.width, portrait.height)
        self._still: bytes | None = None
        self._noise = []

    def draw(self, pose: Pose, mouth: Mouth, faults: Faults, now: float) -> Picture:
        """The frame at `now` seconds since the picture began."""
        self._frames += 1
        if faults.on("black", now):
            return self._filled(16, 128, 128)
        if faults.on("one_colour", now):
            return self._filled(112, 152, 96)
        still = next((name for name in STILL if faults.on(name, now)), None)
        if still:
            return self._frozen(still, pose, mouth, now)
        self._still = None
        self.portrait.change_scene(CUT_TO if faults.on("scene_cut", now) else self.portrait.person.scene)
        self.portrait.draw(self.picture, pose, mouth)
        return self.picture

    def _filled(self, y: int, u: int, v: int) -> Picture:
        self._still = None
        for plane, value in zip(self.picture.planes(), (y, u, v), strict=True):
            plane[:] = value
        return self.picture

    def _frozen(self, kind: str, pose: Pose, mouth: Mouth, now: float) -> Picture:
        if self._still is None:
            self.portrait.draw(self.picture, pose, mouth)
            self._still = bytes(self.picture.data)
        self.picture.data[:] = self._still
        if kind == "nearly_frozen":
            self._add_noise()
        elif kind == "frozen_logo":
            self._add_logo(now)
        return self.picture

    def _add_noise(self) -> None:
        """Noise as a recompressed still shows it: fine grain, in blocks that flicker less."""
        y = self.picture.planes()[0]
        if not self._noise:
            rng = np.random.default_rng(17)
            h, w = y.shape
            for _ in range(NOISES):
                blocks = rng.integers(-1, 2, size=(h // 8 + 1, w // 8 + 1), dtype=np.int16)
                wide = np.repeat(np.repeat(blocks, 8, 0), 8, 1)[:h, :w]
                self._noise.append((wide + rng.integers(-2, 3, size=(h, w), dtype=np.int16)).astype(np.int16))
        noisy = y + self._noise[self._frames % NOISES]
        np.clip(noisy, 16, 235, out=noisy)
        y[:] = noisy

    def _add_logo(self, now: float) -> None:
        """A station logo in the lower right corner: a dot that runs round a ring, the only thing alive."""
        y, u, v = self.picture.planes()
        h, w = y.shape
        r = max(8, h // 24)
        cx, cy = w - 2 * r, h - 2 * r
        rows, columns = np.ogrid[cy - r : cy + r, cx - r : cx + r]
        far = np.hypot(rows - cy, columns - cx)
        box = (slice(cy - r, cy + r), slice(cx - r, cx + r))
        y[box][(far < r) & (far > r * 0.72)] = 200
        angle = now * 2.2
        dx, dy = r * 0.42 * np.cos(angle), r * 0.42 * np.sin(angle)
        y[box][np.hypot(rows - cy - dy, columns - cx - dx) < r * 0.30] = 226
        small = (slice((cy - r) // 2, (cy + r) // 2), slice((cx - r) // 2, (cx + r) // 2))
        u[small], v[small] = 122, 134
