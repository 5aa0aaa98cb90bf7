"""A headless Chromium that plays a session as an application's page does, by the vendor's client library."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.browser import INSTALL, Tab, browser, chromium

LIBRARY, VERSION = "livekit-client", "2.23.0"
SCRIPT = "livekit-client.umd.js"
PAGE = Path(__file__).with_name("page.html")
FLAGS = (
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--mute-audio",  # decodes and mixes, but needs no sound card
)
PATIENCE_S = 30.0


class Missing(Exception):
    """Something this measurement needs is not installed; the text says how to get it."""


def library(cache: Path | None = None) -> Path:
    """The client library's one file; installed by npm, outside the work tree, where it is not yet."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = (cache or home / "liveavatar-ops" / "bench") / f"{LIBRARY}-{VERSION}"
    script = folder / "node_modules" / LIBRARY / "dist" / SCRIPT
    if script.is_file():
        return script
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("no npm on PATH; install it with: apt-get update && apt-get install -y npm")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run([*command, f"{LIBRARY}@{VERSION}"], capture_output=True, text=True, check=False)
    if done.returncode or not script.is_file():
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Missing(f"npm could not install {LIBRARY} {VERSION}: {last}")
    return script


def browser_path() -> str:
    """Chromium's; Missing where there is none."""
    path = chromium()
    if path is None:
        raise Missing(INSTALL)
    return path


class Page:
    """The open page; `pid` is the browser's first process."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.pid = tab.pid

    def join(
        self, url: str, token: str, *, looks_a_second: float | str, height: int, sound: bool = False
    ) -> None:
        """Join and play; judge the picture so often, or "every" one, or never (0), and the sound if asked."""
        judge = {"times_a_second": looks_a_second, "height": height, "sound": sound}
        self._tab.value(f"void join({json.dumps(url)}, {json.dumps(token)}, {json.dumps(judge)})")
        until = time.monotonic() + PATIENCE_S
        while not (seen := self._tab.value("seen"))["firstFrameAt"]:
            assert seen["problem"] is None, f"the page did not join: {seen['problem']}"
            assert time.monotonic() < until, f"the page showed no picture: {self._tab.complaints[-3:]}"
            time.sleep(0.1)

    def told(self) -> dict[str, Any]:
        """What it saw, by its own account and by WebRTC's statistics."""
        answer = self._tab.call(
            "Runtime.evaluate", expression="told()", awaitPromise=True, returnByValue=True
        )
        found: dict[str, Any] = answer["result"]["value"]
        return found

    def leave(self) -> None:
        """Leave the room."""
        self._tab.call("Runtime.evaluate", expression="leave()", awaitPromise=True)


@contextmanager
def page(folder: Path) -> Iterator[Page]:
    """A fresh browser with the page open; it is gone at the end."""
    script = library()
    for file in (PAGE, script):
        shutil.copy(file, folder / file.name)
    with browser(browser_path(), *FLAGS) as tab:
        tab.open(folder / PAGE.name, width=1280, height=720)
        yield Page(tab)
