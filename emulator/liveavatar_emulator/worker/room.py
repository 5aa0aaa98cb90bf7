"""The avatar's place in the LiveKit room: tracks out, the user's voice and commands in."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker import events
from liveavatar_emulator.worker.drawing.layers import Picture
from liveavatar_emulator.worker.job import Video
from liveavatar_emulator.worker.playout import RATE, SOURCE_RATE
from livekit import rtc

CONNECT_S = 15.0  # the SDK's own timeout does not bound connecting
LISTEN_MS = 100
# publish_data returns when a packet is queued; leaving at once loses it (6 of 40 on a busy machine).
FAREWELL_S = 0.3
QUEUE_MS = 100  # sound that waits in the SDK, so that a busy machine is not heard


@dataclass(frozen=True)
class Ears:
    """Whom the room tells what."""

    user_joined: Callable[[], None]  # the first one
    user_left: Callable[[], None]  # the last one
    user_ready: Callable[[], None]  # somebody receives our tracks
    command: Callable[[dict[str, Any]], None]
    heard: Callable[[bytes], None]  # PCM, 24 kHz mono
    lost: Callable[[str], None]


def bitrate(width: int, height: int) -> int:
    """Bits a second that a drawn head needs at most at this size."""
    area = width * height
    for limit, bits in ((1300 * 1000, 3_000_000), (800 * 1000, 1_700_000), (640 * 400, 900_000)):
        if area >= limit:
            return bits
    return 500_000


class Room:
    """One connection of the participant `heygen`."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._room = rtc.Room()
        self._users: set[str] = set()
        self._attended = False
        self._listening: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._video: rtc.VideoSource | None = None
        self._picture: rtc.LocalVideoTrack | None = None
        self._audio: rtc.AudioSource | None = None
        self._connected = False

    async def join(self, url: str, token: str) -> None:
        """Enter; raises `TimeoutError` or `rtc.ConnectError`."""
        on = self._room.on
        on("participant_connected", lambda p: self._came(p.identity))
        on("participant_disconnected", lambda p: self._went(p.identity))
        on("track_subscribed", self._hear)
        on("local_track_subscribed", lambda _track: self._watched())
        on("data_received", self._packet)
        on("disconnected", lambda reason: self._ears.lost(str(rtc.DisconnectReason.Name(reason))))
        await asyncio.wait_for(
            self._room.connect(url, token, rtc.RoomOptions(auto_subscribe=True)), CONNECT_S
        )
        self._connected = True
        for identity in list(self._room.remote_participants):
            self._came(identity)

    async def publish(self, video: Video, first: Picture, *, with_video: bool, with_audio: bool) -> None:
        """Offer the tracks: one H.264 (or VP8) layer with its first picture, and Opus at 48 kHz."""
        jobs = []
        if with_video:
            self._video = rtc.VideoSource(video.width, video.height)
            self.show(first)
            codec = rtc.VideoCodec.H264 if video.codec == "H264" else rtc.VideoCodec.VP8
            options = rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA,
                simulcast=False,
                video_codec=codec,
                video_encoding=rtc.VideoEncoding(
                    max_bitrate=bitrate(video.width, video.height), max_framerate=float(video.fps)
                ),
            )
            track = rtc.LocalVideoTrack.create_video_track("avatar-video", self._video)
            self._picture = track
            jobs.append(self._room.local_participant.publish_track(track, options))
        if with_audio:
            self._audio = rtc.AudioSource(RATE, 1, queue_size_ms=QUEUE_MS)
            voice = rtc.LocalAudioTrack.create_audio_track("avatar-audio", self._audio)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=False)
            jobs.append(self._room.local_participant.publish_track(voice, options))
        # One after the other: an offer made for the sound while the picture's codec is not settled yet
        # settles it as VP8 (6 of 40 sessions on a busy machine).
        for job in jobs:
            await job

    def show(self, picture: Picture) -> None:
        """Send a frame; the SDK copies it before this returns."""
        if self._video is not None:
            frame = rtc.VideoFrame(picture.width, picture.height, rtc.VideoBufferType.I420, picture.data)
            self._video.capture_frame(frame)

    async def take_picture_back(self) -> None:
        """Unpublish the video track; saying so twice is fine."""
        if self._picture is not None and self._connected:
            track, self._picture, self._video = self._picture, None, None
            await self._room.local_participant.unpublish_track(track.sid)

    async def sound(self, pcm: NDArray[np.int16]) -> None:
        """Send samples (48 kHz mono); returns when the queue has room for them."""
        if self._audio is not None and self._connected:
            await self._audio.capture_frame(rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm)))

    @property
    def has_sound(self) -> bool:
        """Whether there is an audio track, which then sets the pace."""
        return self._audio is not None and self._connected

    def hush(self) -> int:
        """Drop what has been sent but not yet heard; returns how many ms that was."""
        if self._audio is None:
            return 0
        self._audio.clear_queue()
        return QUEUE_MS  # it is always full: whoever sends sound waits for room in it

    def tell(self, event: dict[str, Any]) -> asyncio.Task[None]:
        """Send an event to everybody in the room; the order of calls is kept."""
        task = asyncio.ensure_future(self._publish(json.dumps(event)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return task

    async def leave(self) -> None:
        """Go, after what was told has been sent."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=2)
        if self._listening:
            self._listening.cancel()
        if self._connected:
            self._connected = False
            await asyncio.sleep(FAREWELL_S)
            await asyncio.wait_for(self._room.disconnect(), 5)

    @property
    def joined(self) -> bool:
        """Whether it is in the room now."""
        return self._connected

    async def _publish(self, payload: str) -> None:
        if not self._connected:
            return
        try:
            await self._room.local_participant.publish_data(payload, reliable=True, topic=events.RESPONSES)
        except Exception as error:  # noqa: BLE001 - the SDK raises its own and others' classes as the room goes
            if self._connected:
                self._ears.lost(f"data: {type(error).__name__}")

    def _watched(self) -> None:
        """Somebody takes our tracks: told at once, while news of who that is may come seconds later."""
        self._came(None)
        self._ears.user_ready()

    def _came(self, identity: str | None) -> None:
        if identity:
            self._users.add(identity)
        if not self._attended:
            self._attended = True
            self._ears.user_joined()

    def _went(self, identity: str) -> None:
        self._users.discard(identity)
        if self._attended and not self._users:
            self._attended = False
            self._ears.user_left()

    def _packet(self, packet: rtc.DataPacket) -> None:
        if packet.topic == events.COMMANDS:
            found = events.command(packet.data)
            if found:
                self._ears.command(found)

    def _hear(self, track: rtc.Track, _publication: Any, _participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and (self._listening is None or self._listening.done()):
            self._listening = asyncio.ensure_future(self._listen(track))

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track, sample_rate=SOURCE_RATE, num_channels=1, frame_size_ms=LISTEN_MS, capacity=50
        )
        try:
            async for heard in stream:
                self._ears.heard(bytes(heard.frame.data))
        finally:
            await stream.aclose()
