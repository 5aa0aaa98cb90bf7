"""Whole days with a clock that only the test moves: budgets hold, leases exclude, nothing is missed."""

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from liveavatar_ops.schedule import cost
from liveavatar_ops.schedule.config import LongCheck, WatchConfig
from liveavatar_ops.schedule.rounds import Rounds, Run
from liveavatar_ops.schedule.targets import WatchTarget
from liveavatar_ops.schedule.windows import day_of
from tests.support.watching import NOON, Clock, Machine, config, dice, outcome, rows, target, watcher

LOOK_S = 120.0
HOUR_S = 3600.0


@dataclass
class World:
    """Watchers on one file, their checks, and the only clock there is."""

    path: Path
    settings: WatchConfig
    targets: list[WatchTarget]
    seed: int = 0
    verdicts: str = "healthy"
    clock: Clock = field(default_factory=Clock)
    machine: Machine = field(default_factory=Machine)
    ran: list[tuple[str, int, float, float]] = field(default_factory=list)  # target, pid, begin, end
    actual: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # credits by day

    def __post_init__(self) -> None:
        self.rng = dice(self.seed)
        self.watchers: dict[int, Rounds] = {}
        self.pids = itertools.count(1)
        self.events: list[tuple[float, int, str, tuple]] = []
        self.order = itertools.count()

    def join(self) -> int:
        pid = next(self.pids)
        self.watchers[pid] = watcher(
            self.path, self.clock, self.targets, self.settings,
            pid=pid, machine=self.machine, seed=self.seed * 100 + pid,
        )  # fmt: skip
        self.later(0.0, "look", pid)
        return pid

    def later(self, after_s: float, what: str, *about: object) -> None:
        heapq.heappush(self.events, (self.clock.at + after_s, next(self.order), what, about))

    def kill(self, pid: int) -> None:
        """SIGKILL: its running checks are asked to end by the kernel and are gone with it."""
        self.machine.dead.add(pid)
        del self.watchers[pid]
        self.ran = [
            (name, who, begin, min(end, self.clock.at) if who == pid else end)
            for name, who, begin, end in self.ran
        ]

    def live(self, lasts_s: float) -> None:
        until = self.clock.at + lasts_s
        while self.events and self.events[0][0] <= until:
            at, _, what, about = heapq.heappop(self.events)
            self.clock.at = at
            getattr(self, what)(*about)
        self.clock.at = until

    def look(self, pid: int) -> None:
        if pid not in self.watchers:
            return
        turn = self.watchers[pid].start_due()
        for run in turn.started:
            takes = self.rng.uniform(15, 55)
            self.ran.append((run.target.name, pid, self.clock.at, self.clock.at + takes))
            self.later(takes, "ends", pid, run)
        self.later(max(0.5, min(turn.wake_at - self.clock.at, LOOK_S)), "look", pid)

    def ends(self, pid: int, run: Run) -> None:
        if pid not in self.watchers:
            return
        spends = self.rng.choice([0.5, 1.0]) * cost.worst(run.target, run.kind)
        self.actual[day_of(run.started_at, self.settings.time_zone).isoformat()] += spends
        verdict = (
            self.verdicts
            if self.verdicts != "any"
            else self.rng.choice(["healthy"] * 6 + ["unhealthy", "degraded"])
        )
        assert self.watchers[pid].finish(run, outcome(verdict, credits=spends))
        self.watchers[pid].look_for_blindness()


def three(every_s: float = 600.0) -> list[WatchTarget]:
    return [
        target("a", every_s),
        target("b", every_s * 2, mode="FULL"),
        target("c", every_s, long=LongCheck()),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_the_daily_budget_is_never_exceeded(tmp_path: Path, seed: int):
    """With two watchers, several checks at once, confirmations and a long check: midnight to midnight."""
    settings = config(budget={"credits_a_day": 60}, account={"max_parallel": 3}, time_zone="America/New_York")
    world = World(tmp_path / "w.sqlite3", settings, three(), seed, "any")
    world.join()
    world.join()
    world.live(42 * HOUR_S)
    days = list(world.actual.values())

    assert len(days) == 3
    assert max(days) <= 60
    assert days[1] > 50, "and it is used"


@pytest.mark.parametrize("seed", range(4))
def test_no_target_is_ever_checked_twice_at_once(tmp_path: Path, seed: int):
    """Watchers come, and are killed at any moment; no check of a target begins before the last one's end."""
    world = World(tmp_path / "w.sqlite3", config(account={"max_parallel": 3}), three(120.0), seed, "any")
    alive = [world.join(), world.join()]
    for _ in range(25):
        world.live(world.rng.uniform(20, 900))
        world.kill(alive.pop(world.rng.randrange(2)))
        alive.append(world.join())
    by_target = {name: sorted((b, e) for n, _, b, e in world.ran if n == name) for name in "abc"}

    for spans in by_target.values():
        assert len(spans) > 20
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_missed_when_a_watcher_dies(tmp_path: Path, seed: int):
    """Between two starts there is never more than the jittered interval, a turn, a look and the takeover."""
    world = World(tmp_path / "w.sqlite3", config(account={"max_parallel": 3}), three(), seed)
    world.join()
    for _ in range(10):
        other = world.join()
        world.live(world.rng.uniform(600, 5000))
        world.kill(other if world.rng.random() < 0.5 else min(world.watchers))
    bound = LOOK_S + 60.0 + world.settings.lease
    for each in world.targets:
        starts = [NOON, *sorted(b for n, _, b, _ in world.ran if n == each.name), world.clock.at]

        assert max(two - one for one, two in itertools.pairwise(starts)) <= each.every_s * 1.1 + bound


def test_a_restart_goes_on_where_it_was(tmp_path: Path):
    """What is due, what was spent and what is known of a target outlive the process."""
    settings = config(budget={"credits_a_day": 30})
    world = World(tmp_path / "w.sqlite3", settings, [target("a", 600.0)])
    first = world.join()
    world.live(HOUR_S)
    before = rows(world.path, "SELECT due, state FROM targets")
    world.kill(first)
    world.join()
    world.live(1.0)

    assert rows(world.path, "SELECT due, state FROM targets") == before


def test_once_a_day_means_once_a_day(tmp_path: Path):
    """Three days have three long checks, whoever makes them."""
    world = World(tmp_path / "w.sqlite3", config(), [target("c", 1800.0, long=LongCheck())])
    world.join()
    world.live(24 * HOUR_S)
    world.kill(1)
    world.join()
    world.live(36 * HOUR_S)
    long = [row["started_at"] for row in rows(world.path, "SELECT * FROM runs WHERE kind = 'long'")]

    assert len(long) == 3
    assert len({day_of(at, "UTC") for at in long}) == 3
