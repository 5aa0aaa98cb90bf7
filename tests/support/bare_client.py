"""
A bare LiveKit client in a process of its own, which tells what it sees.

``python -m tests.support.bare_client`` reads one line ``{"url", "token", "joins_within_s"}`` from standard
input, joins, and writes what it has seen so far as a line of JSON, several times a second. A process of its
own, because the SDK may abort the interpreter that imports it as that one ends.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

PATIENCE_S = 90


@dataclass
class Seen:
    """What was seen of a session: ``tracks`` are like ``heygen/video``, ``size`` the largest picture."""

    tracks: list[str] = field(default_factory=list)
    size: list[int] = field(default_factory=lambda: [0, 0])
    frames: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    put_out: bool = False
    refused: str | None = None

    def said(self) -> list[str]:
        """The types of the events, in order."""
        return [str(event.get("event_type")) for event in self.events]


def watch(
    session: dict[str, Any], until: Callable[[Seen], bool], then: Callable[[], object] = lambda: None
) -> Seen:
    """
    Join a started session until something is seen, do something, and look on until put out of the room.
    """
    seen, done = Seen(), False
    with _client(session, joins_within_s=PATIENCE_S) as looks:
        for seen in looks:
            if seen.refused or (done and seen.put_out):
                break
            if not done and until(seen):
                done = True
                then()
    assert done, f"not seen within {PATIENCE_S} s; what was: {seen}"
    return seen


def refusal(session: dict[str, Any], *, within_s: float) -> str | None:
    """The kind of error with which joining a session ends, None if somebody is let in."""
    with _client(session, joins_within_s=within_s) as looks:
        return next(looks).refused


@contextmanager
def _client(session: dict[str, Any], *, joins_within_s: float) -> Iterator[Iterator[Seen]]:
    """What a client sees, several times a second from the moment that it is in, or is not let in."""
    command = [sys.executable, "-m", "tests.support.bare_client"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        way_in = {"url": session["livekit_url"], "token": session["livekit_client_token"]}
        client.stdin.write(json.dumps({**way_in, "joins_within_s": joins_within_s}) + "\n")
        client.stdin.flush()
        try:
            yield (Seen(**json.loads(line)) for line in client.stdout)
        finally:
            client.kill()


async def _look(job: dict[str, Any]) -> None:
    from livekit import rtc

    seen, room, streams = Seen(), rtc.Room(), set()

    async def count(track: rtc.Track) -> None:
        async for event in rtc.VideoStream(track):
            seen.frames += 1
            # The largest: when a track ends, the SDK itself adds a frame of 2x2.
            seen.size = max(seen.size, [event.frame.width, event.frame.height])

    def subscribed(track: rtc.Track, _: object, participant: rtc.RemoteParticipant) -> None:
        video = track.kind == rtc.TrackKind.KIND_VIDEO
        seen.tracks = sorted([*seen.tracks, f"{participant.identity}/{'video' if video else 'audio'}"])
        if video:
            streams.add(asyncio.ensure_future(count(track)))

    room.on("track_subscribed", subscribed)
    room.on("data_received", lambda packet: seen.events.append(json.loads(packet.data)))
    room.on("disconnected", lambda _: setattr(seen, "put_out", True))
    try:
        async with asyncio.timeout(PATIENCE_S):
            try:
                async with asyncio.timeout(job["joins_within_s"]):
                    await room.connect(job["url"], job["token"])
            except (rtc.ConnectError, TimeoutError) as why:
                seen.refused = type(why).__name__
            while True:
                sys.stdout.write(json.dumps(asdict(seen)) + "\n")
                sys.stdout.flush()
                await asyncio.sleep(0.1)
    except TimeoutError:
        pass


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        asyncio.run(_look(json.loads(sys.stdin.readline())))
    os._exit(0)
