"""The lease table by itself: whatever happens, one holder."""

from pathlib import Path

import pytest

from liveavatar_ops.schedule import lease
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Lease, Leases, Standing
from tests.support.watching import Clock, Machine, dice, owner

TTL = 90.0


@pytest.mark.parametrize("seed", range(5))
def test_two_watchers_never_hold_one_lease(tmp_path: Path, seed: int):
    """
    Random steps of four watchers: take, renew, give back, die, be born again, time passing. Who believes
    to hold a lease (his last take or renewal worked, and is not over) is alone in that.
    """
    rng, clock, machine = dice(seed), Clock(), Machine()
    database = Database(tmp_path / "w.sqlite3")
    database.prepare()
    pids = list(range(1, 5))
    table = {pid: Leases(owner(pid), ttl_s=TTL, alive=machine) for pid in pids}
    holds: dict[int, tuple[int, float]] = {}  # pid: token, until
    taken = []
    for _ in range(600):
        pid, step = rng.choice(pids), rng.choice(["take", "take", "renew", "give", "die", "pass", "pass"])
        with database.writing() as db:
            if step == "take" and (got := table[pid].take(db, "a", clock.at)):
                assert pid not in holds or holds[pid][1] < clock.at, "nobody takes twice what he holds"
                assert not [p for p, (_, until) in holds.items() if p != pid and clock.at < until]
                holds[pid] = (got.token, clock.at + TTL)
                taken.append(got.token)
            elif step == "renew" and pid in holds:
                if table[pid].renew(db, "a", holds[pid][0], clock.at):
                    assert not [p for p, (_, until) in holds.items() if p != pid and clock.at < until]
                    holds[pid] = (holds[pid][0], clock.at + TTL)
                else:
                    del holds[pid]
            elif step == "give" and pid in holds:
                lease.give_back(db, "a", holds.pop(pid)[0])
        if step == "die":
            machine.dead.add(pid)
            holds.pop(pid, None)
            born = max(pids) + 1
            pids[pids.index(pid)] = born
            table[born] = Leases(owner(born), ttl_s=TTL, alive=machine)
        elif step == "pass":
            clock.at += rng.choice([1.0, 20.0, 85.0, 130.0])

    assert len(taken) > 40
    assert taken == sorted(set(taken)), "fencing tokens only grow"


def held(*, age_s: float, pid: int = 1, host: str = "here", child: int | None = None) -> Lease:
    who = owner(pid, host)
    return Lease("a", 1, who, owner(child) if child else None, TTL, 1000.0 - age_s, 1000.0 - age_s + TTL)


@pytest.mark.parametrize(
    ("row", "dead", "standing"),
    [
        pytest.param(None, (), Standing.FREE, id="nobody's"),
        pytest.param(held(age_s=1), (), Standing.HELD, id="held"),
        pytest.param(held(age_s=100), (), Standing.HELD, id="over, but its watcher lives and may be waking"),
        pytest.param(held(age_s=125), (), Standing.FREE, id="over for long: its watcher hangs"),
        pytest.param(held(age_s=125, child=7), (), Standing.ORPHANED, id="and its check runs on"),
        pytest.param(held(age_s=1), (1,), Standing.FREE, id="its watcher is dead"),
        pytest.param(held(age_s=1, child=7), (1,), Standing.ORPHANED, id="dead, its check not"),
        pytest.param(held(age_s=1, child=7), (1, 7), Standing.FREE, id="both dead"),
        pytest.param(held(age_s=89, host="away"), (), Standing.HELD, id="out of sight: until it is over"),
        pytest.param(held(age_s=90, host="away"), (), Standing.FREE, id="out of sight, and over"),
    ],
)
def test_who_may_take_it(row, dead, standing):
    """By what can be seen of the holder and of his check."""
    machine = Machine()
    machine.dead.update(dead)
    machine.hidden.add("away")

    assert Leases(owner(2), ttl_s=TTL, alive=machine).standing(row, 1000.0) is standing


@pytest.mark.parametrize(("awake_s", "standing"), [(40.0, Standing.FREE), (0.0, Standing.HELD)])
def test_a_look_that_takes_long_is_no_sleep(awake_s: float, standing: Standing):
    """Time that passed while we were at work ourselves, asking a slow API, excuses no watcher that hangs."""
    clock, awake = Clock(), Clock()
    leases = Leases(owner(2), ttl_s=TTL, alive=Machine(), awake=awake)
    for _ in range(10):
        leases.look(clock.at)
        clock.at += 40.0
        awake.at += awake_s
    leases.look(clock.at)
    row = Lease("a", 1, owner(1), None, TTL, clock.at - 250.0, clock.at - 160.0)

    assert leases.standing(row, clock.at) is standing


def test_a_clock_that_is_put_right_again_excuses_nobody():
    """It was an hour ahead for a moment: that looks like a sleep, and counts from the right time on."""
    clock = Clock()
    leases = Leases(owner(2), ttl_s=TTL, alive=Machine(), awake=lambda: 0.0)
    for wrong_s in (0.0, 3600.0, 0.0):
        leases.look(clock.at + wrong_s)
    row = Lease("a", 1, owner(1), None, TTL, clock.at - 250.0, clock.at - 160.0)

    assert leases.standing(row, clock.at) is Standing.HELD
    assert leases.standing(row, clock.at + TTL) is Standing.FREE
