"""A room that NO_PROXY excepts, an API that only the proxy leads to: the session is stopped by the proxy."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from liveavatar_ops.health.api_side import ApiSide
from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.job import Job
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.media_proxy import keep_exceptions
from liveavatar_ops.health.notebook import Notebook
from liveavatar_ops.health.owner import this_process
from pulumi_liveavatar.settings import Settings

TARGET = TargetFacts(name="desk", depth=Depth.SESSION)
ANSWERS = {
    "token": '{"session_id": "s1", "session_token": "t"}',
    "start": '{"session_id": "s1", "livekit_url": "ws://room.example.com", "livekit_client_token": "x"}',
    "stop": "null",
}


class Proxy(BaseHTTPRequestHandler):
    """Answers every call itself, as a proxy does that is the only way out."""

    asked: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append(self.path)
        body = f'{{"code": 1000, "data": {ANSWERS[self.path.rsplit("/", 1)[1]]}}}'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    Proxy.asked = []
    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("NO_PROXY", "room.example.com")
        yield Proxy.asked
        server.shutdown()


def test_the_session_is_stopped_by_the_way_it_was_started(asked: list[str], tmp_path: Path) -> None:
    """Joining takes the proxy out of the environment; the API is still asked through it."""
    settings = Settings(LIVEAVATAR_API_KEY="key", LIVEAVATAR_API_URL="http://10.255.0.8")
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    job = Job(
        check_id="check-1", target=TARGET, body={"avatar_id": "a"}, limits=Limits(), workdir=tmp_path,
        ledger=ledger.path, api_url=settings.api_url,
    )  # fmt: skip
    ledger.plan("check-1", target="desk", api_url=settings.api_url, parent=this_process(), deadline_at=9e9)
    notes = Notebook(TARGET, settings.api_url)
    side = ApiSide(job, notes, ledger, settings, sleep=lambda _: None)

    started = side.open()
    keep_exceptions(started.livekit_url)
    side.close()

    assert [path.rsplit("/", 1)[1] for path in asked] == ["token", "start", "stop"]
    assert notes.facts().stop.stopped
    assert ledger.open_rows() == []
