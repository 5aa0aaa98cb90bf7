"""
A bare LiveKit client as a process: joins, watches, listens, may speak, and writes down what it saw as JSON.

`python -m tests.support.viewer` reads one JSON line (`url`, `token`, `seconds`, and optionally `say`: a text
to speak into the microphone, `say_after_s`, `send`: commands for the data channel with `after_s`, `until`:
"left" to count `seconds` from when the avatar left). It is a process of its own because the LiveKit SDK may
abort the interpreter as it ends.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from liveavatar_emulator.worker.speech import speak
from livekit import rtc


@dataclass
class View:
    """What a viewer saw; times in seconds since it was connected."""

    codecs: dict[str, str] = field(default_factory=dict)  # kind to MIME type
    frames: list[float] = field(default_factory=list)
    sizes: list[list[int]] = field(default_factory=list)
    mouth: list[list[float]] = field(default_factory=list)  # time, mean luma of the mouth's part of the face
    audio: list[list[float]] = field(default_factory=list)  # time, RMS of 20 ms
    peak: int = 0
    full_scale: int = 0  # samples at full scale
    events: list[dict[str, Any]] = field(default_factory=list)
    spoke: list[float] = field(default_factory=list)  # begin and end of the user's speech
    avatar_left: float | None = None

    def kinds(self) -> list[str]:
        """The event types, in order."""
        return [event["event_type"] for event in self.events]

    def loud(self, floor: float = 300.0) -> float:
        """Seconds of sound above a floor."""
        return sum(rms > floor for _, rms in self.audio) * 0.02

    def lip_sync(self) -> tuple[float, float]:
        """How well mouth and loudness go together (0 to 1), and by how many seconds the mouth is late."""
        if len(self.mouth) < 50 or len(self.audio) < 50:
            return 0.0, 0.0
        begin, end = max(self.mouth[0][0], self.audio[0][0]), min(self.mouth[-1][0], self.audio[-1][0])
        grid = np.arange(begin + 0.6, end - 0.6, 0.01)
        luma = np.interp(grid, *np.array(self.mouth).T)
        sound = np.log(np.interp(grid, *np.array(self.audio).T) + 50)
        best = (0.0, 0.0)
        if np.ptp(luma) == 0 or np.ptp(sound) == 0:
            return best
        for lag in range(-50, 51):
            pair = np.corrcoef(luma[60 + lag : len(luma) - 60 + lag], sound[60:-60])[0, 1]
            if abs(pair) > best[0]:
                best = (float(abs(pair)), lag / 100)
        return best


def view(url: str, token: str, seconds: float, **more: Any) -> View:
    """Watch a room for some seconds from a process of its own."""
    job = {"url": url, "token": token, "seconds": seconds, **more}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.viewer"],
        input=json.dumps(job) + "\n",
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=True,
    )
    return View(**json.loads(done.stdout.splitlines()[-1]))


class _Viewer:
    def __init__(self, job: dict[str, Any]) -> None:
        self.job, self.seen, self.room = job, View(), rtc.Room()
        self.began = time.monotonic()
        self.tasks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        return round(time.monotonic() - self.began, 4)

    async def run(self) -> View:
        on = self.room.on
        on("track_subscribed", self._subscribed)
        on("data_received", lambda packet: self.seen.events.append(json.loads(packet.data)))
        on("participant_disconnected", lambda _: setattr(self.seen, "avatar_left", self.now()))
        await asyncio.wait_for(self.room.connect(self.job["url"], self.job["token"]), 20)
        self.began = time.monotonic()
        if self.job.get("say"):
            self._spawn(self._say(self.job["say"], self.job.get("say_after_s", 1.0)))
        for command in self.job.get("send", ()):
            self._spawn(self._send(command))
        if self.job.get("until") == "left":
            await self._left()
        await asyncio.sleep(self.job["seconds"])
        return self.seen

    async def _left(self) -> None:
        patience_s = self.now() + 60
        while self.seen.avatar_left is None and self.now() < patience_s:
            await asyncio.sleep(0.05)

    def _spawn(self, work: Any) -> None:
        self.tasks.add(asyncio.ensure_future(work))

    def _subscribed(self, track: rtc.Track, publication: Any, _participant: Any) -> None:
        video = track.kind == rtc.TrackKind.KIND_VIDEO
        self.seen.codecs["video" if video else "audio"] = publication.mime_type
        self._spawn(self._watch(track) if video else self._listen(track))

    async def _watch(self, track: rtc.Track) -> None:
        async for event in rtc.VideoStream(track, capacity=5, format=rtc.VideoBufferType.I420):
            w, h = event.frame.width, event.frame.height
            if w < 16:  # the SDK's own farewell frame
                continue
            self.seen.frames.append(self.now())
            if [w, h] not in self.seen.sizes:
                self.seen.sizes.append([w, h])
            y = np.frombuffer(event.frame.data, np.uint8, count=w * h).reshape(h, w)
            # A landscape avatar's mouth: see the framing of a portrait.
            rows, columns = (
                slice(int(h * 0.545), int(h * 0.675)),
                slice(int(w / 2 - h * 0.08), int(w / 2 + h * 0.08)),
            )
            self.seen.mouth.append([self.now(), round(float(y[rows, columns].mean()), 2)])

    async def _listen(self, track: rtc.Track) -> None:
        async for event in rtc.AudioStream(
            track, sample_rate=48000, num_channels=1, frame_size_ms=20, capacity=99
        ):
            pcm = np.frombuffer(event.frame.data, np.int16).astype(np.float64)
            self.seen.audio.append([self.now(), round(float(np.sqrt(np.mean(pcm * pcm))), 1)])
            self.seen.peak = max(self.seen.peak, int(np.abs(pcm).max()))
            self.seen.full_scale += int((np.abs(pcm) > 31000).sum())

    async def _say(self, text: str, after_s: float) -> None:
        source = rtc.AudioSource(24000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("mic", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)
        await asyncio.sleep(after_s)
        self.seen.spoke.append(self.now())
        pcm = speak(text, "echo")
        for start in range(0, len(pcm) - 480, 480):
            await source.capture_frame(rtc.AudioFrame(pcm[start : start + 480].tobytes(), 24000, 1, 480))
        await source.wait_for_playout()
        self.seen.spoke.append(self.now())
        while True:
            await source.capture_frame(rtc.AudioFrame(bytes(960), 24000, 1, 480))

    async def _send(self, command: dict[str, Any]) -> None:
        await asyncio.sleep(command.pop("after_s", 1.0))
        await self.room.local_participant.publish_data(json.dumps(command), topic="agent-control")


async def _main() -> View:
    # Made inside the loop: a room belongs to the loop that runs when it is made.
    return await _Viewer(json.loads(sys.stdin.readline())).run()


if __name__ == "__main__":
    found = asyncio.run(_main())
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
    sys.stdout.flush()
    os._exit(0)
