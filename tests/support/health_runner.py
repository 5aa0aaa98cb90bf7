"""A parent whose child does as told, and an API that can only stop sessions."""

import json
import sqlite3
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.ledger import Ledger, Row
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.runner import Checked, Runner
from pulumi_liveavatar.settings import Settings

TARGET = TargetFacts(name="desk", depth=Depth.SESSION)
KEY = "canary-api-key-77"


class StopOnlyApi:
    """The stop call of LiveAvatar's API over real HTTP; remembers which sessions were stopped."""

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.refuse = False
        api = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.stopped.append(body["session_id"])
                answer = json.dumps({"code": 401 if api.refuse else 1000, "data": None, "message": "m"})
                self.send_response(401 if api.refuse else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


PRELUDE = """
import json, os, signal, sys, time
from pathlib import Path
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.job import Job
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.notebook import Notebook
job = Job.model_validate_json(sys.stdin.readline())
ledger = Ledger(job.ledger)
notes = Notebook(job.target)
def open_session():
    ledger.minted(job.check_id, "session-1")
    ledger.starting(job.check_id)
    ledger.started(job.check_id)
def finish():
    write_whole(job.workdir / "facts.json", notes.facts().model_dump_json())
"""


def run(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger, does: str, **seams: object
) -> tuple[Checked, list[str]]:
    """One check whose child does as told; what came out, and the phases that were announced."""
    script = tmp_path / "child.py"
    script.write_text(PRELUDE + textwrap.dedent(does))
    phases: list[str] = []
    named = {name: seams.pop(name) for name in list(seams) if name.isupper()}
    settings = Settings(LIVEAVATAR_API_KEY=KEY, LIVEAVATAR_API_URL=api.url, **named)
    runner = Runner(settings, ledger, child=(sys.executable, str(script)), on_phase=phases.append, **seams)
    return runner.check(TARGET, {"avatar_id": "x"}, Limits()), phases


def closed(ledger: Ledger) -> list[Row]:
    """The rows of the ledger, which holds no open one any more."""
    with sqlite3.connect(ledger.path) as db:
        ids = [row[0] for row in db.execute("SELECT check_id FROM probe_sessions")]
    return [row for each in ids if (row := ledger.get(each)) is not None]
