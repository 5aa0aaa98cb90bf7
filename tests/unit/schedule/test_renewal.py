"""Reading stacks again: when, what comes of it, and what a stack that cannot be read changes (nothing)."""

import io
from pathlib import Path

import pytest

from liveavatar_ops.health.stack import StackError
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.renewal import Renewal
from liveavatar_ops.schedule.targets import WatchTarget, resolve
from tests.support.watch_process import outputs
from tests.support.watching import Clock, config, outcome, target, watcher


class Deployed:
    """A stack that the test deploys to, and a watcher's reading of it."""

    def __init__(self, *names: str, **settings: object) -> None:
        self.clock, self.said, self.read = Clock(), io.StringIO(), 0
        self.names, self.broken, self.busy = list(names), "", False
        self.told: list[list[WatchTarget]] = []
        self.config = config(read_again="10m", **settings)
        self.renewal = Renewal(
            self.config, resolve(self.config, outputs=self.outputs), outputs=self.outputs,
            log=Log(self.said), soonest_s=60.0, now=self.clock,
        )  # fmt: skip
        self.not_read: list[str] = []
        self.renewal.tell(
            lambda targets: self.told.append(list(targets)),
            busy=lambda: self.busy,
            not_read=self.not_read.append,
        )
        self.read = 0

    def outputs(self, _: str) -> dict[str, object]:
        self.read += 1
        if self.broken:
            raise StackError(self.broken)
        return outputs(self.names)

    def after(self, seconds: float) -> "Deployed":
        self.clock.at += seconds
        self.renewal()
        return self

    @property
    def lines(self) -> list[str]:
        return [line[10:] for line in self.said.getvalue().splitlines()]


def test_the_engine_is_asked_once_an_interval():
    """It takes a second or two of a processor."""
    stack = Deployed("a")
    reads = [stack.after(each).read for each in (599, 2, 10, 580, 20)]

    assert reads == [0, 1, 1, 1, 2]
    assert stack.told == []
    assert stack.lines == []


def test_a_doubt_is_looked_into_at_once_but_not_every_time():
    """A target whose configuration stays wrong complains at every check."""
    stack = Deployed("a").after(30)
    stack.renewal.doubt()
    reads = [stack.after(each).read for each in (10, 20, 10)]
    stack.renewal.doubt()
    again = [stack.after(each).read for each in (10, 50, 100)]

    assert reads == [0, 1, 1]
    assert again == [1, 2, 2]


def test_a_running_check_is_not_disturbed_unless_there_is_always_one():
    """Its own machine would be busy, and it would say so."""
    stack = Deployed("a")
    stack.busy = True
    reads = [stack.after(each).read for each in (700, 400, 200)]

    assert reads == [0, 0, 1]


def test_what_changed_is_told_in_one_line():
    """New, gone, and the same name with another body."""
    stack = Deployed("a", "b")
    stack.names = ["b", "c"]
    stack.after(601)
    gone_sandbox = outputs(["b", "c"], sandbox=True)
    stack.outputs = lambda _: gone_sandbox  # type: ignore[method-assign] # the same stack, deployed anew
    stack.renewal._outputs = stack.outputs
    stack.after(601)

    assert [[t.name for t in each] for each in stack.told] == [["dev/b", "dev/c"]] * 2
    assert stack.lines == [
        "What is deployed has changed: new dev/c · gone dev/a",
        "What is deployed has changed: changed dev/b, dev/c",
    ]
    assert stack.told[1][0].sandbox


@pytest.mark.parametrize("trouble", ["broken", "a target of a window is gone"])
def test_what_cannot_be_read_changes_nothing_and_is_said_once(trouble: str):
    """A stack that is being deployed, or a backend that is away for an hour."""
    window = {"from": "02:00", "for": "30m", "targets": ["dev/a"]}
    stack = Deployed("a", maintenance=[window])
    if trouble == "broken":
        stack.broken = "Stack dev cannot be read: it is locked."
    else:
        stack.names = ["b"]
    for _ in range(3):
        stack.after(601)
    said = stack.lines
    stack.broken, stack.names = "", ["a", "b"]
    stack.after(601)

    assert len(said) == 1
    assert len(stack.not_read) == 2
    assert stack.not_read[0] in said[0]
    assert stack.not_read[1] == ""
    assert said[0].startswith("What is deployed cannot be read again, so nothing is changed: ")
    assert [[t.name for t in each] for each in stack.told] == [["dev/a", "dev/b"]]


def test_a_check_of_a_target_that_is_gone_still_comes_to_its_end(tmp_path: Path):
    """And the new one is due at once."""
    clock = Clock()
    rounds = watcher(tmp_path / "w.sqlite3", clock, [target("a")], config())
    run = rounds.start_due().started[0]
    rounds.watch([target("b")])
    clock.at += 1

    assert rounds.finish(run, outcome())
    assert [each.target.name for each in rounds.start_due().started] == ["b"]
