"""The clock of a session: every frame's time it takes sound, shapes the mouth, draws and sends."""

import asyncio
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
from liveavatar_emulator.worker.playout import RATE
from liveavatar_emulator.worker.room import Room
from liveavatar_emulator.worker.screen import Screen

AHEAD = 2  # frames of sound that wait in the SDK's queue, so that a late tick is not heard
SOUND_LATE = 2  # frames by which sound reaches a viewer later than the picture, beyond AHEAD (measured)
LATE_S = 0.25  # later than this, frames are left out instead of sent in a burst
HISTORY = 64

Pcm = NDArray[np.int16]


class Show:
    """Picture and sound of one avatar, at a steady pace by a monotonic clock."""

    def __init__(self, job: Job, faults: Faults, talk: Conversation, room: Room) -> None:
        self._job, self._faults, self._talk, self._room = job, faults, talk, room
        self._motion = Motion(random.Random())  # noqa: S311 - a blink is no secret
        self._lips = Lips(RATE)
        self._mouths: deque[tuple[Mouth, float]] = deque([(SHUT, 0.0)] * HISTORY, maxlen=HISTORY)
        self._late_sound: deque[Pcm] = deque()
        self._began = time.monotonic()
        self._next_frame = 0.0
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
        """Until `stop`: one turn a frame."""
        self._began = time.monotonic()
        period, turn = 1 / self._job.video.fps, 0
        for _ in range(AHEAD):
            await self._room.sound(np.zeros(RATE // self._job.video.fps, dtype=np.int16))
        while not self._stopped:
            wait = self._began + turn * period - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            await self._sound(self._job.video.fps)
            if wait > -LATE_S:
                self._picture(turn * period)
            turn += 1

    async def _sound(self, fps: int) -> None:
        now = self.now()
        pcm = self._talk.playout.take(RATE // fps, time.monotonic())
        if self._faults.on("mute", now):
            pcm = np.zeros_like(pcm)
        self._mouths.append(self._lips.hear(pcm))
        if self._faults.on("silent_mouth", now):
            pcm = np.zeros_like(pcm)
        if self._faults.on("clipped", now):
            pcm = np.clip(pcm.astype(np.int32) * 24, -32768, 32767).astype(np.int16)
        self._late_sound.append(pcm)
        while len(self._late_sound) > self._offset(now)[1]:
            await self._room.sound(self._late_sound.popleft())

    def _offset(self, now: float) -> tuple[int, int]:
        """
        Frames by which the mouth is shown later, and sound blocks that may wait (1: none waits).

        `av_offset` is positive where the sound is early, as ITU-R BT.1359 counts.
        """
        fault = self._faults.on("av_offset", now)
        frames = round(fault.number("offset_ms", 300.0) / 1000 * self._job.video.fps) if fault else 0
        return AHEAD + SOUND_LATE + max(frames, 0), max(-frames, 0)

    def _picture(self, at: float) -> None:
        assert self._screen is not None
        now = self.now()
        self._follow_size(now)
        delay = min(self._offset(now)[0], HISTORY - 1)
        mouth, loudness = self._mouths[-1 - delay]
        pose = self._motion.at(at, loudness)
        if self._faults.on("still_mouth", now):
            mouth = SHUT
        if self._faults.on("stall", now) or not self._frame_due(at, now):
            return
        self._room.show(self._screen.draw(pose, mouth, self._faults, now))

    def _frame_due(self, at: float, now: float) -> bool:
        """Whether a frame is sent now: `low_fps` and `falling_fps` leave some out, evenly."""
        fps = float(self._job.video.fps)
        low, falling = self._faults.on("low_fps", now), self._faults.on("falling_fps", now)
        if low:
            fps = low.number("fps", 8.0)
        elif falling:
            floor, over = falling.number("fps", 4.0), falling.number("over_s", 20.0)
            share = min(1.0, self._faults.age("falling_fps", now) / max(over, 0.1))
            fps += (floor - fps) * share
        else:
            self._next_frame = at
            return True
        if at + 1e-6 < self._next_frame:
            return False
        self._next_frame = max(self._next_frame + 1 / max(fps, 0.2), at)
        return True

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
