"""
`python -m docs.take_pictures [WORD]`: takes the pictures of the docs anew (those with WORD in their name).

Real checks against an emulator, a real watcher, a real browser. It needs Chromium and pdftoppm, and a machine
with nothing else to do: a busy one shows in the pictures. The status page takes some minutes of watching.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from tests.support.browser import Tab, browser, chromium
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import COMMAND, settings_of

from liveavatar_ops.rehearse.row import JUNE, MAREK, STARTER

PICTURES = Path(__file__).parent / "pictures"
GREETING = "Good day, and welcome. How may I help you?"
WELL_S, ILL_S = 150.0, 80.0
TIME_ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Studio:
    """What every picture is taken with."""

    emulator: RunningEmulator
    tab: Tab
    folder: Path

    def template(self, name: str, avatar: str, quality: str = "high", *, talks: bool = True) -> Path:
        """The body of a session token, with what it refers to."""
        body: dict[str, Any] = {"mode": "LITE", "avatar_id": avatar, "video_settings": {"quality": quality}}
        if talks:
            key = {"secret_type": "OPENAI_API_KEY", "secret_value": "sk-emulator-accepts-this-key"}
            secret = self._made("secrets", **key)
            context = self._made("contexts", prompt="You greet people.", opening_text=GREETING)
            body["openai_realtime_config"] = {"secret_id": secret, "context_id": context, "voice": "marin"}
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(body))
        return file

    def _made(self, kind: str, **body: str) -> str:
        name = {"secret_name" if kind == "secrets" else "name": f"one of {time.time_ns()}"}
        answer = self.emulator.call("POST", f"/v1/{kind}", {**name, **body})
        return str(answer.raise_for_status().json()["data"]["id"])

    def check(self, template: Path, *flags: str, fault: dict[str, Any] | None = None) -> Path:
        """One real check; the folder of its evidence."""
        evidence = self.folder / f"evidence-{time.time_ns()}"
        if fault:
            self.emulator.admin("POST", "/faults", {"fault": fault})
        places = ["--template-file", str(template), "--evidence", str(evidence)]
        subprocess.run(
            [*COMMAND, "check", *places, *flags], env=settings_of(self.emulator, self.folder), check=False
        )
        self.emulator.admin("DELETE", "/faults")
        return evidence


def keep(taken: Path, name: str) -> None:
    """Lay a picture into the docs."""
    (PICTURES / f"{name}.png").write_bytes(taken.read_bytes())


def healthy(studio: Studio) -> None:
    """A conversation as it should be: contact sheet and timeline."""
    evidence = studio.check(studio.template("front-desk", JUNE), "--depth", "conversation")
    keep(evidence / "contact-sheet.png", "contact-sheet")
    studio.tab.open(evidence / "timeline.svg", width=1200, height=665)
    studio.tab.screenshot(PICTURES / "timeline.png")


def no_answer(studio: Studio) -> None:
    """An avatar that greets, and then says nothing."""
    evidence = studio.check(
        studio.template("reception", STARTER), "--depth", "conversation", fault={"name": "no_answer"}
    )
    keep(evidence / "contact-sheet.png", "contact-sheet-no-answer")


def frozen(studio: Studio) -> None:
    """A picture that freezes while it greets: contact sheet, and report at a desk, on a phone, on paper."""
    fault = {"name": "frozen", "after_s": 3.0}
    evidence = studio.check(studio.template("reception", STARTER), "--record", fault=fault)
    keep(evidence / "contact-sheet.png", "contact-sheet-unhealthy")
    tab, report = studio.tab, evidence / "report.html"
    tab.open(report, width=1180)
    tab.screenshot(PICTURES / "report.png", height=1240)
    tab.open(report, width=390)
    tab.screenshot(PICTURES / "report-phone.png", height=1700, scale=1.5)
    tab.open(report)
    tab.pdf(studio.folder / "report.pdf")
    first = ["-png", "-r", "96", "-f", "1", "-l", "1", "-singlefile", str(studio.folder / "report.pdf")]
    subprocess.run(["pdftoppm", *first, str(PICTURES / "report-print")], check=True)


def status_page(studio: Studio) -> None:
    """Two avatars, watched; one of them freezes."""
    desk = {"template_file": str(studio.template("front-desk", JUNE, "medium", talks=False))}
    night = {"template_file": str(studio.template("night-desk", MAREK, "low", talks=False))}
    desk["name"], night["name"] = "prod/front-desk", "prod/night-desk"
    _watch(studio, [{**desk, "every": "12s"}, {**night, "every": "12s"}], WELL_S)
    studio.emulator.admin("POST", "/faults", {"fault": {"name": "frozen", "after_s": 1.0}})
    hour = datetime.now(ZoneInfo(TIME_ZONE)).strftime("%H:00")
    away = {"from": hour, "for": "2h", "targets": [night["name"]]}  # one shall not freeze
    _watch(studio, [{**desk, "every": "12s"}, {**night, "every": "12s"}], ILL_S, away, end=lambda page: (
        studio.tab.open(page, width=1280), studio.tab.screenshot(PICTURES / "status-page.png"),
    ))  # fmt: skip
    studio.emulator.admin("DELETE", "/faults")


def _watch(
    studio: Studio,
    targets: list[dict[str, str]],
    for_s: float,
    *windows: dict[str, Any],
    end: Callable[[str], object] = str,
) -> None:
    config = studio.folder / "watch.yaml"
    settings = {
        "confirm": {"every": "10s"}, "budget": {"credits_a_day": 100}, "time_zone": TIME_ZONE,
        "maintenance": list(windows),
    }  # fmt: skip
    config.write_text(yaml.safe_dump({"targets": targets, **settings}))
    log = studio.folder / f"watch-{time.time_ns()}.log"
    with log.open("w") as out:
        watcher = subprocess.Popen(
            [*COMMAND, "watch", "--config", str(config)],
            env=settings_of(studio.emulator, studio.folder), stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            time.sleep(for_s)
            found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text())
            assert found, log.read_text()
            end(found[0])
        finally:
            watcher.terminate()
            watcher.wait(60)


TAKES = {
    "contact-sheet timeline healthy": healthy,
    "contact-sheet-no-answer": no_answer,
    "contact-sheet-unhealthy report": frozen,
    "status-page": status_page,
}


def main(words: list[str]) -> int:
    """Exit code 2 where there is no browser."""
    path = chromium()
    if path is None:
        sys.stderr.write("no Chromium on PATH: make browser\n")
        return 2
    with (
        tempfile.TemporaryDirectory() as made,
        running_emulator(media=True, credits=5000, concurrency=10) as emulator,
        browser(path) as tab,
    ):
        for names, take in TAKES.items():
            if not words or any(word in names for word in words):
                take(Studio(emulator, tab, Path(made)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
