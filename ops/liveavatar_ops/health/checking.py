"""
Runs planned checks one after another, judges each, and lets a signal end them in order.

Nothing here prints; callers are told by callbacks.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import FrameType

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.janitor import Swept, sweep
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.plan import Planned
from liveavatar_ops.health.runner import Checked, Runner
from liveavatar_ops.health.verdicts import Judgement, Verdict, exit_code
from liveavatar_ops.health.workdir import sweep_folders
from liveavatar_ops.signals import heeded
from pulumi_liveavatar.settings import Settings

WORST_FIRST = (Verdict.UNHEALTHY, Verdict.INCONCLUSIVE, Verdict.DEGRADED, Verdict.HEALTHY)


@dataclass(frozen=True)
class Outcome:
    """One check, judged."""

    planned: Planned
    checked: Checked
    judgement: Judgement


@dataclass
class StopWish:
    """Set by the first signal; `number` says which. The second one raises KeyboardInterrupt."""

    event: threading.Event
    number: int = 0

    @property
    def exit_code(self) -> int:
        """As a shell reports a process that a signal ended."""
        return 128 + self.number


@contextlib.contextmanager
def signals_as_wishes(on_first: Callable[[], None]) -> Iterator[StopWish]:
    """While this is open, the first signal of those that are heeded asks the running check to end."""
    wish = StopWish(threading.Event())

    def heard(number: int, _frame: FrameType | None) -> None:
        if wish.event.is_set():
            raise KeyboardInterrupt
        wish.number = number
        wish.event.set()
        with contextlib.suppress(Exception):  # whoever cannot say it must not keep the check from ending
            on_first()

    before = {number: signal.signal(number, heard) for number in heeded()}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def sweep_first(settings: Settings, ledger: Ledger) -> Swept:
    """Stop what earlier checks left open, remove their folders; makes no call where no session is open."""
    swept = Swept()
    if ledger.open_rows():
        from liveavatar_ops.health.stopper import stopper  # noqa: PLC0415 -- mostly nothing is open

        with stopper(settings) as stop:
            swept = sweep(ledger, stop, api_url=settings.api_url)
    with contextlib.suppress(OSError):  # no folder for temporary files can be used: none of ours is in it
        swept = replace(swept, folders=sweep_folders(time.time()))
    return swept


def run_all(
    planned: Sequence[Planned],
    depth: Depth,
    runner: Runner,
    outcomes: list[Outcome],
    *,
    record: bool = False,
    on_begin: Callable[[Planned], None],
    on_end: Callable[[Outcome], None],
) -> None:
    """
    Every check in order; `outcomes` has each, and `on_end` hears of it, as soon as it is judged. Raises as
    Runner.check does; what was judged before stays in `outcomes`.
    """
    for check in planned:
        on_begin(check)
        checked = runner.check(
            check.target.facts(depth),
            check.target.body,
            check.limits,
            leave_after_s=check.leave_after_s,
            record=record,
        )
        outcome = Outcome(check, checked, judge(checked.facts, check.limits))
        outcomes.append(outcome)
        on_end(outcome)


def worst(outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict that decides the exit code of several."""
    seen = {outcome.judgement.verdict for outcome in outcomes}
    return next((verdict for verdict in WORST_FIRST if verdict in seen), Verdict.HEALTHY)


def final_exit_code(outcomes: Sequence[Outcome], planned: int, *, strict: bool) -> int:
    """The worst verdict's: unhealthy beats inconclusive, as a check that did not run is, beats degraded."""
    seen = {worst(outcomes), Verdict.HEALTHY if len(outcomes) == planned else Verdict.INCONCLUSIVE}
    return exit_code(min(seen, key=WORST_FIRST.index), strict=strict)
