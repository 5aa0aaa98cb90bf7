"""What the avatar is saying: sound waiting to be heard, taken frame by frame."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

RATE = 48000  # what LiveKit's Opus tracks carry (LiveAvatar API facts §3.3)
SOURCE_RATE = 24000  # what OpenAI Realtime sends


@dataclass
class Utterance:
    """One thing said: grows while it arrives, shrinks while it is heard."""

    item_id: str
    not_before: float = 0.0
    parts: deque[Pcm] = field(default_factory=deque)
    complete: bool = False
    heard: int = 0  # samples at RATE
    last: int = 0  # the last sample that arrived, so that pieces join without a step

    @property
    def heard_ms(self) -> int:
        """How much of it has been heard."""
        return self.heard * 1000 // RATE


class Playout:
    """
    A queue of utterances, heard one after the other.

    `started` and `ended` are called when the first sample of an utterance is taken and after its last; an
    interrupted one ends too.
    """

    def __init__(self, started: Callable[[str], None], ended: Callable[[str], None]) -> None:
        self._started, self._ended = started, ended
        self._queue: deque[Utterance] = deque()
        self._speaking: str | None = None

    def add(self, item_id: str, pcm: Pcm, *, not_before: float = 0.0) -> None:
        """More of an utterance (24 kHz mono); the first piece opens it, to be heard from `not_before` on."""
        utterance = self._find(item_id)
        if utterance is None:
            utterance = Utterance(item_id, not_before)
            self._queue.append(utterance)
        if pcm.size:
            utterance.parts.append(_doubled(utterance.last, pcm))
            utterance.last = int(pcm[-1])

    def complete(self, item_id: str) -> None:
        """Nothing more of it will come."""
        utterance = self._find(item_id)
        if utterance is not None:
            utterance.complete = True

    def take(self, samples: int, now: float) -> Pcm:
        """The next samples to be heard at 48 kHz; silence where there is nothing to say."""
        out = np.zeros(samples, dtype=np.int16)
        filled = 0
        while self._queue and filled < samples:
            utterance = self._queue[0]
            if now < utterance.not_before:
                break
            filled = self._pour(utterance, out, filled)
            if utterance.parts:
                continue
            if not utterance.complete:
                break
            self._queue.popleft()
            self._end(utterance.item_id)
        return out

    def clear(self) -> list[tuple[str, int]]:
        """Fall silent at once. Returns all that was begun or waiting, and how many ms of each were heard."""
        cut = [(one.item_id, one.heard_ms) for one in self._queue]
        self._queue.clear()
        for item_id, _ in cut:
            self._end(item_id)
        return cut

    @property
    def busy(self) -> bool:
        """Whether anything waits or is being said."""
        return bool(self._queue)

    def _find(self, item_id: str) -> Utterance | None:
        return next((one for one in self._queue if one.item_id == item_id), None)

    def _pour(self, utterance: Utterance, out: Pcm, filled: int) -> int:
        while utterance.parts and filled < len(out):
            part = utterance.parts.popleft()
            if self._speaking != utterance.item_id:
                self._speaking = utterance.item_id
                self._started(utterance.item_id)
            room = len(out) - filled
            taken = part[:room]
            out[filled : filled + len(taken)] = taken
            filled += len(taken)
            utterance.heard += len(taken)
            if len(part) > room:
                utterance.parts.appendleft(part[room:])
        return filled

    def _end(self, item_id: str) -> None:
        if self._speaking == item_id:
            self._speaking = None
            self._ended(item_id)


def _doubled(last: int, pcm: Pcm) -> Pcm:
    """24 kHz to 48 kHz: a sample half way between each two."""
    wide = np.empty(len(pcm) * 2, dtype=np.int16)
    before = np.concatenate([[last], pcm[:-1]]).astype(np.int32)
    wide[0::2] = (before + pcm) // 2
    wide[1::2] = pcm
    return wide
