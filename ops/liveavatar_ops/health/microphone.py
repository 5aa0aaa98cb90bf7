"""
Our voice in the room: a microphone track that is silent until it is told to speak.

Imports livekit, as frames.py does. Like a real microphone it never stops sending: turn detection on
the other side needs to hear the silence after the words.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from livekit.rtc.participant import PublishTrackError

from liveavatar_ops.health.prompt import Prompt
from livekit import rtc
from pulumi_liveavatar.text import scrub, shorten

FRAME_S = 0.02
QUEUE_MS = 200


class MicrophoneRefused(Exception):
    """The room did not take our track; the text says why."""


class Microphone:
    """Publish it once; then `say`. `now_s` is the check's clock."""

    def __init__(self, prompt: Prompt, now_s: Callable[[], float]) -> None:
        self._prompt = prompt
        self._now_s = now_s
        self._samples = round(prompt.rate_hz * FRAME_S)
        self._source = rtc.AudioSource(prompt.rate_hz, 1, queue_size_ms=QUEUE_MS)
        self._words: deque[bytes] = deque()
        self._said = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def publish(self, room: rtc.Room) -> None:
        """Publish the track and send silence from now on; MicrophoneRefused where it is not taken."""
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        try:
            await room.local_participant.publish_track(track, options)
        except (PublishTrackError, RuntimeError) as why:  # the SDK's own is a plain Exception
            raise MicrophoneRefused(shorten(scrub(str(why), []))) from None
        self._pump = asyncio.get_running_loop().create_task(self._send())

    async def say(self) -> tuple[float, float]:
        """Speak the prompt; returns when it began and when its last sample was played out."""
        size = self._samples * 2
        samples = self._prompt.samples
        self._said.clear()
        begun = self._now_s() + self._source.queued_duration
        self._words.extend(samples[at : at + size] for at in range(0, len(samples), size))
        await self._said.wait()
        ended = self._now_s() + self._source.queued_duration
        await asyncio.sleep(self._source.queued_duration)
        return begun, ended

    async def close(self) -> None:
        """Stop sending."""
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump

    async def _send(self) -> None:
        silence = bytes(self._samples * 2)
        while True:
            speaking = bool(self._words)
            piece = self._words.popleft() if speaking else silence
            piece = piece.ljust(len(silence), b"\0")
            # Waits while the queue is full, which paces this loop by the sound itself.
            await self._source.capture_frame(rtc.AudioFrame(piece, self._prompt.rate_hz, 1, self._samples))
            if speaking and not self._words:
                self._said.set()
