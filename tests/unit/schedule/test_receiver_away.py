"""A receiver that does not answer for a while: what people hear when it does again."""

import io
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.send import PATIENT_ATTEMPTS, NotDelivered, Outbox
from tests.support.watching import Clock, config, once, outcome, rows, target, titles, watcher

DAY_S = 86400.0
MUTE = {"from": "2026-03-02T00:00", "to": "2026-03-03T12:00", "mode": "mute"}


class Office:
    """A watcher of one target whose messages go to channels A and B; those in `away` are not reached."""

    def __init__(self, folder: Path, clock: Clock, *channels: str, **settings: Any) -> None:
        self.clock, self.away, self.heard, self.log = clock, set(), [], io.StringIO()
        self.path, self.for_good = folder / "w.sqlite3", False
        self.settings = settings
        self.configured(*channels)
        urls = {f"webhook:{name}": SecretStr(name) for name in channels}
        self.outbox = Outbox(Database(self.path), urls, now=clock, log=Log(self.log), send=self.send)

    def configured(self, *channels: str) -> None:
        """A watcher starts that tells these."""
        notify = [{"kind": "webhook", "url_env": name} for name in channels]
        settings = config(every="1h", blind_after=1000, notify=notify, **self.settings)
        self.rounds = watcher(self.path, self.clock, [target(every_s=3600.0)], settings)

    def send(self, url: SecretStr, body: bytes) -> None:
        if url.get_secret_value() in self.away:
            raise NotDelivered("the receiver was not reached", for_good=self.for_good)
        word = body.decode().partition('"to": "')[2].partition('"')[0]
        self.heard.append((url.get_secret_value(), word))

    def finds(self, *verdicts: str) -> None:
        once(self.rounds, *map(outcome, verdicts), clock=self.clock)

    def passes(self, seconds: float, *, pace_s: float = 10.0) -> None:
        """Messages are sent and blindness is looked for as the chores do it, now and then."""
        until = self.clock.at + seconds
        while self.clock.at < until:
            self.outbox.empty()
            self.rounds.look_for_blindness()
            self.clock.at += pace_s


def test_an_outage_is_told_once_when_the_receiver_is_back(tmp_path: Path, clock: Clock):
    """It was away for ten minutes just then; the target is down all the time."""
    office = Office(tmp_path, clock, "A")
    office.away = {"A"}
    office.finds("healthy", "unhealthy", "unhealthy")
    office.passes(600.0)
    before, office.away = list(office.heard), set()
    office.passes(600.0)
    office.finds("unhealthy")
    office.passes(600.0)

    assert (before, office.heard) == ([], [("A", "down")])
    assert rows(office.path, "SELECT attempts FROM outbox WHERE given_up IS NOT NULL") == []


def test_what_is_no_longer_so_is_not_told_after_a_long_silence(tmp_path: Path, clock: Clock):
    """Only the latest news of a target: it says how long the outage lasted."""
    office = Office(tmp_path, clock, "A")
    office.away = {"A"}
    office.finds("healthy", "unhealthy", "unhealthy")
    office.passes(600.0)
    office.finds("healthy", "healthy")
    office.passes(30.0)
    office.away = set()
    office.passes(600.0)

    assert office.heard == [("A", "up")]
    assert "is up again after" in titles(office.path)[-1]


def test_what_was_given_up_is_told_anew_where_it_was_lost(tmp_path: Path, clock: Clock):
    """After a day; a channel that was told is not told twice, and the log is not filled with attempts."""
    office = Office(tmp_path, clock, "A", "B")
    office.away = {"A"}
    office.finds("healthy", "unhealthy", "unhealthy")
    office.passes(1.1 * DAY_S, pace_s=100.0)
    given_up = rows(office.path, "SELECT channel FROM outbox WHERE given_up IS NOT NULL")
    lines = office.log.getvalue().splitlines()
    office.away = set()
    office.passes(600.0)

    assert given_up == [{"channel": "webhook:A"}]
    assert office.heard == [("B", "down"), ("A", "down")]
    assert len(lines) <= 2 * PATIENT_ATTEMPTS + 2


@pytest.mark.parametrize("channels", [("A",), ("A", "B")])
def test_what_a_receiver_cannot_take_is_not_sent_again_and_again(tmp_path: Path, clock: Clock, channels):
    """A body that is refused for good would be refused every ten seconds."""
    office = Office(tmp_path, clock, *channels)
    office.away, office.for_good = {"A"}, True
    office.finds("healthy", "unhealthy", "unhealthy")
    office.passes(600.0)

    assert len(rows(office.path, "SELECT * FROM outbox WHERE given_up IS NOT NULL")) == 1


def test_a_message_does_not_wait_for_a_moment_of_the_old_time(tmp_path: Path, clock: Clock):
    """The clock was set back by hours after the first attempt."""
    office = Office(tmp_path, clock, "A")
    office.away = {"A"}
    office.finds("healthy", "unhealthy", "unhealthy")
    office.outbox.empty()
    clock.at -= 6 * 3600.0
    office.away = set()
    office.outbox.empty()

    assert office.heard == [("A", "down")]


def test_a_new_outage_is_told_though_the_end_of_the_last_one_was_refused(tmp_path: Path, clock: Clock):
    """The last word that the receiver took is the same word, of another outage."""
    office = Office(tmp_path, clock, "A")
    office.finds("healthy", "unhealthy", "unhealthy")
    office.passes(60.0)
    office.away, office.for_good = {"A"}, True
    office.finds("healthy", "healthy")
    office.passes(60.0)
    office.away = set()
    office.finds("unhealthy", "unhealthy")
    office.passes(60.0)

    assert office.heard == [("A", "down"), ("A", "down")]


def test_a_new_outage_is_told_to_a_channel_that_was_away_from_the_configuration(tmp_path: Path, clock: Clock):
    """It did not hear that the last one ended."""
    office = Office(tmp_path, clock, "A", "B")
    office.finds("healthy", "unhealthy", "unhealthy")
    office.passes(60.0)
    office.configured("B")
    office.finds("healthy", "healthy")
    clock.at += 10 * DAY_S
    office.configured("A", "B")
    office.finds("unhealthy", "unhealthy")
    office.passes(60.0)

    assert [word for to, word in office.heard if to == "A"] == ["down", "down"]


@pytest.mark.parametrize("lost", ["down", "up"])
def test_a_channel_that_heard_hears_the_end_though_another_was_away(tmp_path: Path, clock: Clock, lost: str):
    """A is given up inside a window; what B believes is put right after it, whichever word A lost."""
    office = Office(tmp_path, clock, "A", "B", maintenance=[MUTE])
    back = "up" if lost == "down" else "down"
    if lost == "up":
        office.finds("unhealthy", "unhealthy")
        office.passes(60.0)
    office.away = {"A"}
    office.finds(*["healthy"] * 2, *["unhealthy"] * (2 if lost == "down" else 0))
    office.passes(1.1 * DAY_S, pace_s=100.0)
    inside = list(office.heard)
    laid = rows(office.path, "SELECT given_up IS NOT NULL AS lost FROM outbox")[-2:]
    office.finds(*["healthy" if back == "up" else "unhealthy"] * 2)
    office.away = set()
    clock.at += DAY_S
    office.passes(60.0)

    assert (inside[-1], laid) == (("B", lost), [{"lost": 1}, {"lost": 0}])
    assert office.heard[len(inside) :] == [("A", back), ("B", back)]


def test_what_was_given_up_is_not_told_anew_of_a_target_that_nobody_watches(tmp_path: Path, clock: Clock):
    """For ever, as nothing would end it."""
    office = Office(tmp_path, clock, "A")
    office.away = {"A"}
    office.finds("healthy", "unhealthy", "unhealthy")
    office.rounds.watch([])
    office.passes(1.1 * DAY_S, pace_s=100.0)

    assert len(rows(office.path, "SELECT * FROM outbox")) == 1
