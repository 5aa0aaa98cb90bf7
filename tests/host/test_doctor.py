"""Doctor as a process of its own, against a real API, a closed port, a wrong clock and a wrong key."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulator import RunningEmulator, running_emulator

RUN = "import typer; from liveavatar_ops.doctor.cli import doctor; typer.run(doctor)"
WRONG_KEY = "la-wrong-key-that-nobody-may-see"


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as running:
        yield running


def run(tmp_path: Path, *arguments: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        env={**clean, "LIVEAVATAR_OPS_STATE": str(tmp_path / "state"), **env},
        cwd=tmp_path,
        check=False,
        timeout=120,
    )


def states(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return {finding["name"]: finding["state"] for finding in found}


def test_a_machine_in_order_is_all_right(tmp_path: Path, emulator: RunningEmulator) -> None:
    """Every step to the account's credits is looked at, nothing is broken, nothing is made."""
    env = {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": emulator.api_key}

    done = run(tmp_path, "--json", env=env)
    seen = states(done)

    assert done.returncode == 0, done.stdout
    assert {seen[n] for n in ("API name", "API TCP", "API HTTP", "Clock", "API key", "Credits")} == {"ok"}
    assert list(tmp_path.iterdir()) == []
    assert emulator.active_sessions() == []


def test_a_wrong_key_is_one_broken_line(tmp_path: Path, emulator: RunningEmulator) -> None:
    """The way is all right, the key is not, and the key itself is nowhere."""
    env = {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": WRONG_KEY}

    done = run(tmp_path, "--json", env=env)
    seen = states(done)

    assert done.returncode == 1
    assert (seen["API HTTP"], seen["API key"], seen["Credits"]) == ("ok", "broken", "skipped")
    assert WRONG_KEY not in done.stdout + done.stderr


def test_the_screen_says_what_to_do(tmp_path: Path, emulator: RunningEmulator) -> None:
    """In 80 columns, without colours in a pipe, with the cure below the line."""
    env = {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": WRONG_KEY, "PYTHONUTF8": "1"}

    done = run(tmp_path, env=env)

    assert "✗ API key             LiveAvatar does not accept it (401)" in done.stdout
    assert "→ Export LIVEAVATAR_API_KEY" in done.stdout
    assert "\x1b[" not in done.stdout
    # A path stays whole, because somebody will copy it; a test's folder has a long name.
    assert max(len(line) for line in done.stdout.splitlines() if str(tmp_path) not in line) <= 80


def test_a_closed_port_is_not_taken_for_a_bad_key(tmp_path: Path) -> None:
    """TCP is what failed; the rest was not looked at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    env = {"LIVEAVATAR_API_URL": f"http://127.0.0.1:{port}", "LIVEAVATAR_API_KEY": WRONG_KEY}

    done = run(tmp_path, "--json", env=env)
    seen = states(done)

    assert done.returncode == 1
    assert (seen["API name"], seen["API TCP"], seen["API key"]) == ("ok", "broken", "skipped")


@contextmanager
def api_an_hour_ahead() -> Iterator[str]:
    """Answers as LiveAvatar does, with a clock of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"code": 1000, "data": {"credits_left": "500"}, "message": "ok"}).encode()
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() + 3600, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_clock_that_is_wrong_is_found(tmp_path: Path) -> None:
    """An hour is told, with its direction and the cure."""
    with api_an_hour_ahead() as url:
        done = run(tmp_path, "--json", env={"LIVEAVATAR_API_URL": url, "LIVEAVATAR_API_KEY": WRONG_KEY})

    clock = next(f for f in json.loads(done.stdout)["findings"] if f["name"] == "Clock")
    assert clock["state"] == "broken"
    assert "behind the server's" in clock["sentence"]
    assert "set-ntp" in clock["fix"]
    assert states(done)["API key"] == "ok"


def test_a_media_server_that_is_not_there_is_named(tmp_path: Path, emulator: RunningEmulator) -> None:
    """Signalling is broken; what this machine cannot block is skipped."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    env = {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": emulator.api_key}

    done = run(tmp_path, "--json", "--livekit-url", f"ws://127.0.0.1:{port}", env=env)
    seen = states(done)

    assert (seen["Signalling"], seen["Media over UDP"]) == ("broken", "skipped")


@pytest.mark.media
def test_a_real_livekit_server_is_recognised(tmp_path: Path) -> None:
    """Its refusal of somebody without a token is what proves the way."""
    with running_emulator(media=True) as running:
        env = {"LIVEAVATAR_API_URL": running.api_url, "LIVEAVATAR_API_KEY": running.api_key}
        done = run(tmp_path, "--json", "--livekit-url", running.livekit_url, env=env)

    assert states(done)["Signalling"] == "ok"
