"""The report page: it stands alone, lets nothing in, and says everything that the result says."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from liveavatar_ops.codes import with_code
from liveavatar_ops.health.checking import Outcome
from liveavatar_ops.health.evidence.html import html_report
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.plan import Planned
from liveavatar_ops.health.report import print_result
from liveavatar_ops.health.runner import Checked
from liveavatar_ops.health.target import from_flags
from tests.support.health_evidence import (
    BREAKING_OUT,
    CHECKS,
    everything_shown,
    hostile,
    pictures,
    result_of,
    thumbnail,
)
from tests.support.health_facts import healthy, span

ALL = everything_shown()


class Page(HTMLParser):
    """Tags with their attributes, the text, and what open tags were left."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "img", "br"} and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).replace("\u200b", "").split())

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(facts, kept=(), limits: Limits | None = None) -> Page:
    return Page(html_report(result_of(facts, limits), kept))


@pytest.mark.parametrize(("result", "kept"), [each[1:] for each in ALL], ids=[each[0] for each in ALL])
def test_every_check_gives_a_page_that_fetches_nothing(result, kept):
    """Whole markup, no script, no address but data and places on the page itself."""
    shown = Page(html_report(result, kept))

    assert shown.open == []
    assert not shown.every("script")
    assert not [name for _, attributes in shown.tags for name in attributes if name.startswith("on")]
    for _, attributes in shown.tags:
        for name in ("src", "href", "action", "data", "srcset", "poster", "background"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#"))
    assert "@import" not in shown.source
    assert "url(" not in shown.source
    assert len(shown.source) < 1_500_000


@pytest.mark.parametrize(("result", "kept"), [each[1:] for each in ALL], ids=[each[0] for each in ALL])
def test_every_page_says_verdict_reasons_next_step_and_measures(result, kept):
    text = Page(html_report(result, kept)).text

    assert result.target.name in text
    assert result.judgement.verdict.value in text
    assert result.judgement.next_step.replace("`", "") in text
    assert all(reason.sentence.replace("`", "") in text for reason in result.judgement.reasons)
    for reading in result.measures:
        assert reading.title.lower() in text.lower()
        assert reading.state == "not_seen" or reading.value in text


def test_commands_in_sentences_are_code_on_the_page():
    """Somebody copies them at night: no backtick goes along, and what is in them stays text."""
    shown = page(CHECKS["no answer"])
    assert "`" in result_of(CHECKS["no answer"]).judgement.next_step
    assert "`" not in shown.text
    assert shown.every("code")
    assert str(with_code("<i> `a`")) == "&lt;i&gt; <code>a</code>"
    assert str(with_code('run `a <b>` or "c" ` d')) == "run <code>a &lt;b&gt;</code> or &#34;c&#34; ` d"


def test_a_measure_that_never_came_is_a_red_row_and_a_red_figure():
    """The answer that did not come is why somebody reads this page."""
    shown = page(CHECKS["no answer"])

    assert re.search(r'<div class="bad"><dt>Answer after</dt><dd>none in 12 s</dd>', shown.source)
    assert re.search(r'<tr role="row" class="bad"><th[^>]*>Answer after</th>', shown.source)
    assert "missing" in shown.text
    joined = page(CHECKS["no avatar"]).source
    assert re.search(r'<div class="bad"><dt>Avatar joins after</dt><dd>none in 20 s</dd>', joined)


def test_a_black_picture_raises_one_alarm():
    """It also stands still; the judge says so once, and tile and table follow."""
    facts = healthy(
        video={
            "black_s": 6.0, "frozen_s": 6.0, "frozen_at_s": 8.0,
            "spans": (span("frozen", 8.0, 14.0), span("black", 8.0, 14.0)),
        }
    )  # fmt: skip
    shown = page(facts)

    assert re.search(r'<div class="dim"><dt>Picture stands</dt><dd>6 s</dd>', shown.source)
    assert re.search(r'<div class="bad"><dt>Black</dt><dd>6 s</dd>', shown.source)
    assert {r.name: r.state for r in result_of(facts).measures}["frozen"] == "explained"


def test_the_page_leads_to_the_clip_and_says_what_it_is(tmp_path):
    """A smaller, slower picture must not be taken for what was measured."""
    to = output(tmp_path)
    to.end(ended(healthy(), clip=b"not really"))
    shown = Page((tmp_path / "report.html").read_text("utf-8"))

    assert [link["href"] for link in shown.every("a")] == ["clip.mp4"]
    assert "640×360, at most 12 pictures a second" in shown.text
    assert "1280×720 at 25.0 fps" in shown.text
    assert not page(healthy()).every("a")


def test_evidence_is_the_owners_alone(tmp_path):
    """Pictures of a customer's avatar, as private as the figures beside them."""
    to = output(tmp_path / "evidence")
    to.end(ended(healthy(), clip=b"not really"))

    assert (tmp_path / "evidence").stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "evidence").iterdir()}
    assert len(modes) == 5
    assert set(modes.values()) == {0o600}, modes


def test_a_folder_of_a_check_without_session_says_so_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    to = Output(as_json=True, junit=None, evidence=None, no_evidence=False)
    to.end(ended(healthy(Depth.API, session_id=None)))

    assert to._results[0].evidence["folder"].endswith("-no-session")


def test_the_policy_allows_the_two_style_blocks_and_nothing_else():
    """By digest: were escaping ever to fail, a style or script that got in would still not run."""
    shown = page(CHECKS["frozen"], pictures(3))
    policy = next(meta["content"] for meta in shown.every("meta") if meta.get("http-equiv"))
    styles = re.findall(r"<style>(.*?)</style>", shown.source, flags=re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles}

    assert set(re.findall(r"'sha256-([^']+)'", policy)) == digests
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    assert not [attributes for _, attributes in shown.tags if "style" in attributes]


@pytest.mark.parametrize("words", BREAKING_OUT)
def test_what_others_named_stays_text(words):
    """Names, sentences, events, codecs: whatever a server or a template calls itself."""
    shown = page(hostile(words), pictures(2))

    assert shown.open == []
    assert not shown.every("script")
    assert not [name for _, attributes in shown.tags for name in attributes if name.startswith("on")]
    assert all((image["src"] or "").startswith("data:image/jpeg;base64,") for image in shown.every("img"))
    if words.isprintable():
        assert " ".join(words.split()) in shown.text


def test_the_pictures_are_those_of_the_contact_sheet_with_its_marks():
    shown = page(CHECKS["frozen"], pictures(12))

    images = shown.every("img")
    assert len(images) == 12
    assert "frozen" in images[6]["alt"]
    assert "first frame" in images[0]["alt"]
    assert "FROZEN 4.0 s" in shown.text


def test_a_hundred_noisy_pictures_make_no_heavy_page():
    """At most 24, compressed: a report must pass by mail."""
    random = np.random.default_rng(7)
    noisy = [
        thumbnail(2 + i / 10, random.integers(0, 255, (180, 320, 3), np.uint8).astype(np.uint8))
        for i in range(100)
    ]
    shown = page(healthy(), noisy)

    assert len(shown.every("img")) == 24
    assert len(shown.source) < 2_000_000


def test_a_check_without_frames_says_so_where_a_picture_was_asked_for():
    assert "Not one frame came." in page(CHECKS["no avatar"]).text
    assert "Not one frame came." not in page(CHECKS["depth api"]).text


def test_limits_stand_there_with_reason_and_default_where_overridden():
    limits = limits_from(("june.yaml", {"gap_unhealthy_s": 3}))
    shown = page(healthy(), limits=limits)

    assert "gap_unhealthy_s" in shown.text
    assert "default 2 s" in shown.text
    assert all(name in shown.text for name in Limits.model_fields)


def test_runs_of_one_event_become_one_line():
    shown = page(CHECKS["conversation"])

    assert "× 12" in shown.text
    assert shown.source.count("<td>avatar.transcription.chunk") == 1
    assert "IDLE_TIMEOUT" in shown.text


def test_the_talk_is_told_only_where_one_was_held():
    assert "Our prompt" in page(CHECKS["conversation"]).text
    assert "Our prompt" not in page(CHECKS["healthy"]).text


def ended(facts, *, clip: bytes | None = None) -> Outcome:
    target = from_flags({"avatar": "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a", "sandbox": True})
    return Outcome(Planned(target, Limits()), Checked(facts, pictures(4), clip), judge(facts, Limits()))


def output(folder: Path, **how) -> Output:
    return Output(as_json=True, junit=None, evidence=folder, no_evidence=False, **how)


@pytest.mark.parametrize("depth", Depth)
def test_every_check_with_evidence_writes_the_page_and_the_timeline(tmp_path, depth):
    """Beside the result, which names them."""
    to = output(tmp_path)
    to.end(ended(healthy(depth)))
    (result,) = to._results

    assert result.evidence["report"] == str(tmp_path / "report.html")
    assert result.evidence["timeline"] == str(tmp_path / "timeline.svg")
    assert all(Path(path).exists() for path in result.evidence.values())
    assert "clip" not in result.evidence


def test_without_evidence_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    to = Output(as_json=True, junit=None, evidence=None, no_evidence=True)
    to.end(ended(healthy()))

    assert to._results[0].evidence == {}
    assert list(tmp_path.iterdir()) == []


def test_the_printed_result_names_page_timeline_and_clip(tmp_path):
    to, out = output(tmp_path), io.StringIO()
    to.end(ended(healthy(), clip=b"not really"))
    print_result(to._results[0], Console(file=out, width=200))

    assert "for looking at: 640×360" in out.getvalue()
    for name in ("report.html", "timeline.svg", "contact-sheet.png", "clip.mp4"):
        assert str(tmp_path / name) in out.getvalue()
