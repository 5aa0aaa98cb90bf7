"""A served status page over a store that the test fills."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.page.server import StatusServer
from liveavatar_ops.schedule.snapshot import Camera
from tests.support.fake_check import png
from tests.support.watch_world import fetch
from tests.support.watching import Clock, Machine, config, outcome, owner, target, watcher

REPORT = b"<!doctype html>\n<style>p { color: red }</style><p>What was seen</p>"
NASTY = "x<script>alert(1)</script>\"'&"


class Site:
    """A served page over a store that the test fills."""

    def __init__(self, folder: Path, *names: str, page_url: str | None = None, **settings: object) -> None:
        self.folder, self.clock = folder, Clock()
        self.evidence = folder / "evidence"
        self.evidence.mkdir()
        self.settings = config(account={"max_parallel": 10}, **settings)
        self.targets = [target(name) for name in names]
        path = folder / "w.sqlite3"
        self.rounds = watcher(path, self.clock, self.targets, self.settings)
        database = Database(path)
        database.prepare()
        self.camera = Camera(
            database, Leases(owner(1), alive=Machine()), self.settings, self.targets, now=self.clock
        )
        self.server = StatusServer(self.camera, self.evidence, page_url=page_url)
        self.server.start()
        self.url = self.server.url

    def check(self, *verdicts: str, **values: object) -> None:
        """Every target, with these verdicts in turn."""
        for verdict in verdicts:
            turn = self.rounds.start_due()
            while not turn.started:
                self.clock.at = turn.wake_at
                turn = self.rounds.start_due()
            self.clock.at += 20
            for run in turn.started:
                assert self.rounds.finish(run, outcome(verdict, **values))

    def sheet(self, name: str = "a/contact-sheet.png", content: bytes = png()) -> str:
        path = self.evidence / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def report(self, name: str = "a/report.html", content: bytes = REPORT) -> str:
        return self.sheet(name, content)

    def page(self) -> str:
        status, _, body = fetch(self.url)
        assert status == 200
        return body.decode()

    def metrics(self) -> dict[tuple[str, str], float]:
        """(sample, its labels as text) → value; the parser refuses what is no exposition format."""
        text = fetch(self.url + "metrics")[2].decode()
        return {
            (sample.name, ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
