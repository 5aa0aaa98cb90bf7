"""What a check that no watcher made is reckoned at while its row in the ledger is open."""

from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.elsewhere import Elsewhere
from tests.support.watching import NOON, Clock, owner

DAY_S = 86400.0


@pytest.mark.parametrize(("rate", "a_minute"), [(1.0, 1.0), (None, 2.0)], ids=["its rate", "no rate known"])
def test_an_open_row_stops_growing_when_the_service_has_ended_it(
    tmp_path: Path, rate: float | None, a_minute: float
):
    """A check that was killed leaves its row open for ever; its session ended long ago."""
    ledger, clock = Ledger(tmp_path / "ledger.sqlite3", now=Clock()), Clock()
    ledger.plan("killed", target="desk", api_url="", parent=owner(60), deadline_at=NOON + 300, rate=rate)
    ledger.minted("killed", "session-1")
    ledger.starting("killed")
    ledger.started("killed")
    database = Database(tmp_path / "w.sqlite3")
    database.prepare()
    seen = Elsewhere(ledger.path, database, now=clock)

    def credits_after(seconds: float) -> float:
        clock.at = NOON + seconds
        return seen.credits_since(NOON)

    assert credits_after(30) == 1 * a_minute
    assert credits_after(230) == 4 * a_minute
    assert credits_after(301) == 6 * a_minute
    assert credits_after(501) == 9 * a_minute, (
        "at its deadline it is dead, 200 s later the service has seen it"
    )
    assert credits_after(DAY_S) == 9 * a_minute


def test_a_start_that_was_never_answered_is_reckoned_from_its_sending(tmp_path: Path):
    """It may have opened a session that bills."""
    ledger, clock = Ledger(tmp_path / "ledger.sqlite3", now=Clock()), Clock()
    ledger.plan("cut off", target="desk", api_url="", parent=owner(60), deadline_at=NOON + 300, rate=1.0)
    ledger.minted("cut off", "session-1")
    database = Database(tmp_path / "w.sqlite3")
    database.prepare()
    seen = Elsewhere(ledger.path, database, now=clock)

    clock.at = NOON + 90
    assert seen.credits_since(NOON) == 0, "a token alone bills nothing"
    ledger.starting("cut off")
    assert seen.credits_since(NOON) == 2
