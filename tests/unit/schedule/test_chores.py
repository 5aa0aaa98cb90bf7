"""Chores beside checking: whose evidence is tidied away, and how often trouble is said."""

import io
from pathlib import Path

import pytest

from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.child import evidence_folder
from liveavatar_ops.schedule.chores import TIDY_EVERY_S, Chores
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.send import Outbox
from liveavatar_ops.schedule.snapshot import Camera
from tests.support.watching import NOON, Clock, Machine, config, outcome, owner, target, watcher

KEEP = 2
FAILURES = 3 * KEEP


class House:
    """Chores over targets of these names, with a memory and evidence that the test writes itself."""

    def __init__(self, folder: Path, *names: str, **settings: object) -> None:
        self.root, self.clock, self.out = folder / "evidence", Clock(), io.StringIO()
        self.root.mkdir()
        self._token, self.trouble = 0, ""
        given = config(evidence={"directory": str(self.root), "keep": KEEP}, **settings)
        targets = [target(name) for name in names]
        watcher(folder / "w.sqlite3", self.clock, targets, given)
        self.database = Database(folder / "w.sqlite3")
        log = Log(self.out)
        leases = Leases(owner(1), alive=Machine())
        self.chores = Chores(
            given, self.database, targets, log=log, now=self.clock,
            outbox=Outbox(self.database, {}, now=self.clock, log=log),
            camera=Camera(self.database, leases, given, targets, now=self.clock),
            renew=self._renew,
        )  # fmt: skip

    def _renew(self) -> None:
        if self.trouble:
            raise StoreError(self.trouble)

    def checked(self, name: str, verdict: str, times: int = 1, *, remembered: bool = True) -> list[str]:
        """Checks of a target with their evidence; the names of the folders."""
        made = []
        for _ in range(times):
            self.clock.at += 60.0
            self._token += 1
            folder = evidence_folder(self.root, name, self._token, self.clock.at)
            folder.mkdir()
            made.append(folder.name)
            if remembered:
                with self.database.writing() as db:
                    store.begin_run(
                        db, self._token, name, "regular", self.clock.at, reserved=1.0, if_lost=1.0
                    )
                    store.end_run(db, self._token, self.clock.at, outcome(verdict))
        return made

    @property
    def left(self) -> set[str]:
        return {each.name for each in self.root.iterdir()}

    @property
    def said(self) -> list[str]:
        return [line[10:] for line in self.out.getvalue().splitlines()]


@pytest.mark.parametrize("other", ["desk vip", "desk-vip", "Desk", "desk!", "the desk"])
def test_a_targets_evidence_is_not_tidied_away_with_anothers(tmp_path: Path, other: str):
    """Its name may begin alike, end alike, or be the same as part of a file's name."""
    house = House(tmp_path, "desk", other)
    failures = house.checked(other, "unhealthy", FAILURES)
    healthy = house.checked("desk", "healthy", 20)
    house.chores()

    assert house.left == {*failures, *healthy[-KEEP:]}


def test_evidence_of_forgotten_checks_goes_by_the_whole_name(tmp_path: Path):
    """Counted as failures are, and the oldest first; what only begins alike stays."""
    house = House(tmp_path, "desk")
    others = house.checked("desk vip", "healthy", 10, remembered=False)
    forgotten = house.checked("desk", "healthy", 4, remembered=False)
    failures = house.checked("desk", "unhealthy", FAILURES - 1)
    house.chores()

    assert house.left == {*others, forgotten[-1], *failures}


def test_what_may_be_of_two_targets_goes_when_neither_wants_it(tmp_path: Path):
    """Nobody knows any more which of the two a forgotten check was of."""
    house = House(tmp_path, "desk", "Desk")
    forgotten = house.checked("Desk", "unhealthy", FAILURES + 1, remembered=False)
    failures = house.checked("desk", "unhealthy", FAILURES)
    house.chores()

    assert house.left == {*forgotten[-FAILURES:], *failures}


def test_a_number_of_another_targets_check_protects_a_folder(tmp_path: Path):
    """Whatever its name says: it may be of a memory that was moved away."""
    house = House(tmp_path, "desk", "lobby")
    numbers = [name.rpartition("-")[2] for name in house.checked("lobby", "healthy", 10)]
    named = {f"2026-01-01T000000Z-desk-{number}" for number in numbers}
    for name in named:
        (house.root / name).mkdir()
    house.chores()

    assert named <= house.left


def test_lasting_trouble_is_said_once_and_its_end_too(tmp_path: Path):
    """A chore is tried every ten seconds, and a disk may be full for a night."""
    house = House(tmp_path, "desk", textfile=str(tmp_path / "gone" / "watch.prom"))
    (tmp_path / "gone").write_text("in the way")
    house.chores()
    house.chores()
    (tmp_path / "gone").unlink()
    (tmp_path / "gone").mkdir()
    house.chores()
    house.chores()

    assert len(house.said) == 2
    assert house.said[0].startswith("The textfile of metrics cannot be written: ")
    assert house.said[0].endswith(" It is tried again.")
    assert house.said[1] == "The textfile of metrics is written again"


def test_another_reason_is_news(tmp_path: Path):
    """Each chore by itself."""
    house = House(tmp_path, "desk")

    for why in ("full.", "full.", "read-only.", "full."):
        house.trouble = why
        house.chores()

    assert house.said == [
        f"What is deployed cannot be read again: {why}. It is tried again."
        for why in ("full", "read-only", "full")
    ]


def test_tidying_is_trouble_of_its_own(tmp_path: Path):
    """It is tried again an hour later; between, nobody says that it works."""
    house = House(tmp_path, "desk")
    assert house.clock.at == NOON
    house.database.path.rename(tmp_path / "away")
    house.chores()
    (tmp_path / "w.sqlite3").unlink(missing_ok=True)
    (tmp_path / "away").rename(house.database.path)
    house.chores()
    house.clock.at += TIDY_EVERY_S
    house.chores()

    assert len(house.said) == 2
    assert house.said[0].startswith("Old evidence and history cannot be tidied up: ")
    assert house.said[1] == "Old evidence and history are tidied up again"
