"""A window that is meant to last for ever does, in every time zone, and is shown in words."""

from pathlib import Path

import pytest

from liveavatar_ops.schedule.start import Seams, run_watch
from liveavatar_ops.schedule.windows import FOR_EVER, last_pause_end, muted, paused_until
from liveavatar_ops.schedule.wishes import Wishes
from tests.support.watch_process import AVATAR
from tests.support.watch_site import Site
from tests.support.watching import NOON, config

ZONES = ["America/New_York", "Asia/Tokyo", "UTC", "Pacific/Kiritimati"]
ENDS = ["9999-12-31T23:59:59", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-12:00", "9999-12-31"]


def window(ends: str, zone: str) -> dict[str, str]:
    offset = ends[-6:] if "-12:00" in ends else "Z" * ends.endswith("Z")
    return {"from": f"2026-01-01T00:00:00{offset}", "to": ends, "time_zone": zone}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("ends", ENDS)
def test_it_lasts_as_long_as_clocks_do(ends: str, zone: str):
    """Beside a weekly one, which is looked at from its end, too."""
    windows = config(maintenance=[window(ends, zone), {"from": "02:00", "for": "30m"}]).maintenance

    assert paused_until(windows, NOON, target="a", zone=zone) == FOR_EVER
    assert muted(windows, NOON, target="a", zone=zone)


@pytest.mark.parametrize("zone", ZONES)
def test_it_may_have_begun_with_the_calendar(zone: str):
    """And what ended then is over."""
    always = config(maintenance=[{"from": "0001-01-01", "to": "9999-12-31"}]).maintenance
    once = config(maintenance=[{"from": "0001-01-01", "to": "0001-01-02"}]).maintenance

    assert paused_until(always, NOON, target="a", zone=zone) == FOR_EVER
    assert paused_until(once, NOON, target="a", zone=zone) is None
    assert last_pause_end(once, NOON, target="a", zone=zone) < 0


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("ends", ENDS)
def test_a_dry_run_says_for_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str], ends: str, zone: str):
    """In place of a date that nobody lives to see."""
    given = window(ends, zone)
    (tmp_path / "june.yaml").write_text(f"avatar_id: {AVATAR}\n")
    (tmp_path / "watch.yaml").write_text(
        f"targets: [{{template_file: june.yaml}}]\ntime_zone: {zone}\n"
        f"maintenance: [{{from: {given['from']}, to: {ends}}}]\n"
    )
    code = run_watch(Wishes(config=tmp_path / "watch.yaml", dry_run=True), Seams())
    said = capsys.readouterr()

    assert (code, said.err) == (0, "")
    assert "none in the next 24 hours" in said.out
    assert f"for ever ({zone})" in said.out


def test_the_page_says_for_ever(tmp_path: Path):
    """And not the first of January."""
    site = Site(tmp_path, "a", maintenance=[window(ENDS[0], "Asia/Tokyo")])

    page = site.page()
    site.server.stop()

    assert "maintenance, for ever" in page
    assert "next check in" not in page
