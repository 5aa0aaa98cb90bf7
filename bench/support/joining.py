"""
One viewer in a process of its own that joins a room, sees one picture and says how long that took.

`python -m bench.support.joining bare` is what a LiveKit client needs at least: connect, and the first event
of a VideoStream. `… watching` joins with the health job's own RoomWatch and Senses. Either reads one JSON
line (`url`, `token`) and answers with one: seconds from just before connect, and when that was.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

from livekit.rtc._ffi_client import FfiClient

from livekit import rtc

PATIENCE_S = 30.0
Moments = dict[str, float]


class Bare:
    """As little as can be."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.first: asyncio.Future[tuple[float, float]] = asyncio.get_running_loop().create_future()
        self._reading: asyncio.Task[None] | None = None
        self.room.on("track_subscribed", self._subscribed)

    async def join(self, url: str, token: str) -> Moments:
        """Connect and wait for a picture."""
        _ = FfiClient.instance  # loads the SDK's library: a bare client's best case
        begun = time.monotonic()
        await self.room.connect(url, token, rtc.RoomOptions(auto_subscribe=True))
        connected = time.monotonic()
        stamped, handed = await asyncio.wait_for(self.first, PATIENCE_S)
        return {
            "begun": begun,
            "connected_s": connected - begun,
            "first_frame_s": stamped - begun,
            "handed_over_s": handed - begun,
        }

    def _subscribed(self, track: rtc.Track, _publication: Any, _participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            self._reading = asyncio.ensure_future(self._read(track))

    async def _read(self, track: rtc.Track) -> None:
        event = await anext(rtc.VideoStream(track))
        self.first.set_result((event.timestamp_us / 1e6, time.monotonic()))


async def _watching(url: str, token: str) -> Moments:
    """The same with what the health job does to every frame and sound."""
    # Here, so that the bare client's process holds nothing of ours.
    from liveavatar_ops.health.facts import Depth, TargetFacts  # noqa: PLC0415 - as said above
    from liveavatar_ops.health.frames import RoomWatch  # noqa: PLC0415 - as said above
    from liveavatar_ops.health.limits import Limits  # noqa: PLC0415 - as said above
    from liveavatar_ops.health.notebook import Notebook  # noqa: PLC0415 - as said above
    from liveavatar_ops.health.pipe import Frame  # noqa: PLC0415 - as said above
    from liveavatar_ops.health.senses import Senses  # noqa: PLC0415 - as said above

    notes = Notebook(TargetFacts(name="one room", depth=Depth.VIDEO))
    senses, handed = Senses(Limits(), 12), asyncio.get_running_loop().create_future()

    def take(frame: Frame) -> None:
        senses.see(frame)
        if not handed.done():
            handed.set_result(notes.now_s())

    room = RoomWatch(notes, on_frame=take, on_sound=senses.hear)
    await room.join(url, token, within_s=PATIENCE_S)
    handed_s = await asyncio.wait_for(handed, PATIENCE_S)
    begun = notes.room["connect_started_s"]
    assert room.first_frame_s is not None
    assert notes.t0 is not None
    return {
        "begun": notes.t0 + begun,
        "connected_s": notes.room["connected_s"] - begun,
        "first_frame_s": room.first_frame_s - begun,
        "handed_over_s": handed_s - begun,
    }


async def _main(how: str) -> Moments:
    job = json.loads(sys.stdin.readline())
    if how == "watching":
        return await _watching(job["url"], job["token"])
    return await Bare().join(job["url"], job["token"])


if __name__ == "__main__":
    # Not asyncio.run, which would wait for what still reads.
    found = asyncio.new_event_loop().run_until_complete(_main(sys.argv[1]))
    found["connect_started_at"] = time.time() - (time.monotonic() - found.pop("begun"))
    sys.stdout.write(json.dumps({name: round(took, 4) for name, took in found.items()}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the SDK may abort an interpreter that ends normally
