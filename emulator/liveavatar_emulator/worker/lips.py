"""From sound to mouth: how far it opens and how wide it is, block by block."""

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.drawing.portrait import OPENINGS, WIDTHS, Mouth

QUIET = 250.0  # RMS below which a mouth stays shut
LOUD = 6500.0  # RMS at which it is wide open
ROUND_HZ, SPREAD_HZ = 650.0, 1900.0  # spectral centroid of "oo" and of "ee"


class Lips:
    """Follows the sound frame by frame; opens at once, closes a little slower, as lips do."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._open = 0.0

    def hear(self, pcm: NDArray[np.int16]) -> tuple[Mouth, float]:
        """The mouth for these samples, and the loudness (0 to 1) that made it."""
        if not pcm.size or not pcm.any():
            rms = 0.0
        else:
            wave = pcm.astype(np.float32)
            rms = float(np.sqrt(np.mean(wave * wave)))
        target = 0.0
        if rms > QUIET:
            target = min(1.0, (np.log(rms / QUIET) / np.log(LOUD / QUIET)) ** 1.35)
        self._open = target if target > self._open else self._open + (target - self._open) * 0.42
        opening = round(self._open * (OPENINGS - 1))
        return Mouth(opening, self._width(pcm) if rms > QUIET and opening else 1), self._open

    def _width(self, pcm: NDArray[np.int16]) -> int:
        """Bright sounds are made with spread lips, dark ones with round lips."""
        power = np.abs(np.fft.rfft(pcm[:1024].astype(np.float32) * np.hanning(min(len(pcm), 1024)))) ** 2
        hertz = np.arange(len(power)) * (self._rate / min(len(pcm), 1024))
        band = (hertz > 200) & (hertz < 5000)
        total = float(power[band].sum())
        if total <= 0:
            return 1
        centroid = float((power[band] * hertz[band]).sum()) / total
        return 0 if centroid < ROUND_HZ else len(WIDTHS) - 1 if centroid > SPREAD_HZ else 1
