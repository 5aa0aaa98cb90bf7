"""`probe_success`: what an alert may believe, and what checks that say nothing do not change."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from liveavatar_ops.schedule import metrics
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.snapshot import STRIP, Camera
from tests.support.watching import Clock, Machine, config, outcome, owner, target, watcher

DESK = {"target": "dev/front-desk"}


def seen_after(tmp_path: Path, *verdicts: str) -> dict[str, float]:
    """The plain metrics of the only target after these checks and one that is still going on."""
    path, clock = tmp_path / "w.sqlite3", Clock()
    rounds = watcher(path, clock, [target()], config())
    for verdict in [*verdicts, None]:
        turn = rounds.start_due()
        while not turn.started:
            clock.at = turn.wake_at
            turn = rounds.start_due()
        clock.at += 20
        if verdict is not None:
            assert rounds.finish(turn.started[0], outcome(verdict))
    camera = Camera(Database(path), Leases(owner(1), alive=Machine()), config(), rounds.targets, now=clock)
    families = text_string_to_metric_families(metrics.render(camera.snapshot()).decode())
    return {each.name: each.value for f in families for each in f.samples if each.labels == DESK}


@pytest.mark.parametrize(
    ("verdicts", "success"),
    [
        ([], None),
        (["inconclusive"], None),
        (["healthy"], 1.0),
        (["degraded"], 1.0),
        (["unhealthy"], 0.0),
        (["healthy", "inconclusive", "inconclusive"], 1.0),
        (["unhealthy", "inconclusive"], 0.0),
        (["unhealthy", "inconclusive", "healthy"], 1.0),
    ],
)
def test_success_is_what_the_last_conclusive_check_said(tmp_path: Path, verdicts, success):
    """A busy laptop does not page, nor end an outage; before the first word there is no sample."""
    assert seen_after(tmp_path, *verdicts).get("probe_success") == success


def test_success_is_absent_when_nothing_conclusive_is_left_to_see(tmp_path: Path):
    """A word that is older than the strip is none any more; the target is blind long before."""
    seen = seen_after(tmp_path, "healthy", *["inconclusive"] * STRIP)

    assert "probe_success" not in seen
    assert seen["probe_checks_total"] == STRIP + 1
