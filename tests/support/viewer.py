"""
A bare LiveKit client as a process: joins, watches, listens, may speak, and writes down what it saw as JSON.

`python -m tests.support.viewer` reads one JSON line and writes lines of progress and at last the view. It is
a process of its own because the LiveKit SDK may abort the interpreter as it ends.

Nothing is timed from the joining: a busy machine sends its avatar late. The job says what has to have
happened, as a list: "frame", "sound" (of any level), "left", "gap" (a frame after more than GAP_S without
one), or an event's type, each as often as it stands there.

- `url`, `token`: the way in.
- `since`, `seconds`: look on for so long after all of this has happened.
- `say`, `say_on`: a text to speak into the microphone, and right after what.
- `send`: commands for the data channel, each with its `on`.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from liveavatar_emulator.worker.speech import speak
from livekit import rtc

PATIENCE_S = 90.0
GAP_S = 6.0  # longer than a busy machine stands still
_FIRST = ("frame",)
_PROGRESS_S = 0.2
_BREATH_S = 0.3  # between what one hears and one's own first word


@dataclass
class View:
    """What a viewer saw; times in seconds since it was connected, but for ``joined``, seconds since 1970."""

    joined: float = 0.0
    end: float = 0.0
    codecs: dict[str, str] = field(default_factory=dict)  # kind to MIME type
    frames: list[float] = field(default_factory=list)
    sizes: list[list[int]] = field(default_factory=list)
    mouth: list[list[float]] = field(default_factory=list)  # time, mean luma of the mouth's part of the face
    audio: list[list[float]] = field(default_factory=list)  # time, RMS of 20 ms
    peak: int = 0
    full_scale: int = 0  # samples at full scale
    events: list[dict[str, Any]] = field(default_factory=list)
    told: list[float] = field(default_factory=list)  # when each event came
    spoke: list[float] = field(default_factory=list)  # begin and end of the user's speech
    avatar_left: float | None = None

    def kinds(self) -> list[str]:
        """The event types, in order."""
        return [event["event_type"] for event in self.events]

    def words(self) -> list[str]:
        """What the avatar says that it said."""
        return [event["text"] for event in self.events if event["event_type"] == "avatar.transcription"]

    def when(self, kind: str) -> float:
        """When the first event of this type came."""
        return self.told[self.kinds().index(kind)]

    def loud(self, since: float = 0.0, until: float = float("inf"), floor: float = 300.0) -> float:
        """Seconds of sound above a floor, of those from a time to another."""
        return sum(since < at < until and rms > floor for at, rms in self.audio) * 0.02

    def has_seen(self, wanted: Sequence[str]) -> bool:
        """Whether all of this has happened, each as often as it is wanted."""
        moments = Counter(
            frame=len(self.frames), sound=len(self.audio), left=self.avatar_left is not None, gap=self._gaps()
        )
        return Counter(wanted) <= moments + Counter(self.kinds())

    def _gaps(self) -> int:
        return sum(
            after - before > GAP_S for before, after in zip(self.frames, self.frames[1:], strict=False)
        )

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


def view(
    url: str, token: str, seconds: float, *, on_frames: Callable[[int], None] | None = None, **more: Any
) -> View:
    """
    Watch a room from a process of its own; ``more`` is the rest of the job, see above.

    ``on_frames`` is told several times a second how many frames there were.
    """
    command = [sys.executable, "-m", "tests.support.viewer"]
    job = {"url": url, "token": token, "seconds": seconds, **more}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewer:
        assert viewer.stdin is not None
        assert viewer.stdout is not None
        viewer.stdin.write(json.dumps(job) + "\n")
        viewer.stdin.flush()
        try:
            for line in viewer.stdout:
                found = json.loads(line)
                if "joined" in found:
                    return View(**found)
                if on_frames is not None:
                    on_frames(found["frames"])
        finally:
            viewer.kill()
    raise AssertionError(f"the viewer ended with {viewer.returncode} and saw nothing")


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
        on("data_received", self._told)
        on("participant_disconnected", lambda _: setattr(self.seen, "avatar_left", self.now()))
        await asyncio.wait_for(self.room.connect(self.job["url"], self.job["token"]), PATIENCE_S)
        self.began, self.seen.joined = time.monotonic(), time.time()
        self._spawn(self._progress())
        if self.job.get("say"):
            self._spawn(self._say(self.job["say"]))
        for command in self.job.get("send", ()):
            self._spawn(self._send(command))
        await self._until(self.job.get("since", _FIRST))
        await asyncio.sleep(self.job["seconds"])
        self.seen.end = self.now()
        return self.seen

    async def _until(self, wanted: Sequence[str]) -> None:
        """Wait for all of this; what does not come is missing in the view, for the test to see."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.seen.has_seen(wanted) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def _progress(self) -> None:
        while True:
            sys.stdout.write(json.dumps({"frames": len(self.seen.frames)}) + "\n")
            sys.stdout.flush()
            await asyncio.sleep(_PROGRESS_S)

    def _told(self, packet: rtc.DataPacket) -> None:
        self.seen.events.append(json.loads(packet.data))
        self.seen.told.append(self.now())

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

    async def _say(self, text: str) -> None:
        source = rtc.AudioSource(24000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("mic", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)
        await self._until(self.job.get("say_on", _FIRST))
        await asyncio.sleep(_BREATH_S)
        self.seen.spoke.append(self.now())
        pcm = speak(text, "echo")
        for start in range(0, len(pcm) - 480, 480):
            await source.capture_frame(rtc.AudioFrame(pcm[start : start + 480].tobytes(), 24000, 1, 480))
        await source.wait_for_playout()
        self.seen.spoke.append(self.now())
        while True:
            await source.capture_frame(rtc.AudioFrame(bytes(960), 24000, 1, 480))

    async def _send(self, command: dict[str, Any]) -> None:
        await self._until(command.pop("on"))
        await self.room.local_participant.publish_data(json.dumps(command), topic="agent-control")


async def _main() -> View:
    # Made inside the loop: a room belongs to the loop that runs when it is made.
    return await _Viewer(json.loads(sys.stdin.readline())).run()


if __name__ == "__main__":
    found = asyncio.run(_main())
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
    sys.stdout.flush()
    os._exit(0)
