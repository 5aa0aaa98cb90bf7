"""What a worker is told, and how it refuses what it cannot read."""

import json
import subprocess
import sys
from typing import Any

import pytest

from liveavatar_emulator.worker import events, faults
from liveavatar_emulator.worker.job import BadLine, Fault, read_command, read_job

SECRET = "sk-never-to-be-repeated"


def job(**changes: Any) -> str:
    return json.dumps(
        {
            "session_id": "s",
            "livekit_url": "ws://127.0.0.1:1",
            "token": SECRET,
            "avatar": {"id": "a", "name": "A", "look": "studio"},
            "video": {"width": 1280, "height": 720, "fps": 25, "codec": "H264"},
            "context": None,
            "openai": {
                "base_url": "http://x/v1",
                "api_key": SECRET,
                "model": "m",
                "voice": "v",
                "temperature": 0.7,
            },
            "faults": [{"name": "low_fps", "fps": 5}],
            "max_session_duration": 60,
            **changes,
        }
    )


def test_a_job_is_read_whole_and_hides_its_secrets() -> None:
    """Keys and tokens do not show when a job is printed."""
    read = read_job(job())

    assert read.token.get_secret_value() == SECRET
    assert read.faults[0].number("fps", 0) == 5
    assert SECRET not in repr(read)


def test_a_bad_job_names_every_field_and_no_value() -> None:
    """All problems at once, with their places; what was sent is not repeated."""
    with pytest.raises(BadLine) as caught:
        read_job(job(avatar={}, video={"width": SECRET, "height": 720}))

    assert "avatar.id" in str(caught.value)
    assert "video.width" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("line", ["", "[]", '{"command":"dance"}', '{"command":"fault"}'])
def test_what_is_no_command_is_refused(line: str) -> None:
    """Anything but the three commands is named as no command."""
    with pytest.raises(BadLine, match="command"):
        read_command(line)


def test_faults_begin_and_end_when_told() -> None:
    """`after_s` counts from the picture, or from the command that came later; for 0 s is for ever."""
    on = faults.Faults([Fault(name="stall", after_s=3, for_s=2), Fault(name="black", after_s=1, for_s=0)])
    on.add(Fault(name="mute", after_s=1), 10.0)

    assert [bool(on.on("stall", t)) for t in (2.9, 3.0, 4.9, 5.0)] == [False, True, True, False]
    assert on.on("black", 1e6)
    assert [bool(on.on("mute", t)) for t in (10.9, 11.0)] == [False, True]
    on.clear()
    assert not on.on("black", 20.0)


def run(stdin: str) -> tuple[int, list[dict[str, Any]], str]:
    """The worker as a process, given some lines and then no more."""
    done = subprocess.run(
        [sys.executable, "-m", "liveavatar_emulator.worker"],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_worker_says_ready_and_ends_with_its_stdin() -> None:
    """A warm worker that gets no job leaves without a trace."""
    code, events, errors = run("")

    assert (code, events, errors) == (0, [{"event": "ready"}], "")


def test_a_worker_refuses_a_bad_job_in_one_line() -> None:
    """One error event, exit code 2, no traceback, no secret."""
    code, events, errors = run(job(avatar={}) + "\n")

    assert code == 2
    assert [event["event"] for event in events] == ["ready", "error"]
    assert "Traceback" not in errors
    assert SECRET not in json.dumps(events) + errors


def test_a_worker_that_cannot_join_says_so_and_ends() -> None:
    """Nobody listens at the address: an error event, then the end with its reason; no secret in either."""
    with subprocess.Popen(
        [sys.executable, "-m", "liveavatar_emulator.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdin
        assert worker.stdout
        assert worker.stderr
        worker.stdin.write(job(openai=None) + "\n")
        worker.stdin.flush()
        events = [json.loads(line) for line in worker.stdout]
        errors = worker.stderr.read()

    assert events[-1] == {"event": "ended", "reason": "DISPATCH_FAILED"}
    assert [event["event"] for event in events] == ["ready", "error", "ended"]
    assert SECRET not in json.dumps(events) + errors


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'{"event_type": 5}', b"\xff", b"[" * 100_000])
def test_a_packet_that_is_no_command_is_none(raw: bytes) -> None:
    """Anybody in a room may send anything."""
    assert events.command(raw) is None
