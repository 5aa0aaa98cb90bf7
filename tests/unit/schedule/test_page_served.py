"""What the status page's server gives away, to whom, and what it refuses."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.fake_check import png
from tests.support.watch_site import REPORT, Site
from tests.support.watch_world import fetch


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
