"""
The watcher's status page in a real browser: quiet, alone, and readable on a phone.

Skipped with the command to install where no Chromium is on PATH.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import INSTALL, WIDER_THAN_THE_PAGE, Tab, browser, chromium
from tests.support.health_evidence import BREAKING_OUT
from tests.support.watch_site import NASTY, Site

PATH = chromium()
pytestmark = pytest.mark.skipif(PATH is None, reason=INSTALL)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    assert PATH is not None
    with browser(PATH) as opened:
        yield opened


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two avatars, one of them down, each with a contact sheet that a browser can draw."""
    opened = Site(tmp_path, "prod/front-desk", "prod/" + "a-very-long-name" * 8)
    sheet = opened.sheet()
    opened.check("healthy", "unhealthy", "unhealthy", "unhealthy", sheet=sheet, report=opened.report())
    yield opened
    opened.server.stop()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_is_quiet_fits_and_asks_nobody_else(tab: Tab, site: Site, width: int):
    """No console entry, no request but to the watcher, nothing to scroll sideways for."""
    tab.open(site.url, width=width)

    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith((site.url, "data:"))] == []
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value(WIDER_THAN_THE_PAGE) == []
    assert tab.value("document.scripts.length") == 0


def test_every_picture_of_the_page_is_drawn(tab: Tab, site: Site):
    """The last contact sheets come from the evidence folder, through the watcher."""
    tab.open(site.url)

    assert tab.value("document.images.length") == 2
    assert tab.value("[...document.images].every(e => e.complete && e.naturalWidth > 0)")


@pytest.mark.parametrize("words", [NASTY, *BREAKING_OUT])
def test_hostile_names_and_sentences_do_not_run(tab: Tab, tmp_path: Path, words: str):
    """They are shown as what they are; what is no letter may be replaced."""
    site = Site(tmp_path, words)
    try:
        site.check("unhealthy", headline=words)
        tab.open(site.url, width=360)
        shown = tab.value("document.body.innerText")
    finally:
        site.server.stop()

    assert tab.complaints == []
    assert tab.value("document.scripts.length") == 0
    letters = "".join(c if c.isprintable() and c != "\ufffe" else " " for c in words).split()
    assert all(word in shown for word in letters)
    assert tab.value("document.documentElement.scrollWidth") <= 360


def test_light_and_dark_are_both_readable(tab: Tab, site: Site):
    """Ink stands out from its ground, also where something is down (WCAG 2.2, AA)."""
    contrast = """(() => { const lum = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
        .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
      const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (!/, 0\\)$|transparent/.test(c)) return c } return 'rgb(255, 255, 255)' };
      const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p);
        return (x + .05) / (y + .05) };
      const written = [...document.querySelectorAll('body *')].filter(e => !e.closest('svg')
        && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
      return Math.min(...written.map(e => ratio(getComputedStyle(e).color, ground(e)))) })()"""
    for dark in (False, True):
        tab.open(site.url, dark=dark)

        assert tab.value(contrast) >= 4.5
