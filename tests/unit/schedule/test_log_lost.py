"""A log that cannot be written does not end the watch."""

import asyncio
import io
from pathlib import Path

from liveavatar_ops.schedule import metrics
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.keeper import Keeper
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.pace import Pace
from liveavatar_ops.schedule.rounds import Rounds
from liveavatar_ops.schedule.snapshot import Camera
from liveavatar_ops.schedule.watcher import Watcher
from tests.support.watching import Clock, Machine, config, dice, owner, rows, target


class FullOnce(io.StringIO):
    """No room for the first line that holds these words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def write(self, line: str) -> int:
        if self.words and self.words in line:
            self.words = ""
            raise OSError(28, "No space left on device")
        return super().write(line)


class Broken(Log):
    """One that ends whatever says something of a fault."""

    def say(self, event: str, **fields: object) -> None:
        if event == "watcher.fault":
            raise RuntimeError("the log itself is faulty")
        super().say(event, **fields)


def watched(folder: Path, log: Log, faults: int = 0) -> list[str]:
    """Targets in the order of their checks: of two, one at a time; the first checks cannot be made."""
    path, clock, settings, leases = folder / "w.sqlite3", Clock(), config(), Leases(owner(1), alive=Machine())
    database = Database(path)
    database.prepare()
    rounds = Rounds(database, leases, settings, [target("a"), target("b")], now=clock, rng=dice())
    asked = iter(range(100))

    def command(*_: object) -> list[str]:
        if next(asked) < faults:
            raise LookupError("a fault of ours")
        return ["/bin/true"]

    def enough() -> bool:
        return len(rows(path, "SELECT token FROM runs WHERE stage = 'done'")) == 2

    async def story() -> None:
        watcher = Watcher(
            rounds,
            keeper=lambda lost: Keeper(database, leases, lost=lost, log=log, now=clock),
            evidence=folder,
            log=log,
            command=command,
            pace=Pace(look_s=0.01, chores_s=0.01),
        )
        asyncio.get_running_loop().set_exception_handler(
            lambda *_: None
        )  # of a done-callback: it is told there
        running = asyncio.create_task(watcher.run())
        async with asyncio.timeout(60):
            while not enough():
                if not watcher.busy():
                    clock.at += 5.0  # a check that had a fault is lost, and due again when its lease is over
                await asyncio.sleep(0.02)
        watcher.stop()
        await running

    asyncio.run(story())
    return [
        row["target"] for row in rows(path, "SELECT target FROM runs WHERE stage = 'done' ORDER BY token")
    ]


def test_a_line_that_is_lost_is_counted_and_nothing_else(tmp_path: Path):
    """Both targets are checked, though no line told of the first one."""
    out = FullOnce("a: inconclusive")
    log = Log(out)

    assert watched(tmp_path, log) == ["a", "b"]
    assert log.lost() == 1
    assert "b: inconclusive" in out.getvalue()
    assert "a: inconclusive" not in out.getvalue()


def test_a_closed_log_takes_nothing_and_raises_nothing():
    """The reader of a pipe is gone; every line is counted."""
    out = io.StringIO()
    out.close()
    log = Log(out)
    log.say("watcher.stopped")
    log.say("watcher.stopped")

    assert log.lost() == 2


def test_a_check_with_a_fault_is_let_go_before_it_is_told(tmp_path: Path):
    """Or its lease would be renewed for ever, and with one check at a time nothing would be checked again."""
    assert sorted(watched(tmp_path, Broken(io.StringIO()), faults=1)) == ["a", "b"]


def test_lost_lines_are_in_the_metrics(tmp_path: Path):
    """Where the log cannot say so itself."""
    database = Database(tmp_path / "w.sqlite3")
    database.prepare()
    leases = Leases(owner(1), alive=Machine())
    camera = Camera(database, leases, config(), [target()], now=Clock(), lines_lost=lambda: 3)

    assert "watcher_log_lines_lost_total 3.0" in metrics.render(camera.snapshot()).decode()
