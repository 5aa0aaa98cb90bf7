"""A real Chromium that opens a page and tells what it did, by its own debugging protocol."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "no Chromium on PATH; install it with: apt-get update && apt-get install -y chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
PATIENCE_S = 60.0
WIDER_THAN_THE_PAGE = """
[...document.querySelectorAll('body *')].filter(e => !e.closest('svg') && !e.classList.contains('sr')
  && !(e.closest('.sheet') && !e.classList.contains('sheet'))
  && getComputedStyle(e).position !== 'absolute'
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + '.' + e.className).slice(0, 5)
"""
"""What a reader would have to scroll sideways for; a strip of pictures is meant to be pushed."""
_COMPLAINTS = {"Runtime.exceptionThrown", "Log.entryAdded"}


def chromium() -> str | None:
    """The browser's path, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Tab:
    """
    One page. `requests` are addresses that it asked for, `complaints` what it wrote to the console; `pid` is
    the browser's first process.
    """

    _link: ClientConnection
    pid: int
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _count: int = 0
    _loaded: bool = False

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol and its result."""
        self._count += 1
        self._link.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            said = json.loads(self._link.recv(timeout=PATIENCE_S))
            self._note(said)
            if said.get("id") == self._count:
                assert "error" not in said, f"{method}: {said['error']}"
                result: dict[str, Any] = said["result"]
                return result

    def open(self, page: Path | str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Show a file, or what an address serves, at this size and wait until it is there."""
        self.requests.clear()
        self.complaints.clear()
        self._loaded = False
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.size(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="", features=[scheme])
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        until = time.monotonic() + PATIENCE_S
        while not (self._loaded and self.value("[...document.images].every(e => e.complete)")):
            assert time.monotonic() < until, "the page, or a picture of it, did not load"
            time.sleep(0.02)
            self.value("document.readyState")

    def size(self, width: int, height: int = 900) -> None:
        """The size of the view, in CSS pixels; narrow ones are phones."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def on_paper(self) -> None:
        """Lay the page out as print does, on A4 with margins of 12 mm."""
        self.call("Emulation.setEmulatedMedia", media="print")
        self.size(703, 1000)

    def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def pdf(self, path: Path) -> None:
        """Print the page."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(printed["data"]))

    def screenshot(self, path: Path, *, height: int | None = None, scale: float = 1) -> None:
        """The whole page as PNG, or its upper part; `scale` gives each CSS pixel more of the picture's."""
        whole = self.call("Page.getLayoutMetrics")["cssContentSize"]
        part = {"x": 0, "y": 0, "width": whole["width"], "height": height or whole["height"], "scale": scale}
        shown = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=part)
        path.write_bytes(base64.b64decode(shown["data"]))

    def _note(self, said: dict[str, Any]) -> None:
        method, params = said.get("method"), said.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method in _COMPLAINTS:
            self.complaints.append(json.dumps(params)[:400])
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning", "assert"}:
            self.complaints.append(json.dumps(params["args"])[:400])
        elif method == "Page.loadEventFired":
            self._loaded = True


@contextmanager
def browser(path: str, *more_flags: str) -> Iterator[Tab]:
    """A fresh browser without any profile; it is gone at the end."""
    profile = tempfile.mkdtemp(prefix="browser-")
    command = [path, *FLAGS, *more_flags, f"--user-data-dir={profile}", "about:blank"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        with connect(_page_address(child), max_size=1 << 28) as link:
            yield Tab(link, child.pid)
    finally:
        child.terminate()
        child.wait(timeout=PATIENCE_S)
        assert child.stderr is not None
        child.stderr.close()
        shutil.rmtree(profile, ignore_errors=True)


def _page_address(child: "subprocess.Popen[str]") -> str:
    """Where the one page listens, on the port that the browser chose itself."""
    assert child.stderr is not None
    for line in child.stderr:
        if found := re.search(r"ws://([^/\s]+)/devtools", line):
            with urllib.request.urlopen(f"http://{found[1]}/json", timeout=PATIENCE_S) as answer:
                pages = [each for each in json.load(answer) if each["type"] == "page"]
            return str(pages[0]["webSocketDebuggerUrl"])
    raise AssertionError("the browser ended before it listened")
