"""A real Prefect server on this machine, and what it remembers of flow runs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120.0
ATTEMPTS = 5
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
}


def environment_python() -> Path:
    """Prefect's own environment; builds it if it is not there."""
    made = subprocess.run(
        [sys.executable, ROOT / "deploy" / "prefect" / "environment.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return Path(made.stdout.strip())


@dataclass(frozen=True)
class PrefectServer:
    """A running server; `env` is what a client of it needs."""

    api: str
    python: Path
    env: dict[str, str]

    def post(self, path: str, **body: object) -> Any:
        """Ask its REST API."""
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.api}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def serve(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        """`python -m liveavatar_ops.flows …` in Prefect's environment."""
        return subprocess.Popen(
            [self.python, "-m", "liveavatar_ops.flows", *arguments],
            env=self.env | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """The same, to its end."""
        process = self.serve(*arguments, **env)
        try:
            out, _ = process.communicate(timeout=240)
        finally:
            end(process)
        return subprocess.CompletedProcess(process.args, process.returncode, out)


@contextmanager
def running_prefect(home: Path) -> Iterator[PrefectServer]:
    """A server with its database in `home`, for as long as the block runs."""
    python, log = environment_python(), home / "server.log"
    for _ in range(ATTEMPTS):
        server = _server_at(free_port(), home, python)
        process = _start(server, log)
        try:
            if _gets_healthy(server, process):
                yield server
                return
        finally:
            end(process)
        if "in use" not in log.read_text():  # else somebody took the port before the server did
            break
    raise AssertionError(f"the Prefect server did not get ready:\n{log.read_text()[-3000:]}")


def _server_at(port: int, home: Path, python: Path) -> PrefectServer:
    api = f"http://127.0.0.1:{port}/api"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env = {
        **kept,
        **QUIET,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PYTHONPATH": str(ROOT / "ops"),
    }
    return PrefectServer(api, python, env)


def _start(server: PrefectServer, log: Path) -> "subprocess.Popen[Any]":
    where = urlsplit(server.api)
    command = [str(server.python), "-m", "prefect", "server", "start"]
    command += ["--host", str(where.hostname), "--port", str(where.port)]
    with log.open("w") as out:
        return subprocess.Popen(command, env=server.env, stdout=out, stderr=out, start_new_session=True)


def end(process: "subprocess.Popen[Any]") -> None:
    """End a process and everything in its session, also after a failure."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
    if process.stdout is not None:
        process.stdout.close()


def _gets_healthy(server: PrefectServer, process: "subprocess.Popen[Any]") -> bool:
    """Wait until it answers; False if it ended instead, or takes too long."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{server.api}/health", timeout=5):  # noqa: S310 - ours
            return True
        time.sleep(0.2)
    return False
