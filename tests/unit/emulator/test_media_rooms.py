"""Real rooms: a LiveKit server, an avatar in each session, and nothing of it left when the emulator ends."""

import asyncio
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from livekit import rtc
from tests.support.emulator import RunningEmulator, running_emulator, wait_gone
from tests.support.emulator_in_process import INES, JUNE

pytestmark = pytest.mark.media
_PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def process() -> Iterator[RunningEmulator]:
    with running_emulator(media=True) as emulator:
        yield emulator


@pytest.fixture
def emulator(process: RunningEmulator) -> RunningEmulator:
    process.admin("POST", "/reset")
    return process


@dataclass
class Seen:
    """What a bare client saw of a session."""

    kinds: set[tuple[str, int]] = field(default_factory=set)
    size: tuple[int, int] = (0, 0)
    frames: int = 0
    events: list[str] = field(default_factory=list)
    put_out: bool = False


def started(emulator: RunningEmulator, **changes: Any) -> dict[str, Any]:
    """A running session: the data of start's answer."""
    body = {"mode": "LITE", "avatar_id": JUNE, "video_settings": {"quality": "low"}, **changes}
    token = emulator.call("POST", "/v1/sessions/token", body).json()["data"]["session_token"]
    answer = httpx.post(
        f"{emulator.api_url}/v1/sessions/start", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def watch(data: dict[str, Any], until: Callable[[Seen], bool], then: Callable[[], object]) -> Seen:
    """Join as ``client`` until something is seen, do something, and see how the service takes leave."""
    return asyncio.run(_watch(data, until, then))


async def _watch(data: dict[str, Any], until: Callable[[Seen], bool], then: Callable[[], object]) -> Seen:
    seen, room, streams = Seen(), rtc.Room(), set()

    async def count(track: rtc.Track) -> None:
        stream = rtc.VideoStream(track)
        async for event in stream:
            seen.frames += 1
            # The largest: when a track ends, the client library itself adds a frame of 2x2.
            seen.size = max(seen.size, (event.frame.width, event.frame.height))

    def subscribed(track: rtc.Track, _: object, participant: rtc.RemoteParticipant) -> None:
        seen.kinds.add((participant.identity, track.kind))
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            streams.add(asyncio.ensure_future(count(track)))

    room.on("track_subscribed", subscribed)
    room.on("data_received", lambda packet: seen.events.append(packet.data.decode()))
    room.on("disconnected", lambda _: setattr(seen, "put_out", True))
    await room.connect(data["livekit_url"], data["livekit_client_token"])
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not until(seen):
                await asyncio.sleep(0.05)
            await asyncio.to_thread(then)
            while not seen.put_out:
                await asyncio.sleep(0.05)
    finally:
        for stream in streams:
            stream.cancel()
        with suppress(Exception):
            await room.disconnect()
    return seen


@pytest.mark.parametrize(
    ("avatar", "quality", "upright"), [(JUNE, "low", False), (INES, "low", True), (JUNE, "high", False)]
)
def test_heygen_is_seen_and_heard(
    emulator: RunningEmulator, avatar: str, quality: str, upright: bool
) -> None:
    """
    Participant ``heygen`` sends one picture and one sound; the stop is told and the room closed.
    """
    session = started(emulator, avatar_id=avatar, video_settings={"quality": quality})
    stop = {"session_id": session["session_id"], "reason": "USER_CLOSED"}

    seen = watch(
        session,
        lambda so_far: so_far.frames > 20 and len(so_far.kinds) == 2,
        lambda: emulator.call("POST", "/v1/sessions/stop", stop),
    )

    assert seen.kinds == {("heygen", rtc.TrackKind.KIND_VIDEO), ("heygen", rtc.TrackKind.KIND_AUDIO)}
    assert any("session.stopped" in event for event in seen.events)
    assert (seen.size[1] > seen.size[0]) is upright
    assert max(seen.size) == {"low": 640, "high": 1280}[quality]


def test_the_session_knows_its_user(emulator: RunningEmulator) -> None:
    """
    While the client is in the room the session says so.
    """
    session = started(emulator)

    def user_seen(_: Seen) -> bool:
        return bool(emulator.active_sessions()[0]["user_present"])

    watch(session, user_seen, lambda: emulator.admin("POST", "/reset"))


def test_a_crashed_worker_ends_its_session(emulator: RunningEmulator) -> None:
    """
    SIGKILL of an avatar worker ends its session SERVER_ERROR, puts the user out, and touches no other.
    """
    struck, other = started(emulator), started(emulator)
    worker = worker_of(emulator, struck["session_id"])

    watch(struck, lambda seen: seen.frames > 0, lambda: os.kill(worker, signal.SIGKILL))

    states = {one["id"]: one["end_reason"] for one in emulator.admin("GET", "/sessions")}
    assert states == {struck["session_id"]: "SERVER_ERROR", other["session_id"]: None}


def test_a_dead_media_server_is_started_again(emulator: RunningEmulator) -> None:
    """
    After SIGKILL of the media server a new session opens at the same address.
    """
    server = named(emulator, b"livekit-server", without=b"guard")
    os.kill(server, signal.SIGKILL)
    assert wait_gone({server}) == set()

    session = started(emulator)
    seen = watch(session, lambda so_far: so_far.frames > 0, lambda: emulator.admin("POST", "/reset"))

    assert seen.frames > 0
    assert session["livekit_url"] == emulator.livekit_url


def test_everything_listens_on_loopback_only(emulator: RunningEmulator) -> None:
    """
    No port of the emulator or its children is open on another interface.
    """
    session = started(emulator)
    assert session["livekit_url"].startswith("ws://127.0.0.1:")

    addresses = listening({emulator.pid, *emulator.children()})

    assert len(addresses) >= 3  # API, media signalling, media UDP
    assert {address for address, _ in addresses} == {"127.0.0.1"}


def test_sigkill_leaves_no_process(tmp_path: Path) -> None:
    """
    Killed in the middle of a session, the emulator leaves neither media server nor worker; the next run
    has that session ended.
    """
    state = tmp_path / "state.db"
    with running_emulator(media=True, state=state) as emulator:
        session = started(emulator)
        children = emulator.children()
        emulator.kill()

        assert len(children) >= 3  # guard, media server, worker
        assert wait_gone(children) == set()

    with running_emulator(media=False, state=state) as again:
        ended = {one["id"]: one["end_reason"] for one in again.admin("GET", "/sessions")}
        assert ended == {session["session_id"]: "SERVER_ERROR"}


def test_a_clean_end_leaves_no_process() -> None:
    """
    Told to end in the middle of a session, everything is gone when the emulator is.
    """
    with running_emulator(media=True) as emulator:
        started(emulator)
        children = emulator.children()
        assert emulator.stop() == 0

    assert wait_gone(children, within_s=0) == set()


@pytest.mark.parametrize("fault", ["dead_media", "bad_livekit_token"])
def test_a_spoiled_way_in_lets_nobody_in(emulator: RunningEmulator, fault: str) -> None:
    """
    Neither an address that answers nothing nor a token nobody signed opens a room.
    """
    emulator.admin("POST", "/faults", {"fault": {"name": fault}, "times": 1})
    session = started(emulator)

    async def join() -> None:
        room = rtc.Room()
        async with asyncio.timeout(3 if fault == "dead_media" else 30):
            await room.connect(session["livekit_url"], session["livekit_client_token"])

    with pytest.raises((rtc.ConnectError, TimeoutError)):
        asyncio.run(join())


def worker_of(emulator: RunningEmulator, session_id: str) -> int:
    """The process of a session's worker, by the room it joined: the admin API tells it."""
    found = {one["id"]: one["worker_pid"] for one in emulator.admin("GET", "/sessions")}
    pid: int = found[session_id]
    return pid


def named(emulator: RunningEmulator, part: bytes, *, without: bytes) -> int:
    """The emulator's child with this in its command line, once it is there."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        for pid in emulator.children():
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                if part in command and without not in command:
                    return pid
        time.sleep(0.05)
    raise AssertionError(f"no child is named {part!r}")


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """Addresses and ports of processes' listening TCP and bound UDP sockets (Linux)."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == state and parts[9] in inodes:
                found.add(_address(parts[1]))
    return found


def _address(text: str) -> tuple[str, int]:
    address, port = text.split(":")
    if len(address) > 8:
        return f"IPv6 {address}", int(port, 16)
    return socket.inet_ntoa(struct.pack("<I", int(address, 16))), int(port, 16)
