"""Which answers of a receiver end a message's tries, and how many messages are said to be lost."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from liveavatar_ops.schedule import metrics, store
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.letters import MOST_ATTEMPTS
from liveavatar_ops.schedule.notify.message import budget_spent
from liveavatar_ops.schedule.notify.send import NotDelivered, Outbox, post
from liveavatar_ops.schedule.page.view import page_of
from liveavatar_ops.schedule.snapshot import Camera
from tests.support.watch_world import Receiver
from tests.support.watching import NOON, Clock, Machine, config, owner, rows, target

MAY_PASS = (401, 403, 404, 408, 410, 425, 429, 500, 501, 502, 503, 504)
FOR_GOOD = (301, 302, 303, 307, 308, 400, 402, 405, 411, 413, 415, 422, 431)
DAY_S = 86400.0


@pytest.mark.parametrize("code", [*MAY_PASS, *FOR_GOOD])
def test_only_what_cannot_become_better_is_given_up_at_once(code: int):
    """A webhook that is being replaced is refused for a moment; a body that is wrong stays wrong."""
    with Receiver(code) as receiver, pytest.raises(NotDelivered) as failed:
        post(SecretStr(receiver.url), b"{}")

    assert failed.value.for_good is (code in FOR_GOOD)


class Post:
    """An outbox that sends to a receiver, and the camera that counts what it lost."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.database = Clock(), Database(folder / "w.sqlite3")
        self.database.prepare()
        leases = Leases(owner(1), alive=Machine())
        self.camera = Camera(self.database, leases, config(), [target()], now=self.clock)

    def put(self, channel: str = "webhook:A") -> None:
        message = budget_spent(1.0, 1.0, NOON, NOON).model_dump(mode="json")
        with self.database.writing() as db:
            store.post(db, channel, "", message, self.clock.at)

    def empty(self, url: str, *, times: int, channel: str = "webhook:A") -> None:
        with Path("/dev/null").open("w") as nowhere:
            urls = {channel: SecretStr(url)}
            outbox = Outbox(self.database, urls, now=self.clock, log=Log(nowhere))
            for _ in range(times):
                outbox.empty()
                self.clock.at += 300.0

    def said(self) -> tuple[str, float]:
        """(on the page, in the metrics)."""
        snapshot = self.camera.snapshot()
        figures = {f.label: f.value for f in page_of(snapshot, sheets=(), reports=()).figures}
        gauge = next(f for f in metrics.families(snapshot) if f.name == "watcher_messages_given_up")
        return figures["messages lost, 24 h"], gauge.samples[0].value


@pytest.mark.parametrize(("code", "tries"), [(404, MOST_ATTEMPTS), (400, 1)])
def test_a_refusal_that_may_pass_is_tried_as_often_as_any_failure(tmp_path: Path, code: int, tries: int):
    """And the receiver is left alone after that."""
    office = Post(tmp_path)
    office.put()
    with Receiver(code) as receiver:
        office.empty(receiver.url, times=2 * MOST_ATTEMPTS)

        assert len(receiver.bodies) == tries
    assert rows(office.database.path, "SELECT attempts, given_up FROM outbox") == [
        {"attempts": tries, "given_up": f"the receiver answered HTTP {code}"}
    ]


def test_a_lost_message_is_shown_for_a_day(tmp_path: Path):
    """Also of a channel that the configuration has no more: nobody could ever take it off the page."""
    office = Post(tmp_path)
    office.put()
    office.put("slack:GONE")
    before = office.said()
    with Receiver(400) as receiver:
        office.empty(receiver.url, times=1)
        office.empty(receiver.url, times=1, channel="slack:GONE")
    lost = office.said()
    office.clock.at += DAY_S - 1200.0
    late = office.said()
    office.clock.at += 1200.0

    assert (before, lost, late, office.said()) == (("0", 0.0), ("2", 2.0), ("2", 2.0), ("0", 0.0))


def test_a_message_that_lay_long_counts_from_when_it_was_given_up(tmp_path: Path):
    """The watcher was not running for two days: what it gives up now is news."""
    office = Post(tmp_path)
    office.put()
    office.clock.at += 2 * DAY_S
    with Receiver(400) as receiver:
        office.empty(receiver.url, times=1)

    assert office.said() == ("1", 1.0)
