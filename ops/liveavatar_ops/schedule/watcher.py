"""
The running watcher: asks the rounds what is due, runs it, brings the results back, until it is told to stop.

Told to stop, it tells its checks (they stop their sessions), waits for them, gives its leases back and
ends clean. Killed, it leaves nothing that the next watcher does not see.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from pathlib import Path

from liveavatar_ops.health.owner import Liveness, liveness
from liveavatar_ops.health.verdicts import Cause, Verdict
from liveavatar_ops.schedule import cost
from liveavatar_ops.schedule.child import Check, Command, evidence_folder, health_check, spawn
from liveavatar_ops.schedule.database import StoreError
from liveavatar_ops.schedule.keeper import Keeper
from liveavatar_ops.schedule.lease import Lease
from liveavatar_ops.schedule.log import Log, Troubles, fault_of, faults
from liveavatar_ops.schedule.pace import ORDINARY, Pace
from liveavatar_ops.schedule.result import Outcome, overdue, read_outcome
from liveavatar_ops.schedule.rounds import Rounds, Run
from liveavatar_ops.schedule.writing import Writer, Written


class Watcher:
    """
    `chores` are done now and then in a thread (messages, textfile, old evidence); `doubt` is told when a
    check finds its configuration wrong.
    """

    def __init__(
        self,
        rounds: Rounds,
        *,
        keeper: Callable[[Callable[[int], None]], Keeper],
        evidence: Path,
        log: Log,
        command: Command = health_check,
        chores: Callable[[], None] = lambda: None,
        after_takeover: Callable[[], None] = lambda: None,
        doubt: Callable[[], None] = lambda: None,
        pace: Pace = ORDINARY,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._rounds = rounds
        self._keeper = keeper(self._lease_lost)
        self._evidence = evidence
        self._log = log
        self._command = command
        self._chores = chores
        self._after_takeover = after_takeover
        self._doubt = doubt
        self._pace = pace
        self._secrets = secrets
        self._memory = Troubles(
            log, failed="watcher.store_failed", works="watcher.store_works", field="doing"
        )
        self._faults = faults(log)
        self._stopping = asyncio.Event()
        self._writer = Writer(self._memory, longest_pause_s=pace.look_s, stopping=self._stopping.is_set)
        self._stirred = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._checks: dict[int, Check | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._told_to_end: set[int] = set()
        self._looked_at = time.monotonic()

    def stop(self) -> None:
        """End soon and clean; a second time: kill what is still running."""
        if self._stopping.is_set():
            self._kill_all()
        self._stopping.set()
        self._stirred.set()

    def looked_ago(self) -> float:
        """Seconds since it last looked what is due; more than a few looks' worth means that it hangs."""
        return time.monotonic() - self._looked_at

    def busy(self) -> bool:
        """Whether a check is running."""
        return bool(self._checks)

    async def run(self) -> None:
        """Watch until told to stop. StoreError if the memory cannot be used at the very start."""
        self._rounds.begin()
        self._keeper.start()
        chores = asyncio.create_task(self._do_chores())
        try:
            while not self._stopping.is_set():
                await self._nap(await self._one_look())
                if chores.done():
                    chores.result()  # a watcher that tells nobody must not look healthy: end with its fault
        finally:
            chores.cancel()
            await self._end_all()
            self._keeper.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await chores

    async def _one_look(self) -> float:
        """Start what is due; returns how long to sleep at most."""
        turn = None
        with self._told("look"):
            turn = await asyncio.to_thread(self._rounds.start_due)  # it may ask the API for open sessions
        if turn is None:  # /healthz says that it does not look
            return self._pace.look_s
        self._looked_at = time.monotonic()
        if turn.set_back:
            self._log.say("watcher.clock_set_back")
        for run in turn.started:
            self._checks[run.token] = None
            self._keeper.hold(run.target.name, run.token)
            task = asyncio.create_task(self._check(run))
            self._tasks.add(task)
            task.add_done_callback(partial(self._after_check, run))
        for orphan in turn.orphans:
            self._end_orphan(orphan)
        if turn.replaced:
            self._log.say("watcher.took_over", runs=turn.replaced)
            self._loop.run_in_executor(None, self._after_takeover)
        return max(0.0, min(turn.wake_at - self._rounds.moment(), self._pace.look_s))

    def _after_check(self, run: Run, task: asyncio.Task[None]) -> None:
        """A fault of ours in one check: its lease is let go, so that the target is checked again."""
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            self._forget(run)
            self._log.say("watcher.fault", target=run.target.name, run=run.token, why=fault_of(fault))

    async def _nap(self, longest_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), longest_s)
        if not self._stopping.is_set():
            self._stirred.clear()

    async def _check(self, run: Run) -> None:
        folder = evidence_folder(self._evidence, run.target.name, run.token, run.started_at)
        try:
            check = await spawn(self._command(run.target, run.kind, folder))
        except OSError as why:
            outcome = Outcome(
                Verdict.INCONCLUSIVE, Cause.OWN_HOST.value, f"No check could be started: {why}.", credits=0.0
            )
            await self._bring_in(run, outcome)
            return
        self._checks[run.token] = check
        if self._stopping.is_set() or not self._may_begin(run, check):
            check.kill()
            await check.ended()
            await self._end_early(run, None, began=False)
            return
        check.begin()
        self._log.say("check.started", target=run.target.name, kind=run.kind, run=run.token)
        outcome = await self._outcome(run, check)
        self._checks[run.token] = None  # it ended, its process id may be another's soon
        if run.token in self._told_to_end and not _good_anyway(outcome):
            await self._end_early(run, outcome)
        else:
            await self._bring_in(run, outcome)

    def _may_begin(self, run: Run, check: Check) -> bool:
        try:
            return self._rounds.child_is(run, check.identity)
        except StoreError as why:
            self._memory.fails("write", str(why))
            return False

    async def _outcome(self, run: Run, check: Check) -> Outcome:
        ending = asyncio.create_task(check.ended())
        after_s = cost.over_after_s(run.target, run.kind)
        done, _ = await asyncio.wait({ending}, timeout=after_s)
        if done:
            ended = ending.result()
            return read_outcome(ended.out, ended.err, ended.code, secrets=self._secrets)
        check.ask_to_end()
        await asyncio.wait({ending}, timeout=self._pace.grace_s)
        check.kill()
        await ending
        return overdue(after_s)

    async def _bring_in(self, run: Run, outcome: Outcome) -> None:
        if outcome.cause == Cause.CONFIGURATION:
            self._doubt()
        finish = partial(self._rounds.finish, run, outcome)
        written = await self._writer.write(finish, patience_s=self._rounds.config.lease)  # then it is no news
        events = {
            Written.DONE: "check.ended",
            Written.SUPERSEDED: "check.superseded",
            Written.FAILED: "check.not_written",
        }
        self._log.say(
            events[written],
            target=run.target.name, run=run.token, verdict=outcome.verdict.value, cause=outcome.cause,
            first_frame_s=outcome.first_frame_s, credits=outcome.credits, why=outcome.headline,
            report=outcome.report,
        )  # fmt: skip
        if written is Written.FAILED:
            await self._give_back(run, outcome)
        self._forget(run)

    async def _end_early(self, run: Run, outcome: Outcome | None, *, began: bool = True) -> None:
        self._log.say("check.stopped", target=run.target.name, run=run.token)
        await self._give_back(run, outcome, began=began)
        self._forget(run)

    async def _give_back(self, run: Run, outcome: Outcome | None, *, began: bool = True) -> None:
        """As soon as the memory can be used; until then the lease is not renewed and ends by itself."""
        self._keeper.let_go(run.token)
        give_back = partial(self._rounds.interrupted, run, outcome, began=began)
        if await self._writer.write(give_back, patience_s=inf) is Written.FAILED:
            self._log.say("check.lease_kept", target=run.target.name, run=run.token)

    def _forget(self, run: Run) -> None:
        self._keeper.let_go(run.token)
        self._checks.pop(run.token, None)
        self._told_to_end.discard(run.token)
        self._stirred.set()

    def _lease_lost(self, token: int) -> None:
        self._loop.call_soon_threadsafe(self._tell_to_end, token)

    def _tell_to_end(self, token: int) -> None:
        if token in self._checks:
            self._told_to_end.add(token)
            if check := self._checks[token]:
                check.ask_to_end()

    async def _end_all(self) -> None:
        for token in list(self._checks):
            self._tell_to_end(token)
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self._pace.grace_s)
        self._kill_all()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self._pace.grace_s)

    def _kill_all(self) -> None:
        for check in self._checks.values():
            if check is not None:
                check.kill()

    def _end_orphan(self, orphan: Lease) -> None:
        """A dead watcher's check would be a second one: it is asked to end, and killed if it does not."""
        assert orphan.child is not None
        if liveness(orphan.child) is not Liveness.alive:
            return
        late = self._rounds.moment() > orphan.expires_at + self._pace.grace_s
        if not late and -orphan.token in self._told_to_end:
            return
        self._told_to_end.add(-orphan.token)  # below zero: not a check of ours
        self._log.say("check.orphan_ended", target=orphan.name, run=orphan.token, killed=late)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if late:
                os.killpg(orphan.child.pid, signal.SIGKILL)
            else:
                os.kill(orphan.child.pid, signal.SIGTERM)

    async def _do_chores(self) -> None:
        while True:
            with self._told("blindness"):
                self._rounds.look_for_blindness()
            with self._told("chores"):
                await asyncio.to_thread(self._chores)
            await asyncio.sleep(self._pace.chores_s)

    @contextlib.contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """What keeps it from being done is a line in the log, and it is done again another time."""
        try:
            yield
        except StoreError as why:
            self._memory.fails(doing, str(why))
        except Exception as fault:  # noqa: BLE001 (a fault of ours must not end the checks)
            self._faults.fails(doing, fault_of(fault))
        else:
            self._memory.works(doing)
            self._faults.works(doing)


def _good_anyway(outcome: Outcome) -> bool:
    """A check that was asked to end may have been through already; only a good word is sure to be whole."""
    return outcome.verdict in (Verdict.HEALTHY, Verdict.DEGRADED)
