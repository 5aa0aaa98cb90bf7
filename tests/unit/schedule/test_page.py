"""The status page and the metrics, over HTTP: what they say, and what they refuse."""

import html
import re
from pathlib import Path

import pytest

from liveavatar_ops.schedule.textfile import write_whole
from tests.support.watch_site import NASTY, Site
from tests.support.watch_world import fetch
from tests.support.watching import outcome


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
