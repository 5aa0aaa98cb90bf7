"""The clock of a session: every frame's time it takes sound, shapes the mouth, draws and sends."""

import asyncio
import itertools
import random
import time
from collections import deque

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.conversation import Conversation
from liveavatar_emulator.worker.drawing.layers import Picture
from liveavatar_emulator.worker.drawing.looks import character_for
from liveavatar_emulator.worker.drawing.motion import Motion
from liveavatar_emulator.worker.drawing.portrait import SHUT, Mouth, Portrait
from liveavatar_emulator.worker.faults import Faults
from liveavatar_emulator.worker.job import Job, Video
from liveavatar_emulator.worker.lips import Lips
from liveavatar_emulator.worker.pacing import Pacing
from liveavatar_emulator.worker.playout import RATE
from liveavatar_emulator.worker.room import QUEUE_MS, Room
from liveavatar_emulator.worker.screen import Screen

BLOCK_S = 0.02  # sound is handed over in blocks of this length, each with a mouth of its own
LEFT_BLOCKS, HOLE_BLOCKS = 3, 6  # there and missing by turns, of a voice that breaks up
# From handing over a block to a viewer hearing it, beyond what a frame takes to be seen: the queue in the SDK
# (`QUEUE_MS`), then the viewer's jitter buffer. Measured with a bare client on one machine.
HEARD_AFTER_S = QUEUE_MS / 1000 + 0.06
LATE_S = 0.25  # later than this, frames are left out instead of sent in a burst
REMEMBERED_S = 3.0

Pcm = NDArray[np.int16]


class Show:
    """Picture and sound of one avatar, at a steady pace by a monotonic clock."""

    def __init__(self, job: Job, faults: Faults, talk: Conversation, room: Room) -> None:
        self._job, self._faults, self._talk, self._room = job, faults, talk, room
        self._motion = Motion(random.Random())  # noqa: S311 - a blink is no secret
        self._lips = Lips(RATE)
        self._mouths: deque[tuple[float, Mouth, float]] = deque(maxlen=int(REMEMBERED_S / BLOCK_S))
        self._late_sound: deque[Pcm] = deque()
        self._blocks = itertools.count()
        self._began = time.monotonic()
        self._pacing = Pacing(job.video.fps)
        self._size = (0, 0)
        self._painting: asyncio.Task[Portrait] | None = None
        self._stopped = False
        self.track = self._first_track()
        self._screen: Screen | None = None

    def now(self) -> float:
        """Seconds since the picture began."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """No more frames, no more sound."""
        self._stopped = True

    def paint(self) -> None:
        """Paint the avatar (blocks for some tenths of a second)."""
        self._size = (self.track.width, self.track.height)
        self._screen = Screen(self._portrait(self._size))

    def first(self) -> Picture:
        """The picture to begin with: without one, the SDK sends black until the first turn."""
        assert self._screen is not None
        return self._screen.draw(self._motion.at(0.0, 0.0), SHUT, self._faults, 0.0)

    async def run(self) -> None:
        """Picture and sound until `stop`."""
        self._began = time.monotonic()
        await asyncio.gather(self._run_picture(), self._run_sound())

    async def _run_picture(self) -> None:
        """One turn a frame, by the clock: a late turn does not move the ones after it."""
        period, turn = 1 / self._job.video.fps, 0
        while not self._stopped:
            wait = turn * period - self.now()
            if wait > 0:
                await asyncio.sleep(wait)
            if wait > -LATE_S:
                self._picture(turn * period)
            turn += 1

    async def _run_sound(self) -> None:
        """
        One turn a block. The room takes a block when its queue has room, so its pace is the SDK's and the
        queue is always full: sound is heard a constant time after it was handed over.
        """
        turn = 0
        while not self._stopped:
            turn += 1
            pcm = self._next_block()
            self._late_sound.append(pcm)
            while len(self._late_sound) > self._waiting():
                await self._room.sound(self._late_sound.popleft())
            if not self._room.has_sound:
                await asyncio.sleep(max(0.0, turn * BLOCK_S - self.now()))

    def _next_block(self) -> Pcm:
        now = self.now()
        pcm = self._talk.playout.take(int(RATE * BLOCK_S), time.monotonic())
        if self._faults.on("mute", now):
            pcm = np.zeros_like(pcm)
        mouth, loudness = self._lips.hear(pcm)
        self._mouths.append((now, mouth, loudness))
        if self._faults.on("silent_mouth", now):
            pcm = np.zeros_like(pcm)
        if self._faults.on("clipped", now):
            pcm = np.clip(pcm.astype(np.int32) * 24, -32768, 32767).astype(np.int16)
        if self._faults.on("breaks_up", now) and self._in_hole():
            pcm = np.zeros_like(pcm)
        return pcm

    def _in_hole(self) -> bool:
        return next(self._blocks) % (LEFT_BLOCKS + HOLE_BLOCKS) >= LEFT_BLOCKS

    def _offset_s(self, now: float) -> float:
        """`av_offset` in seconds: positive where the sound is early, as ITU-R BT.1359 counts."""
        fault = self._faults.on("av_offset", now)
        return max(-2.0, min(2.0, fault.number("offset_ms", 300.0) / 1000)) if fault else 0.0

    def _waiting(self) -> int:
        """Blocks of sound held back, for a sound that is late."""
        return max(0, round(-self._offset_s(self.now()) / BLOCK_S))

    def _mouth_at(self, at: float) -> tuple[Mouth, float]:
        """The mouth, and its loudness, of the sound that was handed over at `at`."""
        for since, mouth, loudness in reversed(self._mouths):
            if since <= at:
                return mouth, loudness
        return SHUT, 0.0

    def _picture(self, at: float) -> None:
        assert self._screen is not None
        now = self.now()
        self._follow_size(now)
        mouth, loudness = self._mouth_at(now - HEARD_AFTER_S - max(0.0, self._offset_s(now)))
        pose = self._motion.at(at, loudness)
        if self._faults.on("still_mouth", now):
            mouth = SHUT
        if self._faults.on("stall", now) or not self._pacing.due(at, now, self._faults):
            return
        self._room.show(self._screen.draw(pose, mouth, self._faults, now))

    def _first_track(self) -> Video:
        small = self._faults.given("small")
        if not small:
            return self._job.video
        width, height = _small(small.number("width", 0), small.number("height", 0), self._job.video)
        return self._job.video.model_copy(update={"width": width, "height": height})

    def _follow_size(self, now: float) -> None:
        """A new size means a new portrait; it is painted aside and shown when it is ready."""
        wanted = (self.track.width, self.track.height)
        drop = self._faults.on("resolution_drop", now) or self._faults.on("small", now)
        if drop:
            wanted = _small(drop.number("width", 0), drop.number("height", 0), self._job.video)
        if self._painting and self._painting.done():
            assert self._screen is not None
            self._screen.show(self._painting.result())
            self._painting = None
        elif wanted != self._size and self._painting is None:
            self._size = wanted
            self._painting = asyncio.ensure_future(asyncio.to_thread(self._portrait, wanted))

    def _portrait(self, size: tuple[int, int]) -> Portrait:
        avatar = self._job.avatar
        portrait = Portrait(character_for(avatar.id, avatar.look), *size)
        portrait.prepare()
        return portrait


def _small(width: float, height: float, video: Video) -> tuple[int, int]:
    """The size a fault asks for; without one, a third of what was promised."""
    if width >= 16 and height >= 16:
        return int(width) // 2 * 2, int(height) // 2 * 2
    return max(64, video.width // 3 // 2 * 2), max(64, video.height // 3 // 2 * 2)
