"""
Joins the LiveKit room as the viewer and hands every frame on. The only module that imports livekit.

Traps this file is built around (video health facts A): handlers are registered before connect;
connect has a deadline of its own; a VideoStream never ends by itself, so its reader is cancelled;
the decoder's queue has no bound, so the reader starts at once and never waits for the analysis.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from liveavatar_ops.health import room_events
from liveavatar_ops.health.connect_errors import (
    Overheard,
    asked_about_tcp,
    takes_token,
    took_too_long,
    why_not_joined,
)
from liveavatar_ops.health.facts import SESSION_STOPPED
from liveavatar_ops.health.media_proxy import keep_exceptions
from liveavatar_ops.health.notebook import Notebook
from liveavatar_ops.health.pipe import Frame
from liveavatar_ops.health.reconnections import Reconnections
from livekit import rtc

AVATAR = "heygen"  # LiveAvatar API facts §3.3
RING = 16  # frames; half a second at 30 fps, beyond which our own loop was starved
SAME_CLOCK_S = 5.0
SAME_MOMENT_S = 0.5  # between two words for one thing: "left" and "reconnecting", "unpublished" and "left"
MOST_EVENTS = 500
AUDIO_RATE_HZ = 16000
AUDIO_FRAME_MS = 100  # each one wakes our loop; the meter cuts its own windows, so no moment is coarser

TakeSound = Callable[[bytes, float], None]


class RoomNotJoined(Exception):
    """The notebook's room facts say why."""


class RoomWatch:
    """One visit to the room. What happens there goes into the notebook, frames to `on_frame`."""

    def __init__(
        self,
        notebook: Notebook,
        *,
        on_frame: Callable[[Frame], None],
        on_sound: TakeSound,
    ) -> None:
        self.first_frame_s: float | None = None
        self.frames = 0
        self.vendor_stopped_s: float | None = None
        self.room = rtc.Room()
        self.video_track: rtc.Track | None = None
        self.audio_track: rtc.Track | None = None
        self._notes = notebook
        self._facts = notebook.room
        self._on_frame = on_frame
        self._on_sound = on_sound
        self._watched: str | None = None
        self._unclaimed: dict[str, rtc.Track] = {}
        self._leaving = False
        self._readers: list[asyncio.Task[None]] = []
        self._reconnections = Reconnections(self._facts, self._now)
        self._listen()

    @property
    def avatar_seen(self) -> bool:
        """Whether the avatar's participant, or whoever shows a picture in its place, is or was there."""
        return "avatar_joined_s" in self._facts

    @property
    def gone_s(self) -> float | None:
        """When the avatar left the room, or the room itself ended; what comes after it is not the avatar."""
        ends = (self._facts.get("disconnected_s"), self._facts.get("avatar_left_s"))
        return min((end for end in ends if end is not None), default=None)

    @property
    def over_s(self) -> float | None:
        """When there was nothing more to watch: the above, or the service said that the session is over."""
        ends = (self.gone_s, self.vendor_stopped_s)
        return min((end for end in ends if end is not None), default=None)

    async def join(self, url: str, token: str, *, within_s: float) -> None:
        """Connect; RoomNotJoined when that fails or takes longer than `within_s`."""
        keep_exceptions(url)
        self._facts["connect_started_s"] = self._now()
        try:
            with Overheard() as overheard:
                async with asyncio.timeout(within_s):
                    await self.room.connect(url, token, rtc.RoomOptions(auto_subscribe=True))
        except TimeoutError:
            last = overheard.last_attempt
            answers = last is None and await asyncio.to_thread(takes_token, url, token)
            failure = took_too_long(within_s, last_attempt=last, takes_token=answers, url=url)
        except rtc.ConnectError as error:
            failure = why_not_joined(str(error), token=token, url=url)
        else:
            self._look_around()
            return
        self._facts |= {"failure": failure, "watched_until_s": self._now()}  # asking why is no watching
        self._facts["failure"] = await asked_about_tcp(failure, url, token)
        raise RoomNotJoined

    async def leave(self, *, within_s: float = 3.0) -> None:
        """Stop reading and disconnect; what hangs is left to the end of the process."""
        self.stop_reading()
        with contextlib.suppress(TimeoutError, Exception):
            async with asyncio.timeout(within_s):
                await self.room.disconnect()

    def stop_reading(self) -> None:
        """From here on nothing is counted: our own leaving is not the avatar's."""
        self._leaving = True
        for reader in self._readers:
            reader.cancel()

    def _now(self) -> float:
        return round(self._notes.now_s(), 4)

    def _look_around(self) -> None:
        """Who was in the room before us, and what they publish."""
        self._facts["connected_s"] = self._now()
        for participant in self.room.remote_participants.values():
            self._on_joined(participant)
            for publication in participant.track_publications.values():
                self._on_published(publication, participant)

    def _listen(self) -> None:
        handlers: dict[str, Callable[..., None]] = {
            "participant_connected": self._on_joined,
            "participant_disconnected": self._on_left,
            "track_published": self._on_published,
            "track_subscribed": self._on_subscribed,
            "track_unpublished": lambda publication, who: self._on_dark("unpublished", publication, who),
            "track_muted": lambda who, publication: self._on_dark("muted", publication, who),
            "track_unmuted": lambda who, publication: self._on_bright(publication, who),
            "data_received": self._on_data,
            "reconnecting": self._on_reconnecting,
            "reconnected": self._on_reconnected,
            "disconnected": self._on_disconnected,
        }
        for name, handler in handlers.items():
            self.room.on(name, self._unless_leaving(handler))  # type: ignore[arg-type] # the SDK lists names as a Literal

    def _unless_leaving(self, handler: Callable[..., None]) -> Callable[..., None]:
        def guarded(*what: Any) -> None:
            if not self._leaving:
                handler(*what)

        return guarded

    def _on_joined(self, participant: rtc.RemoteParticipant) -> None:
        seen = self._facts.setdefault("participants", ())
        if participant.identity not in seen:
            self._facts["participants"] = (*seen, participant.identity)
        if participant.identity == AVATAR:
            if self._watched not in (None, AVATAR):
                self._notes.notes.append(f"{AVATAR} came after {self._watched}, whose picture is judged")
            self._facts.setdefault("avatar_joined_s", self._now())
            if self._facts.get("reconnects"):
                self._facts.pop("avatar_left_s", None)  # it had not left, we had

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._the_one and not self._reconnections.going_on:
            self._facts.setdefault("avatar_left_s", self._now())
            self._forget_dark()

    def _on_published(
        self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity == AVATAR:
            self._facts.setdefault(f"{_kind(publication.kind)}_published_s", self._now())

    def _on_subscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        kind, identity = _kind(publication.kind), participant.identity
        if kind == "video" and self._watched is None and (identity == AVATAR or not self.avatar_seen):
            self._choose(identity)
        if identity != self._the_one:
            if kind == "audio":
                self._unclaimed[identity] = track  # it may yet turn out to be the avatar's
            return
        if kind == "audio":
            self._hear(track)
            return
        self._facts.setdefault("video_subscribed_s", self._now())
        self._on_bright(publication, participant)
        self.video_track = track
        self._read(self._read_video(track))

    @property
    def _the_one(self) -> str:
        """Who is judged: the avatar, or the first other participant that showed a picture."""
        return self._watched or AVATAR

    def _choose(self, identity: str) -> None:
        self._watched = identity
        self._facts.setdefault("avatar_joined_s", self._now())
        self._facts.setdefault("video_published_s", self._now())
        if identity != AVATAR:
            self._notes.notes.append(f"no participant {AVATAR}; {identity} shows the picture")
        if identity in self._unclaimed:
            self._hear(self._unclaimed.pop(identity))

    def _hear(self, track: rtc.Track) -> None:
        self._facts.setdefault("audio_published_s", self._now())
        self._facts.setdefault("audio_subscribed_s", self._now())
        self.audio_track = track
        self._read(self._read_audio(track))

    def _on_dark(self, how: str, publication: rtc.TrackPublication, participant: rtc.Participant) -> None:
        """The picture's own track was muted or taken back; while we join anew that is no word of theirs."""
        picture = _kind(publication.kind) == "video" and participant.identity == self._the_one
        if picture and not self._reconnections.going_on:
            self._facts |= {"video_ended_s": self._now(), "video_ended_by": how}

    def _forget_dark(self) -> None:
        """Who goes takes the track along: one word for that is enough."""
        if self._now() - (self._facts.get("video_ended_s") or float("-inf")) < SAME_MOMENT_S:
            self._facts |= {"video_ended_s": None, "video_ended_by": None}

    def _on_bright(self, publication: rtc.TrackPublication, participant: rtc.Participant) -> None:
        if _kind(publication.kind) == "video" and participant.identity == self._the_one:
            self._facts |= {"video_ended_s": None, "video_ended_by": None}

    def _read(self, reading: Coroutine[Any, Any, None]) -> None:
        self._readers.append(asyncio.get_running_loop().create_task(reading))

    async def _read_video(self, track: rtc.Track) -> None:
        stream = rtc.VideoStream(track, capacity=RING, format=rtc.VideoBufferType.I420)
        while True:
            try:
                event = await anext(stream)  # does not end by itself; this task is cancelled
            except StopAsyncIteration:
                return
            if self._leaving:
                return
            seen = event.frame
            frame = Frame(self._moment(event.timestamp_us), seen.width, seen.height, seen.data)
            if not frame.is_picture or self.gone_s is not None:
                continue
            self.frames += 1
            if self.first_frame_s is None:
                self.first_frame_s = frame.at_s
            self._on_frame(frame)

    def _moment(self, timestamp_us: int) -> float:
        """The receiver's own clock where it is ours (monotonic, video health facts A), else now."""
        now = self._notes.now_s()
        at_s = timestamp_us / 1e6 - (self._notes.t0 or 0.0)
        return at_s if abs(at_s - now) < SAME_CLOCK_S else now

    async def _read_audio(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track, sample_rate=AUDIO_RATE_HZ, num_channels=1, frame_size_ms=AUDIO_FRAME_MS, capacity=200
        )
        async for event in stream:
            if self._leaving:
                return
            self._on_sound(bytes(event.frame.data), self._now())

    def _on_data(self, packet: rtc.DataPacket) -> None:
        if packet.topic != room_events.TOPIC:
            return
        sender = packet.participant.identity if packet.participant else None
        event = room_events.event_of(packet.data, self._now(), sender)
        if event is None or (len(self._notes.events) >= MOST_EVENTS and event.type != SESSION_STOPPED):
            return
        self._notes.events.append(event)
        if event.type == SESSION_STOPPED and self.vendor_stopped_s is None:
            self.vendor_stopped_s = event.at_s

    def _on_reconnecting(self, *_: object) -> None:
        self._reconnections.begin()
        if self._now() - self._facts.get("avatar_left_s", float("-inf")) < SAME_MOMENT_S:
            del self._facts["avatar_left_s"]  # the SDK empties the room when it has to join anew

    def _on_reconnected(self, *_: object) -> None:
        self._reconnections.end()
        there = {each.identity for each in self.room.remote_participants.values()}
        if self.avatar_seen and self._the_one not in there:
            self._facts.setdefault("avatar_left_s", self._now())

    def _on_disconnected(self, reason: Any = 0, *_: object) -> None:
        self._facts.setdefault("disconnected_s", self._now())
        self._forget_dark()
        with contextlib.suppress(ValueError):
            self._facts.setdefault("disconnect_reason", rtc.DisconnectReason.Name(reason))


def _kind(kind: int) -> str:
    return "video" if kind == rtc.TrackKind.KIND_VIDEO else "audio"
