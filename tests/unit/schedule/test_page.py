"""The status page and the metrics, over HTTP: what they say, and what they refuse."""

import html
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.page.drawings import line, strip
from liveavatar_ops.schedule.page.server import StatusServer
from liveavatar_ops.schedule.page.shelf import file_in
from liveavatar_ops.schedule.page.view import headline, percent
from liveavatar_ops.schedule.snapshot import Camera, percentile
from liveavatar_ops.schedule.states import State
from liveavatar_ops.schedule.store import RunRow
from liveavatar_ops.schedule.textfile import write_whole
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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, "prod/desk")
    yield made
    made.server.stop()


def test_the_page_says_what_matters_first(site: Site):
    """One look: how many, which, why, what to do."""
    site.check("healthy", "healthy")
    up = site.page()
    site.check("unhealthy", "unhealthy", headline="Still for 12 s.", next_step="Look: `pulumi up`.")
    down = site.page()

    assert '<h1 class="up">The avatar is up</h1>' in up
    assert '<h1 class="down">The avatar is down</h1>' in down
    for part in (
        "Still for 12 s.",
        "Look: <code>pulumi up</code>.",
        "frozen",
        "up, 24 h",
        "first frame p95",
        "50.0 %",
        "1.5 s",
    ):
        assert part in down, part


def test_everything_is_escaped(tmp_path: Path):
    """Names and sentences may hold anything; the page holds no script at all."""
    site = Site(tmp_path, NASTY)
    try:
        site.check("unhealthy", "unhealthy", headline=NASTY, next_step=NASTY, cause=NASTY)
        page = site.page()

        assert "<script" not in page
        assert html.escape(NASTY, quote=False).replace("'", "&#39;").replace('"', "&#34;") in page
    finally:
        site.server.stop()


def test_nothing_comes_from_elsewhere(site: Site):
    """No address of another host, and a policy that would forbid it."""
    site.check("healthy", sheet=site.sheet())
    _, headers, body = fetch(site.url)
    policy = headers["content-security-policy"]
    nonce = re.search(rb'<style nonce="([^"]+)">', body).group(1).decode()

    assert not re.findall(r'(?:src|href)="(?:https?:)?//', body.decode())
    assert "default-src 'none'" in policy
    assert f"style-src 'nonce-{nonce}'" in policy
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["server"] == "liveavatar-ops"
    assert " style=" not in body.decode(), "the policy forbids style attributes, so they would do nothing"
    assert fetch(site.url)[1]["content-security-policy"] != policy, "a nonce is used once"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_only_get(site: Site, method: str):
    """Nothing can be changed here."""
    status, headers, _ = fetch(site.url, method=method)

    assert (status, headers["allow"]) == (405, "GET")
    assert "content-security-policy" in headers


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "[::1", ""])
def test_a_page_elsewhere_cannot_read_this_one(site: Site, host: str):
    """DNS rebinding: a foreign name that points to this machine is refused."""
    port = urlsplit(site.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(f"GET /metrics HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))

    assert answer.split()[1] == b"421"
    assert b"probe_" not in answer


def test_the_page_has_its_own_name_behind_a_proxy(tmp_path: Path):
    """The host of page_url is one of ours."""
    site = Site(tmp_path, "a", page_url="https://status.example.com/avatars")
    try:
        assert fetch(site.url, host="status.example.com")[0] == 200
        assert fetch(site.url, host="localhost:1")[0] == 200
    finally:
        site.server.stop()


@pytest.mark.parametrize(
    "path",
    [
        "etc/passwd", "../w.sqlite3", "sheets/../../w.sqlite3", "sheets/%2e%2e/%2e%2e/w.sqlite3", "sheets/1",
        "sheets/-1.png", "sheets/1.png/../../x", "sheets/99999999999999999999.png", "sheets/1%00.png",
        "sheets/٣.png", "metrics/", "/x", "reports/../../w.sqlite3", "reports/%2e%2e/w.sqlite3",
        "reports/1", "reports/1.png", "sheets/1.html", "reports/-1.html", "reports/1.html/../../x",
    ],
)  # fmt: skip
def test_no_path_leads_anywhere_else(site: Site, path: str):
    """Only numbers are looked up; a path is never made of what was asked."""
    site.check("healthy", sheet=site.sheet(), report=site.report())
    port = urlsplit(site.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(f"GET /{path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))

    assert answer.split()[1] in (b"404", b"400")
    assert b"SQLite" not in answer


def test_a_sheet_is_served_by_its_checks_number(site: Site):
    """And linked from the page."""
    site.check("healthy", sheet=site.sheet())
    status, headers, body = fetch(site.url + "sheets/1.png")

    assert 'src="sheets/1.png"' in site.page()
    assert (status, headers["content-type"], body) == (200, "image/png", png())


def test_a_check_leads_to_its_report(site: Site):
    """From its bar, from the list of the last ones, and from the sentence that says why."""
    site.check("healthy", report=site.report())
    site.check("unhealthy", "unhealthy", report=site.report("b/report.html"), sheet=site.sheet())
    site.check("inconclusive", report=str(site.evidence / "gone.html"))
    page = site.page()
    status, headers, body = fetch(site.url + "reports/3.html")

    assert page.count('<a href="reports/1.html" tabindex="-1">') == 1
    assert re.search(r'<li><a href="reports/3.html">12:\d\d frozen</a></li>', page)
    assert page.index('<li><a href="reports/3.html">') < page.index('<li><a href="reports/1.html">')
    assert '<p><a href="reports/3.html">Report of this check</a></p>' in page
    assert "reports/4.html" not in page, "its file is gone"
    assert (status, headers["content-type"], body) == (200, "text/html; charset=utf-8", REPORT)


def test_one_bad_check_is_no_outage_and_no_good_news_either(site: Site):
    """The avatar is still up; what one check says stands there as a warning, until it is confirmed."""
    site.check("healthy", "unhealthy", headline="Still for 12 s.")
    doubted = site.page()
    site.check("unhealthy", headline="Still for 13 s.")
    confirmed = site.page()

    assert '<h1 class="up">' in doubted
    assert '<div class="trouble degraded">' in doubted
    assert "nobody is told before it is confirmed" in doubted
    assert '<div class="trouble down">' in confirmed
    assert "confirmed" not in confirmed


def test_a_report_is_shown_and_can_do_nothing(site: Site):
    """Its styles and pictures count; no script, no request, no form, and not the page's own origin."""
    site.check("healthy", report=site.report())
    policy = fetch(site.url + "reports/1.html")[1]["content-security-policy"]

    assert set(policy.split("; ")) == {
        "default-src 'none'", "img-src data:", "style-src 'unsafe-inline'", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'", "sandbox",
    }  # fmt: skip


SERVED = {"report": ("reports/1.html", REPORT), "sheet": ("sheets/1.png", png())}


@pytest.mark.parametrize("kind", SERVED)
@pytest.mark.parametrize("where", ["outside", "link", "no such content", "gone", "folder", "other kind"])
def test_only_what_lies_in_the_evidence_folder_is_served(site: Site, kind: str, where: str):
    """Whatever path the store holds."""
    address, content = SERVED[kind]
    ending = Path(address).suffix
    secret = site.folder / f"secret{ending}"
    secret.write_bytes(content)
    path = {
        "outside": str(secret),
        "link": str(site.evidence / f"link{ending}"),
        "no such content": site.sheet(f"b/x{ending}", b"key: very-secret"),
        "gone": str(site.evidence / f"gone{ending}"),
        "folder": str(site.evidence),
        "other kind": site.sheet("c/x.json", content),
    }[where]
    (site.evidence / f"link{ending}").symlink_to(secret)
    site.check("healthy", **{kind: path})
    status, _, body = fetch(site.url + address)

    assert status == 404
    assert b"very-secret" not in body
    assert b"What was seen" not in body


def test_the_metrics_are_what_was_seen(site: Site):
    """One sample each, by target; what is not known is left out."""
    site.check("healthy", "unhealthy", "unhealthy", fps=24.5, longest_gap_s=0.2)
    seen = site.metrics()
    site.check("unhealthy", first_frame_s=None, cause="no_video")
    blind = site.metrics()

    assert seen["probe_success", "target=prod/desk"] == 0
    assert seen["probe_verdict", "target=prod/desk,verdict=unhealthy"] == 1
    assert seen["probe_verdict", "target=prod/desk,verdict=healthy"] == 0
    assert seen["probe_state", "state=down,target=prod/desk"] == 1
    assert seen["probe_cause_info", "cause=frozen,target=prod/desk"] == 1
    assert seen["probe_first_frame_seconds", "target=prod/desk"] == 1.5
    assert seen["probe_fps", "target=prod/desk"] == 24.5
    assert seen["probe_longest_gap_seconds", "target=prod/desk"] == 0.2
    assert seen["probe_duration_seconds", "target=prod/desk"] == 20
    assert seen["probe_credits_total", "target=prod/desk"] == 3
    assert blind["probe_credits_total", "target=prod/desk"] == 4
    assert ("probe_first_frame_seconds", "target=prod/desk") not in blind
    assert seen["watcher_leases", ""] == 0


def test_what_says_nothing_does_not_speak_for_a_state(site: Site):
    """After an outage an inconclusive check, or one that was ended early, does not hide the reason."""
    site.check("unhealthy", "unhealthy", headline="Still for 12 s.")
    site.check("inconclusive", headline="This machine was busy.")
    site.clock.at += 400
    ours = site.rounds.start_due().started[0]
    site.rounds.interrupted(ours, outcome("inconclusive", headline="Interrupted."))
    page, seen = site.page(), site.metrics()

    assert "Still for 12 s." in page
    assert "This machine was busy." not in page
    assert "Interrupted." not in page
    assert seen["probe_verdict", "target=prod/desk,verdict=inconclusive"] == 1, (
        "the last one that ended by itself"
    )


def test_before_the_first_check_there_is_a_page_and_no_verdict(site: Site):
    """A zero would be an alarm."""
    assert "The avatar has no result yet" in site.page()
    assert not [name for name, _ in site.metrics() if name in ("probe_success", "probe_verdict")]
    assert fetch(site.url + "healthz")[0] == 200


def test_the_page_says_why_nothing_is_checked(tmp_path: Path):
    """Budget, with the moment when it goes on."""
    site = Site(tmp_path, "a", budget={"credits_a_day": 3}, time_zone="Europe/Berlin")
    try:
        site.check("healthy", "healthy")
        page = site.page()

        assert "Today&#39;s credits are used up: 2 of 3" in page
        assert "go on at 2 Mar 00:00" in page
        assert 'value="0.667"' in page
    finally:
        site.server.stop()


def test_a_stack_that_cannot_be_read_again_is_on_page_and_in_metrics_until_it_can(site: Site):
    """Somebody who renamed a stack must not believe that the new one is watched."""
    site.camera.not_read("Stack dev cannot be read: it is <locked>.")
    page, seen = site.page(), site.metrics()
    site.camera.not_read("")

    assert "What is deployed cannot be read again, so nothing is changed: Stack dev" in page
    assert "it is &lt;locked&gt;." in page
    assert seen["watcher_targets_not_read", ""] == 1
    assert "cannot be read" not in site.page()
    assert site.metrics()["watcher_targets_not_read", ""] == 0


def test_the_textfile_is_whole_or_not_at_all(tmp_path: Path):
    """The collector never reads half a file, and a failure leaves the old one."""
    path = tmp_path / "x.prom"
    write_whole(path, b"one\n")
    write_whole(path, b"two\n")
    with pytest.raises(OSError, match="No such file"):
        write_whole(tmp_path / "gone" / "x.prom", b"three\n")

    assert path.read_bytes() == b"two\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["x.prom"]


def run(verdict: str | None, stage: str = "done", token: int = 1) -> RunRow:
    values = dict.fromkeys(RunRow.__dataclass_fields__)
    return RunRow(**{**values, "token": token, "verdict": verdict, "stage": stage})


def test_the_strip_grows_from_the_right():
    """The newest check at the right edge; trouble stands out by height, too."""
    bars = strip([run("healthy"), run("unhealthy"), run("healthy", "lost"), run(None, "running")], ["a"] * 4)

    assert [bar.word for bar in bars] == ["healthy", "unhealthy", "inconclusive", "running"]
    assert bars[-1].x == 591.5
    assert bars[1].height > bars[0].height > bars[2].height
    assert len(strip([run("healthy")] * 100, ["a"] * 100)) == 60


def test_the_line_keeps_its_last_value_and_its_bounds():
    """Thinned by medians; the last point is the last value."""
    drawn = line([1.0] * 500 + [9.0], 1.0, 1.0)

    assert drawn.top_s >= 2.0
    assert len(drawn.dots) == 80
    assert drawn.dots[-1][1] < drawn.dots[0][1]
    assert all(0 <= y <= 56 for _, y in drawn.dots)
    assert line([1.0], 1.0, 1.0) is None


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100 %"),
        (0.9996, "99.96 %"),
        (0.99999, "99.999 %"),
        (0.999999, "< 100 %"),
        (0.5, "50.0 %"),
        (0.0, "0.0 %"),
    ],
)
def test_only_perfection_is_100_percent(share: float, words: str):
    """An operator must see the one failure in ten thousand."""
    assert percent(share) == words


def test_percentiles_are_values_that_were_seen():
    """Nearest rank."""
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.5, 0.95)] == [2.0, 3.0]
    assert percentile([], 0.5) is None


def test_a_sheet_is_found_by_a_relative_path_too(tmp_path: Path):
    """Relative to the evidence folder."""
    (tmp_path / "a.png").write_bytes(png())

    assert file_in(tmp_path, "a.png", ".png") == tmp_path / "a.png"
    assert file_in(tmp_path, "a.png", ".html") is None
    assert file_in(tmp_path, "../a.png", ".png") is None
    assert file_in(tmp_path, "a\0.png", ".png") is None


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ("", "Nothing is watched"),
        ("u", "The avatar is up"),
        ("uu", "Both avatars are up"),
        ("uuu", "All 3 avatars are up"),
        ("duu", "1 of 3 avatars is down"),
        ("dduf", "2 of 4 avatars are down"),
        ("ddd", "All 3 avatars are down"),
        ("fu", "1 of 2 avatars is flapping"),
        ("?u", "1 of 2 avatars has no result yet"),
        ("b", "The avatar is not seen"),
    ],
)
def test_the_headline_is_for_one_second(states: str, said: str):
    """The worst state, and how many are in it; the page hands it the worst first."""
    letters = {"u": State.UP, "d": State.DOWN, "f": State.FLAPPING, "?": State.UNKNOWN, "b": State.BLIND}
    views = [SimpleNamespace(state=SimpleNamespace(shown=letters[letter])) for letter in states]

    assert headline(views) == said
