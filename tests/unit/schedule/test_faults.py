"""A fault of ours is a line in the log, once, and is tried again: it neither ends nor cripples a watcher."""

import asyncio
import io
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.keeper import Keeper
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log, fault_of
from liveavatar_ops.schedule.notify.send import NotDelivered, post
from liveavatar_ops.schedule.pace import Pace
from liveavatar_ops.schedule.quantities import seconds
from liveavatar_ops.schedule.rounds import Rounds
from liveavatar_ops.schedule.watcher import Watcher
from tests.support.watch_site import Site
from tests.support.watch_world import fetch
from tests.support.watching import Clock, Machine, config, dice, owner, target
from tests.unit.schedule.test_chores import House
from tests.unit.schedule.test_renewal import Deployed

TTL_S = 90.0
FAULT = "LookupError: no such thing ("
OURS = "This is a fault of liveavatar-ops; it is tried again."


def broken(*_: object) -> bool:
    raise LookupError("no such thing")


def said(out: io.StringIO) -> list[str]:
    return [line[10:] for line in out.getvalue().splitlines()]


class Held:
    """A keeper of two leases, of which the first cannot be renewed while `faulty`."""

    def __init__(self, folder: Path, *, ttl_s: float = TTL_S, lost: Callable[[int], object] = bool) -> None:
        self.clock, self.out, self.faulty, self.renewed = Clock(), io.StringIO(), True, threading.Event()
        database = Database(folder / "w.sqlite3")
        database.prepare()
        leases = Leases(owner(1), ttl_s=ttl_s)
        leases.renew = self._renew  # type: ignore[method-assign] # a fault that no input is known to lead to
        self.keeper = Keeper(database, leases, lost=lost, log=Log(self.out), now=self.clock)
        self.keeper.hold("a", 1)
        self.keeper.hold("b", 2)

    def _renew(self, _: object, name: str, *__: object) -> bool:
        if name == "a" and self.faulty:
            broken()
        if name == "b":
            self.renewed.set()
        return True


def test_a_lease_that_cannot_be_renewed_for_a_fault_is_borne_for_as_long_as_it_lasts(tmp_path: Path):
    """As one on a full disk is; the others are renewed, and the log says it once."""
    lost: list[int] = []
    held = Held(tmp_path, lost=lost.append)
    for later in (30, 30, 20):
        held.clock.at += later
        held.keeper.renew_all()
    early = list(lost)
    held.clock.at += 20
    held.keeper.renew_all()
    held.keeper.renew_all()

    assert (early, lost) == ([], [1])
    assert held.renewed.is_set()
    assert len(said(held.out)) == 2
    assert said(held.out)[0].startswith(f"Leases of running checks cannot be renewed: {FAULT}")
    assert said(held.out)[0].endswith(OURS)
    assert said(held.out)[1] == "Leases of running checks are renewed again"


def test_the_keepers_thread_outlives_whatever_its_callback_does(tmp_path: Path):
    """Without it every check would be taken for a dead watcher's."""
    held = Held(tmp_path, ttl_s=0.03, lost=broken)
    held.keeper.start()
    held.clock.at += 1.0  # the first lease is over, and who is told of it has a fault
    for _ in range(3):
        held.renewed.clear()
        held.keeper.hold("a", 1)
        held.clock.at += 1.0
        assert held.renewed.wait(20)
    held.keeper.stop()

    assert any(
        line.startswith(f"Leases of running checks cannot be renewed: {FAULT}") for line in said(held.out)
    )


def test_a_chore_with_a_fault_is_a_line_and_keeps_no_other_one_back(tmp_path: Path):
    """And it is told when it works again."""
    house = House(tmp_path, "desk", textfile=str(tmp_path / "watch.prom"))
    house.chores._renew = broken
    house.chores()
    house.chores()
    house.chores._renew = bool
    house.chores()

    assert (tmp_path / "watch.prom").exists()
    assert len(house.said) == 2
    assert house.said[0].startswith(f"What is deployed cannot be read again: {FAULT}")
    assert house.said[1] == "What is deployed is read again as usual"


def test_whatever_a_reading_raises_leaves_the_targets_as_they_were():
    """On the page and in the metrics, too."""
    stack = Deployed("a")
    stack.renewal._outputs = broken
    for _ in range(3):
        stack.after(601)

    assert stack.told == []
    assert len(stack.lines) == 1
    assert stack.lines[0].startswith(f"What is deployed cannot be read again, so nothing is changed: {FAULT}")
    assert [why.partition(" (")[0] for why in stack.not_read] == ["LookupError: no such thing"]


def test_a_reading_with_thousands_of_mistakes_is_one_short_line():
    """The first twenty, and how many more."""
    windows = [{"from": "02:00", "for": "30m", "targets": [f"dev/{n}" for n in range(3000)]}]
    stack = Deployed(*map(str, range(3000)), maintenance=windows)
    stack.names = ["a"]
    stack.after(601)

    assert len(stack.lines) == 1
    assert stack.lines[0].endswith("; and 2,980 more")


class Faulty(Rounds):
    """What is due, and what was not seen for long, can be looked up once again after two faults each."""

    faults = 2

    def start_due(self):
        if self.faults > 0:
            self.faults -= 1
            broken()
        return super().start_due()

    def look_for_blindness(self):
        broken()


def test_a_watcher_outlives_faults_of_looks_and_chores(tmp_path: Path):
    """It does not look while it cannot, which /healthz says; what can be done of the chores is done."""
    out, done, alive = io.StringIO(), [], []
    database = Database(tmp_path / "w.sqlite3")
    database.prepare()
    clock, leases = Clock(), Leases(owner(1), alive=Machine())
    rounds = Faulty(database, leases, config(), [target("a")], now=clock, rng=dice())

    def chores() -> None:
        done.append(1)
        if len(done) == 1:
            broken()

    async def story() -> None:
        watcher = Watcher(
            rounds, keeper=lambda lost: Keeper(database, leases, lost=lost, log=Log(out), now=clock),
            evidence=tmp_path, log=Log(out), command=lambda *_: ["/bin/true"], chores=chores,
            pace=Pace(look_s=0.01, chores_s=0.01),
        )  # fmt: skip
        running = asyncio.create_task(watcher.run())
        async with asyncio.timeout(60):
            while len(done) < 3 or "check 1 started" not in out.getvalue():
                await asyncio.sleep(0.01)
        alive.append(watcher.looked_ago() < 60)
        watcher.stop()
        await running

    asyncio.run(story())
    lines = [line for line in said(out) if not line.startswith("a: ")]

    assert alive == [True]
    assert sorted(line.partition(FAULT)[0] for line in lines) == [
        "Chores beside checking are done again",
        "Chores beside checking cannot be done: ",
        "Targets that are not seen any more cannot be looked for: ",
        "What is due cannot be looked up: ",
        "What is due is looked up again",
    ]  # fmt: skip


def test_a_page_with_a_fault_says_so(site: Site, monkeypatch: pytest.MonkeyPatch):
    """A connection that is closed without a word sends people to look at their network."""
    monkeypatch.setattr(site.camera, "snapshot", broken)
    status, _, body = fetch(site.url)

    assert status == 500
    assert body.decode().startswith(f"This cannot be shown: {FAULT}")


def test_an_address_that_cannot_be_asked_is_not_quoted():
    """It is a secret, and what sending raises is told in the log."""
    with pytest.raises(NotDelivered) as refused:
        post(SecretStr("hooks.example.com/very-secret"), b"{}")

    assert str(refused.value) == "the receiver was not reached (ValueError)"


def test_a_fault_is_named_with_its_place_in_our_own_code():
    """Where somebody has to look; a key that is recognised as one is not in it."""
    with pytest.raises(ValueError, match="should be") as raised:
        seconds("5")
    told = fault_of(ValueError("sk-" + "a" * 30))

    assert re.fullmatch(r"ValueError: should be .* \(quantities\.py:\d+\)", fault_of(raised.value))
    assert told == "ValueError: [redacted]"
