"""Hears when somebody speaks: energy with a hangover, as the protocol's server VAD reports it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

RATE = 24000
FRAME = RATE // 50
ONSET_FRAMES = 3
LOUD_RMS = 900.0  # at the threshold 0.5 that the protocol starts with; a voice on a call has 2000 and more


@dataclass(frozen=True)
class Turn:
    """Speech began or ended; `at_ms` counts from the start of all sound sent."""

    kind: Literal["started", "stopped"]
    at_ms: int


class Vad:
    """Fed with PCM (24 kHz mono) in any pieces."""

    def __init__(self, threshold: float = 0.5, silence_ms: int = 500, prefix_ms: int = 300) -> None:
        self.tune(threshold, silence_ms, prefix_ms)
        self._rest = np.zeros(0, dtype=np.int16)
        self._loud = self._quiet = self._frames = 0
        self.speaking = False
        self.spoken_ms = 0

    def tune(self, threshold: float, silence_ms: int, prefix_ms: int) -> None:
        """How loud counts as speech (0 to 1), and how long a pause ends it."""
        self._floor = LOUD_RMS * threshold / 0.5
        self._hangover = max(1, silence_ms // 20)
        self._prefix_ms = prefix_ms

    @property
    def now_ms(self) -> int:
        """How much sound has been heard in all."""
        return self._frames * 20

    def feed(self, pcm: bytes) -> list[Turn]:
        """The turns in this piece of sound, in order."""
        samples = np.concatenate([self._rest, np.frombuffer(pcm, dtype="<i2")])
        whole = len(samples) // FRAME
        self._rest = samples[whole * FRAME :]
        turns = []
        for frame in samples[: whole * FRAME].reshape(whole, FRAME).astype(np.float32):
            turn = self._frame(float(np.sqrt(np.mean(frame * frame))))
            if turn:
                turns.append(turn)
        return turns

    def reset(self) -> None:
        """Forget speech that is going on."""
        self.speaking, self._loud, self._quiet = False, 0, 0

    def _frame(self, rms: float) -> Turn | None:
        self._frames += 1
        loud = rms > self._floor
        if not self.speaking:
            self._loud = self._loud + 1 if loud else 0
            if self._loud < ONSET_FRAMES:
                return None
            self.speaking, self._quiet, self.spoken_ms = True, 0, ONSET_FRAMES * 20
            return Turn("started", max(0, self.now_ms - ONSET_FRAMES * 20 - self._prefix_ms))
        self.spoken_ms += 20
        self._quiet = 0 if loud else self._quiet + 1
        if self._quiet < self._hangover:
            return None
        self.spoken_ms -= self._quiet * 20
        self.speaking, self._loud = False, 0
        return Turn("stopped", self.now_ms)
