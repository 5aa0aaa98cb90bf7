"""
Serves the page, the metrics and the contact sheets on 127.0.0.1: only GET, only names that we made.

A sheet is asked for by the number of its check; the path comes from the store and must lie in the
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
from liveavatar_ops.schedule.page.render import html_of
from liveavatar_ops.schedule.page.view import page_of
from liveavatar_ops.schedule.snapshot import Camera, Snapshot

HOST = "127.0.0.1"
PATIENCE_S = 10.0
LARGEST_SHEET = 32 * 2**20
PNG = b"\x89PNG\r\n\x1a\n"
SHEET = re.compile(r"/sheets/([0-9]{1,15})\.png")
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
            elif found := SHEET.fullmatch(path):
                self._sheet(int(found.group(1)))
            else:
                self._send(404, b"There is no such page. Try / or /metrics.\n")
        except StoreError:
            self._send(503, b"The watcher's memory cannot be read just now.\n")

    def _page(self) -> None:
        snapshot = self.camera.snapshot()
        nonce = secrets.token_urlsafe(16)
        page = page_of(snapshot, has_sheet=self._there(snapshot))
        self._send(200, html_of(page, nonce).encode(), "text/html; charset=utf-8", nonce)

    def _there(self, snapshot: Snapshot) -> list[int]:
        runs = [run for view in snapshot.targets for run in view.runs if run.sheet]
        return [run.token for run in runs if sheet_file(self.evidence, run.sheet)]

    def _sheet(self, token: int) -> None:
        path = sheet_file(self.evidence, self.camera.sheet(token))
        content = path.read_bytes() if path and path.stat().st_size <= LARGEST_SHEET else b""
        if content.startswith(PNG):
            self._send(200, content, "image/png")
        else:
            self._send(404, b"There is no such contact sheet (any more).\n")

    def _host(self) -> str:
        try:
            return urlsplit("//" + self.headers.get("Host", "")).hostname or ""
        except ValueError:
            return ""

    def _send(
        self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8", nonce: str = "none"
    ) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", POLICY.format(nonce=nonce))
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
        """Without the versions of what is under it."""
        return "liveavatar-ops"

    def log_message(self, *_: Any) -> None:
        """Reading the page is no event."""


def sheet_file(evidence: Path, sheet: str | None) -> Path | None:
    """The file, if it is a PNG that really lies in the evidence folder (links followed)."""
    if not sheet:
        return None
    try:
        path = (evidence / sheet).resolve(strict=True)
        inside = path.is_relative_to(evidence.resolve(strict=True))
    except (OSError, ValueError, RuntimeError):
        return None
    return path if inside and path.suffix == ".png" and path.is_file() else None
