"""A running check's lease is renewed by a thread of its own."""

from pathlib import Path

from liveavatar_ops.schedule import lease
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.keeper import Keeper
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log
from tests.support.watching import NOON, Clock, config, owner, target, watcher


def test_a_lease_is_renewed_until_it_is_let_go(tmp_path: Path):
    """And not afterwards: the next watcher should not have to wait."""
    clock, lost = Clock(), []
    rounds = watcher(tmp_path / "w.sqlite3", clock, [target()], config())
    run = rounds.start_due().started[0]
    database = Database(tmp_path / "w.sqlite3")
    keeper = Keeper(database, Leases(owner(1), ttl_s=90.0), lost=lost.append, log=Log(), now=clock)
    keeper.hold(run.target.name, run.token)
    clock.at += 60.0
    keeper.renew_all()
    with database.reading() as db:
        renewed = lease.find(db, run.target.name).expires_at
    keeper.let_go(run.token)
    clock.at += 60.0
    keeper.renew_all()
    with database.reading() as db:
        left = lease.find(db, run.target.name).expires_at

    assert renewed == left == NOON + 150.0
    assert lost == []


def test_a_lease_that_was_taken_is_told_once(tmp_path: Path):
    """Its check must end: somebody else is checking."""
    clock, lost, path = Clock(), [], tmp_path / "w.sqlite3"
    one = watcher(path, clock, [target()], config(), pid=1)
    run = one.start_due().started[0]
    keeper = Keeper(Database(path), Leases(owner(1), ttl_s=90.0), lost=lost.append, log=Log(), now=clock)
    keeper.hold(run.target.name, run.token)
    clock.at += 200.0
    watcher(path, clock, [target()], config(), pid=2).start_due()
    keeper.renew_all()
    keeper.renew_all()

    assert lost == [run.token]


def test_a_memory_that_cannot_be_written_is_borne_for_a_lease_long(tmp_path: Path):
    """A disk that is full for a moment costs nothing; for longer, the lease is as good as lost."""
    clock, lost = Clock(), []

    class Broken(Database):
        def writing(self):
            raise StoreError("full")

    keeper = Keeper(
        Broken(tmp_path / "w.sqlite3"), Leases(owner(1), ttl_s=90.0), lost=lost.append, log=Log(), now=clock
    )
    keeper.hold("a", 7)
    clock.at += 80.0
    keeper.renew_all()
    early = list(lost)
    clock.at += 20.0
    keeper.renew_all()

    assert (early, lost) == ([], [7])
