"""Real rooms: a LiveKit server, an avatar in each session, and nothing of it left when the emulator ends."""

import os
import signal
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.bare_client import Seen, refusal, watch
from tests.support.emulator import RunningEmulator, running_emulator, wait_gone
from tests.support.emulator_in_process import INES, JUNE
from tests.support.processes import socket_numbers, until

pytestmark = pytest.mark.media
_PATIENCE_S = 90.0
TCP = [("tcp", "0A"), ("tcp6", "0A")]  # those that listen
UDP = [("udp", "07"), ("udp6", "07")]  # those that are bound


@pytest.fixture(scope="module")
def process() -> Iterator[RunningEmulator]:
    with running_emulator(media=True) as emulator:
        yield emulator


@pytest.fixture
def emulator(process: RunningEmulator) -> RunningEmulator:
    process.admin("POST", "/reset")
    return process


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


@pytest.mark.parametrize(
    ("avatar", "quality", "size"),
    [(JUNE, "low", [640, 360]), (INES, "low", [360, 640]), (JUNE, "high", [1280, 720])],
)
def test_heygen_is_seen_and_heard(
    emulator: RunningEmulator, avatar: str, quality: str, size: list[int]
) -> None:
    """
    Participant ``heygen`` sends one picture and one sound until stopped, then the room is closed. The size is
    waited for: a sender that finds the machine busy begins with a smaller one.
    """
    session = started(emulator, avatar_id=avatar, video_settings={"quality": quality})
    stop = {"session_id": session["session_id"], "reason": "USER_CLOSED"}

    seen = watch(
        session,
        lambda so_far: so_far.frames > 20 and len(so_far.tracks) == 2 and so_far.size == size,
        lambda: emulator.call("POST", "/v1/sessions/stop", stop),
    )

    assert seen.tracks == ["heygen/audio", "heygen/video"]
    assert seen.said()[-1] == "session.stopped"
    assert seen.put_out


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
    server = media_server(emulator)
    os.kill(server, signal.SIGKILL)
    assert wait_gone({server}) == set()

    session = started(emulator)
    seen = watch(session, lambda so_far: so_far.frames > 0, lambda: emulator.admin("POST", "/reset"))

    assert seen.frames > 0
    assert session["livekit_url"] == emulator.livekit_url
    assert media_server(emulator) != server


def test_everything_listens_on_loopback_only(emulator: RunningEmulator) -> None:
    """
    No port of the emulator or its children listens on another interface while an avatar is in its room. The
    avatar itself is a client there: WebRTC has it look for a way out on every interface, by UDP.
    """
    session = started(emulator)
    assert session["livekit_url"].startswith("ws://127.0.0.1:")
    servers: set[tuple[str, int]] = set()
    avatars: set[tuple[str, int]] = set()

    def look() -> None:
        everybody = {emulator.pid, *emulator.children()}
        actors = {pid for pid in everybody if b"liveavatar_emulator.worker" in command_line(pid)}
        servers.update(listening(everybody - actors, TCP + UDP))
        avatars.update(listening(actors, TCP))
        assert listening(actors, UDP), "the avatar is in its room"
        emulator.admin("POST", "/reset")

    watch(session, lambda seen: seen.frames > 0, look)

    assert len(servers) >= 3  # API, media signalling, media UDP
    assert {address for address, _ in servers | avatars} == {"127.0.0.1"}


def test_sigkill_leaves_no_process(tmp_path: Path) -> None:
    """
    Killed in the middle of a session, the emulator leaves neither media server nor worker; the next run
    has that session ended.
    """
    state = tmp_path / "state.db"
    with running_emulator(media=True, state=state) as emulator:
        session = started(emulator)
        worker = worker_of(emulator, session["session_id"])
        children = emulator.children()
        emulator.kill()

        assert worker in children
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
        worker = worker_of(emulator, started(emulator)["session_id"])
        children = emulator.children()
        assert worker in children
        assert emulator.stop() == 0

    assert wait_gone(children, within_s=0) == set()


@pytest.mark.parametrize(
    ("fault", "within_s", "error"),
    [("dead_media", 10, "TimeoutError"), ("bad_livekit_token", _PATIENCE_S, "ConnectError")],
)
def test_a_spoiled_way_in_lets_nobody_in(
    emulator: RunningEmulator, fault: str, within_s: float, error: str
) -> None:
    """
    Neither an address that answers nothing nor a token nobody signed opens a room.
    """
    emulator.admin("POST", "/faults", {"fault": {"name": fault}, "times": 1})
    session = started(emulator)

    assert refusal(session, within_s=within_s) == error


def worker_of(emulator: RunningEmulator, session_id: str) -> int:
    """The process of a session's worker, once it is on its way: start answers without waiting for it."""
    found: dict[str, int | None] = {}

    def is_there() -> bool:
        found.update({one["id"]: one["worker_pid"] for one in emulator.admin("GET", "/sessions")})
        return found[session_id] is not None

    until(is_there, f"a worker of session {session_id}")
    pid = found[session_id]
    assert pid is not None
    return pid


def named(emulator: RunningEmulator, part: bytes, *, without: bytes) -> int:
    """The emulator's child with this in its command line, once it is there."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        for pid in emulator.children():
            command = command_line(pid)
            if part in command and without not in command:
                return pid
        time.sleep(0.05)
    raise AssertionError(f"no child is named {part!r}")


def media_server(emulator: RunningEmulator) -> int:
    """The process of the media server, once it is there."""
    return named(emulator, b"livekit-server", without=b"guard")


def command_line(pid: int) -> bytes:
    """A process's command line; empty if it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def listening(pids: set[int], tables: Sequence[tuple[str, str]]) -> set[tuple[str, int]]:
    """Addresses and ports of processes' sockets in the system's tables that are in a state (Linux)."""
    inodes = set().union(*map(socket_numbers, pids))
    found = set()
    for table, state in tables:
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
