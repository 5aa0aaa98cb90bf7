"""Results while the memory cannot be written: how long they are kept, what is said, what is checked next."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.schedule import lease
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.keeper import Keeper
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log, Troubles
from liveavatar_ops.schedule.pace import Pace
from liveavatar_ops.schedule.rounds import Rounds, Run
from liveavatar_ops.schedule.watcher import Watcher
from liveavatar_ops.schedule.writing import LAST_ATTEMPTS, Writer, Written
from tests.support.watching import Clock, Machine, config, dice, outcome, owner, rows, target, watcher

PATIENCE_S = 20.0
FULL = "database or disk is full."


class Disk(Database):
    """A memory that can be full, or have no room for the next few writes."""

    full = False
    refusals = 0

    @contextmanager
    def writing(self) -> Iterator[Any]:
        self.refusals -= 1
        if self.full or self.refusals >= 0:
            raise StoreError(FULL)
        with super().writing() as db:
            yield db


class Desk:
    """One watcher with one check that has just ended, and the disk under it."""

    def __init__(self, folder: Path, *, lease_s: float = 1.0) -> None:
        self.path, self.clock, self.out = folder / "w.sqlite3", Clock(), io.StringIO()
        self.disk = Disk(self.path)
        self.disk.prepare()
        settings, leases = config(lease=f"{lease_s:g}s"), Leases(owner(1), ttl_s=lease_s, alive=Machine())
        self.rounds = Rounds(self.disk, leases, settings, [target("desk")], now=self.clock, rng=dice())
        self.rounds.begin()
        self.watcher = Watcher(
            self.rounds,
            keeper=lambda lost: Keeper(self.disk, leases, lost=lost, log=Log(self.out), now=self.clock),
            evidence=folder,
            log=Log(self.out),
            pace=Pace(look_s=0.01),
        )
        self.run = self._next()

    def _next(self) -> Run:
        [run] = self.rounds.start_due().started
        self.watcher._keeper.hold("desk", run.token)
        return run

    def ends(self, **values: Any) -> "asyncio.Task[None]":
        return asyncio.create_task(self.watcher._bring_in(self.run, outcome("unhealthy", **values)))

    async def says(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while words not in self.out.getvalue():
                await asyncio.sleep(0.01)

    @property
    def said(self) -> list[str]:
        return [line[10:] for line in self.out.getvalue().splitlines()]

    @property
    def held(self) -> bool:
        with self.disk.reading() as db:
            return lease.is_held(db, "desk", self.run.token)


def test_a_result_counts_when_the_disk_has_room_again_in_time(tmp_path: Path):
    """However many attempts that took; it was paid for."""

    async def story() -> Desk:
        desk = Desk(tmp_path, lease_s=60.0)
        desk.disk.refusals = 12
        await desk.ends()
        return desk

    desk = asyncio.run(story())

    assert desk.said == [
        f"The watcher's memory cannot be used just now, it is tried again: {FULL}",
        "The watcher's memory can be used again",
        "desk: unhealthy (frozen) · first frame after 1.5 s · 1 credit · It was unhealthy.",
    ]
    assert rows(tmp_path / "w.sqlite3", "SELECT stage, verdict FROM runs") == [
        {"stage": "done", "verdict": "unhealthy"}
    ]


def test_a_result_that_cannot_be_written_is_no_takeover(tmp_path: Path):
    """It is said, the lease goes back as soon as that can be written, and the target is checked at once."""

    async def story() -> tuple[Desk, bool]:
        desk = Desk(tmp_path)
        desk.disk.full = True
        writing = desk.ends(report="/e/report.html")
        await desk.says("does not count")
        await asyncio.sleep(0.1)
        waiting = not writing.done() and desk.held
        desk.disk.full = False
        await writing
        return desk, waiting

    desk, waiting = asyncio.run(story())
    first = rows(desk.path, "SELECT stage, credits, verdict FROM runs")

    assert waiting
    assert desk.said[1] == (
        "desk: check 1 does not count, its result could not be written down: unhealthy (frozen) · "
        "first frame after 1.5 s · 1 credit · It was unhealthy. · /e/report.html"
    )
    assert desk.said[2:] == ["The watcher's memory can be used again"]
    assert first == [{"stage": "stopped", "credits": 1.0, "verdict": None}]
    assert [run.token for run in desk.rounds.start_due().started] == [2]
    assert not desk.watcher.busy()


def test_a_lease_that_waits_to_be_given_back_is_not_renewed(tmp_path: Path):
    """It may end by itself, and then whoever checks next is not disturbed."""

    async def story() -> Desk:
        desk = Desk(tmp_path)
        desk.disk.full = True
        writing = desk.ends()
        await desk.says("does not count")
        desk.watcher._keeper._db = Database(desk.path)  # its disk works, ours does not
        desk.clock.at += 0.9
        desk.watcher._keeper.renew_all()
        desk.clock.at += 0.5
        [taken] = watcher(desk.path, desk.clock, [target("desk")], config(), pid=2).start_due().started
        desk.disk.full = False
        await writing
        with desk.disk.reading() as db:
            assert lease.is_held(db, "desk", taken.token)
        return desk

    desk = asyncio.run(story())

    assert [row["stage"] for row in rows(desk.path, "SELECT stage FROM runs ORDER BY token")] == [
        "lost",
        "running",
    ]


def test_a_watcher_that_is_to_stop_does_not_wait_for_room(tmp_path: Path):
    """Its successor sees that it is gone; the last line does not claim that everything was given back."""

    async def story() -> Desk:
        desk = Desk(tmp_path)
        desk.disk.full = True
        writing = desk.ends()
        desk.watcher.stop()
        async with asyncio.timeout(PATIENCE_S):
            await writing
        return desk

    desk = asyncio.run(story())

    assert desk.said[1].startswith("desk: check 1 does not count, its result could not be written down")
    assert desk.said[2:] == [
        "desk: the lease of check 1 could not be given back; the next watcher takes it over"
    ]
    assert desk.held


def test_somebody_elses_target_is_said_to_be_taken(tmp_path: Path):
    """That is what superseded means, and nothing else."""

    async def story() -> Desk:
        desk = Desk(tmp_path)
        desk.clock.at += 3600.0
        watcher(desk.path, desk.clock, [target("desk")], config(), pid=2).start_due()
        await desk.ends()
        return desk

    assert asyncio.run(story()).said == ["desk: check 1 does not count, its lease ran out or was taken over"]


@pytest.mark.parametrize(
    ("stopping", "patience_s", "works_at", "attempts", "became"),
    [
        (True, 60.0, None, LAST_ATTEMPTS, Written.FAILED),
        (True, 60.0, LAST_ATTEMPTS, LAST_ATTEMPTS, Written.DONE),
        (False, 0.05, None, None, Written.FAILED),
        (False, 60.0, 12, 12, Written.DONE),
    ],
)
def test_the_last_attempt_comes_after_the_last_pause(
    monkeypatch, *, stopping, patience_s, works_at, attempts, became
):
    """A pause that nothing follows only makes people wait."""
    done: list[str] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        done.append("pause")
        await sleep(seconds)

    def write() -> bool:
        done.append("attempt")
        if done.count("attempt") != works_at:
            raise StoreError(FULL)
        return True

    async def story() -> Written:
        memory = Troubles(Log(io.StringIO()), failed="failed", works="works", field="doing")
        writer = Writer(memory, longest_pause_s=0.02, stopping=lambda: stopping)
        return await writer.write(write, patience_s=patience_s)

    monkeypatch.setattr(asyncio, "sleep", pause)

    assert asyncio.run(story()) is became
    assert done == ["attempt", "pause"] * (done.count("attempt") - 1) + ["attempt"]
    assert attempts is None or done.count("attempt") == attempts
