"""
Serves the page, the metrics, contact sheets and reports on 127.0.0.1: only GET, only names that we made.

Evidence is asked for by the number of its check; the path comes from the store and must lie in the
evidence folder. Requests for another host's name are refused, so that no page on the web can read this one
through a name that points here.
"""

import re
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from liveavatar_ops.schedule import metrics
from liveavatar_ops.schedule.database import StoreError
from liveavatar_ops.schedule.log import fault_of
from liveavatar_ops.schedule.page.render import html_of
from liveavatar_ops.schedule.page.view import page_of
from liveavatar_ops.schedule.shelf import KINDS, REPORTS, SHEETS, Kind, content, found
from liveavatar_ops.schedule.snapshot import Camera, Snapshot

HOST = "127.0.0.1"
SERVER = "liveavatar-ops"  # without the versions of what is under it
PATIENCE_S = 10.0
EVIDENCE = re.compile(r"/(sheets|reports)/([0-9]{1,15})(\.png|\.html)")
NEAR = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'nonce-{nonce}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class StatusServer:
    """The page of one watcher. `alive` is what /healthz answers by."""

    def __init__(
        self,
        camera: Camera,
        evidence: Path,
        *,
        port: int = 0,
        page_url: str | None = None,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        hosts = {*NEAR, (urlsplit(page_url).hostname or "") if page_url else ""} - {""}
        handler = type(
            "Handler",
            (_Handler,),
            {"camera": camera, "evidence": evidence, "hosts": hosts, "alive": staticmethod(alive)},
        )
        self._server = _Server((HOST, port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="status-page", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the page is, with the port that the system picked."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away is nobody's trouble."""


class _Handler(BaseHTTPRequestHandler):
    camera: Camera
    evidence: Path
    hosts: set[str]
    alive: Callable[[], bool]
    timeout = PATIENCE_S

    def do_GET(self) -> None:
        if self._host() not in self.hosts:
            self._send(421, b"This is a local page; ask for it as 127.0.0.1 or localhost.\n")
            return
        path = urlsplit(self.path).path
        try:
            if path == "/":
                self._page()
            elif path == "/metrics":
                self._send(200, metrics.render(self.camera.snapshot()), metrics.CONTENT_TYPE)
            elif path == "/healthz":
                ok = self.alive()
                self._send(200 if ok else 503, b"ok\n" if ok else b"the watcher does not look any more\n")
            elif (asked := EVIDENCE.fullmatch(path)) and KINDS[asked[1]].suffix == asked[3]:
                self._evidence(KINDS[asked[1]], int(asked[2]))
            else:
                self._send(404, b"There is no such page. Try / or /metrics.\n")
        except StoreError:
            self._send(503, b"The watcher's memory cannot be read just now.\n")
        except OSError:
            raise  # the reader went away
        except Exception as fault:  # noqa: BLE001 (an empty answer would pass for trouble with the network)
            said = f"This cannot be shown: {fault_of(fault)}. It is a fault of liveavatar-ops.\n"
            self._send(500, said.encode(errors="replace"))

    def _page(self) -> None:
        snapshot = self.camera.snapshot()
        nonce = secrets.token_urlsafe(16)
        page = page_of(snapshot, sheets=self._there(snapshot, SHEETS), reports=self._there(snapshot, REPORTS))
        policy = POLICY.format(nonce=nonce)
        self._send(200, html_of(page, nonce).encode(), "text/html; charset=utf-8", policy)

    def _there(self, snapshot: Snapshot, kind: Kind) -> set[int]:
        runs = (run for view in snapshot.targets for run in view.runs)
        return {run.token for run in runs if found(self.evidence, kind, run)}

    def _evidence(self, kind: Kind, token: int) -> None:
        held = content(found(self.evidence, kind, self.camera.run(token)), kind)
        if held is None:
            self._send(404, b"There is no such evidence (any more): old folders are removed.\n")
        else:
            self._send(200, held, kind.content_type, kind.policy)

    def _host(self) -> str:
        try:
            return urlsplit("//" + self.headers.get("Host", "")).hostname or ""
        except ValueError:
            return ""

    def _send(
        self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8", policy: str | None = None
    ) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", policy or POLICY.format(nonce="none"))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 405:
            self.send_header("Allow", "GET")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _only_get(self) -> None:
        self._send(405, b"Only GET.\n")

    def __getattr__(self, name: str) -> Any:
        """The base class looks for `do_POST` and the like; each answers the same."""
        if name.startswith("do_"):
            return self._only_get
        raise AttributeError(name)

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        """What the base class refuses (malformed requests, unknown methods): same headers, no echo."""
        self.command = self.command or "GET"
        self._send(code, b"This request is not understood here.\n")

    def version_string(self) -> str:
        """By this a spare watcher knows that the port is another one's."""
        return SERVER

    def log_message(self, *_: Any) -> None:
        """Reading the page is no event."""
