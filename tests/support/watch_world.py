"""Real watcher processes on one state directory, with fake checks and a receiver of messages."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0


def wait_for(what: Callable[[], Any], about: str) -> Any:
    """The first true answer; a generous deadline, because the machine may be busy."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {about}")


class Process:
    """One watcher. `events` are its log so far."""

    def __init__(self, child: "subprocess.Popen[str]", log: Path) -> None:
        self.child = child
        self._log = log

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self._log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def saw(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each["event"] == event]

    @property
    def url(self) -> str:
        started = wait_for(lambda: self.saw("watcher.started"), "the start of a watcher")
        return str(started[0]["page"])

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.child.send_signal(number)
        code = self.child.wait(timeout=PATIENCE_S)
        if code > 0:
            sys.stdout.write(f"{self._log.name}: {self._log.read_text()[-2000:]}\n")  # for a failed test
        return code


def _url_open(request: urllib.request.Request) -> Any:
    return urllib.request.urlopen(request, timeout=30)  # noqa: S310 (an address of this test's own)


class World:
    """A folder with a configuration, a state directory, and the log that fake checks write."""

    def __init__(self, folder: Path, *, templates: tuple[str, ...] = ("a", "b", "c"), **config: Any) -> None:
        self.folder = folder
        self.log, self.control = folder / "checks.jsonl", folder / "control.json"
        self.log.touch()
        self.state = folder / "state"
        self.stack = folder / "stack.json"
        self.deploy(*templates)
        self.processes: list[Process] = []
        self.stack_config: dict[str, str] = {}
        self.janitor = [sys.executable, "-S", "-c", "pass"]
        self.env = {
            **os.environ,
            "LIVEAVATAR_API_KEY": "key-that-must-not-show",
            "LIVEAVATAR_OPS_STATE": str(self.state),
        }
        self.checks_are()
        self.write_config(**config)

    def write_config(self, **config: Any) -> None:
        given = {"targets": [{"stack": "dev"}], "every": "1s", "lease": "3s", "account": {"max_parallel": 3}}
        given["blind_after"] = 1000  # a busy machine may give no check its turn for many intervals
        (self.folder / "watch.yaml").write_text(yaml.safe_dump({**given, **config}))

    def checks_are(self, **wish: Any) -> None:
        """What the fake checks find from now on; replaced whole, as they may be reading it."""
        part = self.control.with_suffix(".part")
        part.write_text(json.dumps({"verdict": "healthy", "lasts_s": 0.1, **wish}))
        part.replace(self.control)

    def checks_wait(self, **wish: Any) -> Path:
        """Checks that begin from now on go on until somebody makes the file that is returned."""
        word = self.folder / "end-now"
        self.checks_are(lasts_until=str(word), **wish)
        return word

    def deploy(self, *templates: str) -> None:
        """The stack exports these from now on."""
        self.templates = templates
        part = self.stack.with_suffix(".part")
        part.write_text(json.dumps(templates))
        part.replace(self.stack)

    def watcher(self, *, out: Path | None = None, **env: str) -> Process:
        """One more; what it prints goes to `out`, else to a file of its own."""
        spec = {"config": str(self.folder / "watch.yaml"), "log": str(self.log), "control": str(self.control)}
        number = len(self.processes)
        path = self.folder / f"spec-{number}.json"
        more = {"stack": str(self.stack), "stack_config": self.stack_config, "janitor": self.janitor}
        path.write_text(json.dumps({**spec, **more}))
        out = out or self.folder / f"watcher-{number}.log"
        with out.open("w") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.support.watch_process", str(path)],
                cwd=ROOT, env={**self.env, **env}, stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        self.processes.append(Process(child, out))
        return self.processes[-1]

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What the fake checks wrote, in the order in which it happened."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]

    def ended(self, target: str, how: str = "done") -> int:
        return sum(n["event"] == "end" and n["target"] == target and n["how"] == how for n in self.notes)

    def wait_for_rounds(self, rounds: int) -> None:
        """Until every target was checked so many times more."""
        names = [f"dev/{name}" for name in self.templates]
        before = {name: self.ended(name) for name in names}
        for name in names:
            wait_for(lambda n=name: self.ended(n) >= before[n] + rounds, f"{rounds} more checks of {name}")

    def close(self) -> None:
        for process in self.processes:
            if process.child.poll() is None:
                process.child.kill()
            process.child.wait()


@contextlib.contextmanager
def world(folder: Path, **config: Any) -> Iterator[World]:
    """A world whose processes end with the test."""
    made = World(folder, **config)
    try:
        yield made
    finally:
        made.close()


class Receiver:
    """Takes messages on 127.0.0.1; `answers` are the status codes to give, the last one for ever."""

    def __init__(self, *answers: int) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        codes = list(answers) or [200]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(json.loads(body))
                receiver.paths.append(self.path)
                self.send_response(codes.pop(0) if len(codes) > 1 else codes[0])
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook/very-secret-path"

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def fetch(url: str, *, method: str = "GET", host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    """(status, headers in lower case, body), whatever the status."""
    headers = {"Host": host} if host else {}
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310 (as above)
    try:
        with _url_open(request) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, {k.lower(): v for k, v in refused.headers.items()}, refused.read()
