"""
The report page in a real browser: quiet, alone, readable on a phone, and whole on paper.

Skipped with the command to install where no Chromium is on PATH.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from liveavatar_ops.health.evidence.html import html_report
from liveavatar_ops.health.evidence.timeline import timeline
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.overrides import limits_from
from tests.support.browser import INSTALL, WIDER_THAN_THE_PAGE, Tab, browser, chromium
from tests.support.emulator import running_emulator
from tests.support.health import TOKEN, check, settings_of
from tests.support.health_evidence import BREAKING_OUT, CHECKS, EVENTS, hostile, pictures, result_of

PATH = chromium()
pytestmark = pytest.mark.skipif(PATH is None, reason=INSTALL)

CANARY_KEY = "canary-api-key-5d1f0c"
CANARY_OPENAI_KEY = "sk-canary-0b7e44a1c9"
HIDDEN_ROWS = """
[...document.querySelectorAll('tbody tr')].filter(e => !e.closest('.not-paper'))
  .filter(e => !e.checkVisibility({contentVisibilityAuto: true})
  || e.getBoundingClientRect().height < 8).length
"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    assert PATH is not None
    with browser(PATH) as opened:
        yield opened


def written(folder: Path, name: str) -> Path:
    facts = CHECKS[name]
    page = folder / "report.html"
    page.write_text(html_report(result_of(facts), pictures(12) if facts.video.frames else []), "utf-8")
    return page


@pytest.mark.parametrize("name", CHECKS)
def test_the_page_is_quiet_and_asks_nobody_for_anything(tab: Tab, tmp_path: Path, name: str):
    """No console entry, not even of the security policy; the one request is the page itself."""
    page = written(tmp_path, name)
    tab.open(page)

    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith("data:")] == [page.as_uri()]
    assert tab.value("document.querySelectorAll('img').length") == tab.value(
        "[...document.images].filter(e => e.naturalWidth > 0).length"
    )


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nobody_scrolls_sideways(tab: Tab, tmp_path: Path, name: str, width: int):
    """On the smallest phone that is still sold, and on a desk; limits unfolded."""
    tab.open(written(tmp_path, name), width=width)
    tab.value("document.querySelector('details').open = true")

    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value(WIDER_THAN_THE_PAGE) == []


def test_on_a_phone_one_touch_leads_to_the_first_red_picture(tab: Tab, tmp_path: Path):
    """The strip begins with the good ones, which nobody was woken for."""
    tab.open(written(tmp_path, "frozen"), width=390)
    left = "document.querySelector('#first-red').getBoundingClientRect().left"
    before = tab.value(left)
    tab.value("document.querySelector('a[href=\"#first-red\"]').click()")

    assert before >= 390
    assert 0 <= tab.value(left) < 390


@pytest.mark.parametrize("words", [*BREAKING_OUT, "x" * 300])
def test_hostile_names_neither_run_nor_push_the_page_apart(tab: Tab, tmp_path: Path, words: str):
    page = tmp_path / "report.html"
    page.write_text(html_report(result_of(hostile(words)), pictures(2)), "utf-8")
    tab.open(page, width=360)

    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith("data:")] == [page.as_uri()]
    assert tab.value("document.scripts.length") == 0
    assert tab.value("document.documentElement.scrollWidth") <= 360


def test_were_escaping_to_fail_the_policy_would_still_hold(tab: Tab, tmp_path: Path):
    """A script, a handler, a style and a foreign picture put into the page: none acts, each is reported."""
    page = written(tmp_path, "frozen")
    put_in = (
        "<script>window.ran = 1</script><img src='data:,' onerror='window.ran = 2'>"
        "<style>body { color: rgb(1, 2, 3) }</style><img src='http://127.0.0.1:9/x.png'>"
    )
    page.write_text(page.read_text("utf-8").replace("<h2 id=", f"{put_in}<h2 id=", 1), "utf-8")
    tab.open(page)

    assert tab.value("window.ran") is None
    assert tab.value("getComputedStyle(document.body).color") != "rgb(1, 2, 3)"
    assert len([said for said in tab.complaints if "Content Security Policy" in said]) >= 3


@pytest.mark.parametrize("name", ["frozen", "conversation", "long watch"])
def test_on_paper_every_table_is_whole(tab: Tab, tmp_path: Path, name: str):
    """No row hidden in what is folded on screen, none beyond the edge."""
    tab.open(written(tmp_path, name))
    tab.on_paper()

    assert tab.value(HIDDEN_ROWS) == 0
    assert tab.value(WIDER_THAN_THE_PAGE) == []
    tab.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="no pdftotext: apt-get install -y poppler-utils"
)
def test_the_printed_text_holds_every_measure_and_the_limits_that_were_changed(tab: Tab, tmp_path: Path):
    """Read back from the PDF: none is lost between two pages, and defaults do not fill paper."""
    result = result_of(CHECKS["conversation"], limits_from(("june.yaml", {"gap_unhealthy_s": 3})))
    page = tmp_path / "report.html"
    page.write_text(html_report(result, pictures(19)), "utf-8")
    tab.open(page)
    tab.pdf(tmp_path / "report.pdf")
    command = ["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    flat = re.sub(r"[\s\u200b]+", "", text)

    assert all(re.sub(r"\s", "", reading.title) in flat for reading in result.measures)
    assert [name for name in Limits.model_fields if name in flat] == ["gap_unhealthy_s"]
    assert text.count("\f") <= 2  # pages


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="no pdftotext: apt-get install -y poppler-utils"
)
def test_a_talk_that_waits_in_vain_has_more_pictures_and_still_two_pages(tab: Tab, tmp_path: Path):
    """A fourth row of them would push the timeline to the second page, and leave half of the first empty."""
    page, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    facts = CHECKS["no answer"].model_copy(update={"events": EVENTS})
    page.write_text(html_report(result_of(facts), pictures(23)), "utf-8")
    tab.open(page)
    tab.pdf(printed)
    text = subprocess.run(["pdftotext", str(printed), "-"], capture_output=True, text=True, check=True).stdout

    assert "What happened when" in text.split("\f")[0]
    assert text.count("\f") == 2  # pages


def test_on_a_phone_the_pictures_are_a_strip_and_the_timeline_is_near(tab: Tab, tmp_path: Path):
    """Nineteen pictures below each other would be a mile to scroll before one sees what happened when."""
    page = tmp_path / "report.html"
    page.write_text(html_report(result_of(CHECKS["conversation"]), pictures(19)), "utf-8")
    tab.open(page, width=390)

    assert tab.value("document.querySelector('.sheet').getBoundingClientRect().height") < 260
    strip = "document.querySelector('.sheet')"
    assert tab.value(f"{strip}.scrollWidth > 3 * {strip}.clientWidth")
    assert tab.value("document.documentElement.scrollWidth") <= 390


def test_light_and_dark_are_both_readable(tab: Tab, tmp_path: Path):
    """Page and drawing change together, and ink stands out from its ground in both."""
    contrast = """(() => { const lum = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
        .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
      const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p);
        return (x + .05) / (y + .05) };
      const ground = getComputedStyle(document.querySelector('section')).backgroundColor;
      const paper = getComputedStyle(document.querySelector('.tl .paper')).fill;
      const out = [...document.querySelectorAll('section p, section td, section dt, h1, h2')]
        .map(e => ratio(getComputedStyle(e).color, ground));
      const svg = [...document.querySelectorAll('.tl-wide text:not(.knock)')]
        .map(e => ratio(getComputedStyle(e).fill, paper));
      return [Math.min(...out), Math.min(...svg), ground === paper] })()"""
    for dark in (False, True):
        tab.open(written(tmp_path, "frozen"), dark=dark)
        page, drawing, one_ground = tab.value(contrast)

        assert page >= 4.5  # WCAG 2.2, AA
        assert drawing >= 4.5
        assert one_ground


def test_the_timeline_alone_fits_desk_and_phone(tab: Tab, tmp_path: Path):
    """One file: the wide drawing at a desk, the tall one on a phone, all of it in view."""
    result = result_of(CHECKS["conversation"])
    file = tmp_path / "timeline.svg"
    file.write_text(timeline(result.facts, result.judgement, result.limits).svg, "utf-8")
    shown = "['wide', 'narrow'].map(n => getComputedStyle(document.querySelector('.tl-' + n)).display)"
    edges = "document.querySelector('.tl-{}').getBoundingClientRect().{}"

    tab.open(file, width=1280)
    assert tab.value(shown) == ["inline", "none"]
    assert tab.value(edges.format("wide", "right")) <= 1280
    tab.open(file, width=360, height=800)
    assert tab.value(shown) == ["none", "inline"]
    wide = tab.value("innerWidth")  # phones lay a bare drawing out wider, and show it smaller
    assert 0.9 * wide <= tab.value(edges.format("narrow", "right")) <= wide + 1
    assert tab.value(edges.format("narrow", "bottom")) <= tab.value(
        "document.documentElement.getBoundingClientRect().bottom + 1"
    )
    assert tab.complaints == []


@pytest.mark.media
def test_a_real_check_leaves_a_page_a_timeline_and_a_clip_that_hold_no_secret(tab: Tab, tmp_path: Path):
    """With --record, against the emulator; every file is searched for keys and tokens."""
    keys = {"LIVEAVATAR_EMULATOR_API_KEY": CANARY_KEY, "LIVEAVATAR_EMULATOR_OPENAI_KEYS": CANARY_OPENAI_KEY}
    with running_emulator(media=True, env={**os.environ, **keys}) as emulator:
        env = settings_of(emulator, tmp_path / "state")
        folder = tmp_path / "evidence"
        ended = check(env, "--record", "--watch-for", "4", "--evidence", str(folder))

    assert ended.result is not None, ended.stderr
    assert ended.result["facts"]["video"]["frames"] > 0, ended.stderr
    wrote = ended.result["evidence"]
    assert set(wrote) == {"folder", "result", "contact_sheet", "timeline", "report", "clip"}
    for path in folder.iterdir():
        held = path.read_bytes()
        assert not [key for key in (CANARY_KEY, CANARY_OPENAI_KEY) if key.encode() in held], path
        assert not TOKEN.search(held), path
    _plays(Path(wrote["clip"]), ended.result["facts"])
    tab.open(Path(wrote["report"]), width=360)
    assert tab.complaints == []
    assert tab.value("document.documentElement.scrollWidth") <= 360


def _plays(clip: Path, facts: dict[str, dict[str, float]]) -> None:
    with av.open(str(clip)) as held:
        length = held.duration / av.time_base
        shown = [frame.to_ndarray(format="gray").astype(int) for frame in held.decode(video=0)]
    watched_s = facts["room"]["watched_until_s"] - facts["video"]["first_frame_s"]
    assert length == pytest.approx(watched_s, abs=0.5)
    assert max(abs(after - shown[0]).max() for after in shown) > 20
    assert shown[0].shape[0] <= 480
