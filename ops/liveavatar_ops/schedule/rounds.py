"""
The watcher's core: what may begin now, and what a result changes. No processes, no sleeping, no network.

Several of these, in several processes, may work on one file: each decision is made inside the
transaction that acts on it.
"""

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import inf

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.owner import Owner
from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule import cost, lease, plan, set_back, states, store, windows
from liveavatar_ops.schedule.config import Kind, WatchConfig
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.lease import Lease, Leases, Standing
from liveavatar_ops.schedule.news import News
from liveavatar_ops.schedule.notify.teller import Teller
from liveavatar_ops.schedule.plan import Go, Hold, Wait
from liveavatar_ops.schedule.result import Outcome
from liveavatar_ops.schedule.states import State, TargetState
from liveavatar_ops.schedule.targets import WatchTarget


@dataclass(frozen=True)
class Run:
    """One check that is ours to make."""

    target: WatchTarget
    kind: Kind
    token: int
    started_at: float


@dataclass(frozen=True)
class Others:
    """What is used beside our checks: credits of today, and sessions (None: not known)."""

    credits: float
    sessions: int | None


@dataclass
class Turn:
    """What one look at the clock led to. `orphans`: checks whose watcher is gone, to be ended first."""

    started: list[Run] = field(default_factory=list)
    orphans: list[Lease] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    set_back: bool = False
    """Whether the clock was found to be set back."""
    wake_at: float = inf


class Rounds:
    """
    One watcher's decisions. `foreign` counts sessions that are not our checks (None: not known), `elsewhere`
    the credits that checks of others on this machine cost since a moment; `on_change` hears of a target whose
    state is another one now, `on_used_up` once a day what was spent and when checks go on.
    """

    def __init__(
        self,
        database: Database,
        leases: Leases,
        config: WatchConfig,
        targets: Sequence[WatchTarget],
        *,
        now: Callable[[], float],
        rng: random.Random,
        foreign: Callable[[], int | None] = lambda: None,
        elsewhere: Callable[[float], float] = lambda _: 0.0,
        on_change: Callable[[str, State, State], None] = lambda *_: None,
        on_used_up: Callable[[float, float], None] = lambda *_: None,
    ) -> None:
        self._db = database
        self._leases = leases
        self._on_change = on_change
        self._on_used_up = on_used_up
        self.config = config
        self.targets = list(targets)
        self._now = now
        self._rng = rng
        self._foreign = foreign
        self._elsewhere = elsewhere
        self._since = now()
        self._tell = Teller(config)
        self._news = News(database, self._tell, config, on_change)

    def moment(self) -> float:
        """The clock that all decisions go by."""
        return self._now()

    def begin(self) -> None:
        """Meet the targets; what is remembered of them goes on."""
        self.watch(self.targets)

    def watch(self, targets: Sequence[WatchTarget]) -> None:
        """From the next look on these; checks that are running come to their end."""
        now = self._now()
        with self._db.writing() as db:
            for target in targets:
                store.meet(db, target.name, now)
                store.bring_forward(db, target.name, now + plan.longest_apart_s(target, self.config))
        self.targets = list(targets)  # replaced whole, and after they were met: a look may be going on

    def start_due(self) -> Turn:
        """Take what is due and allowed. The caller runs what it gets."""
        now, turn, targets = self._now(), Turn(), self.targets
        self._leases.look(now)
        turn.set_back = self._bring_back(targets, now)
        self._sweep(now, turn)
        with self._db.reading() as db:
            held = store.all_known(db)
        due = [(t, held[t.name].state, held[t.name].due) for t in targets if held[t.name].due <= now]
        turn.wake_at = min((held[t.name].due for t in targets if held[t.name].due > now), default=inf)
        if due:
            others = Others(self._elsewhere(windows.day_begin(now, self.config.time_zone)), None)
            allowed = self._allowed(plan.by_urgency(due), now, others, turn)
            if self._may_crowd_out(allowed):  # asked last: an account that says no is to be left alone
                others = replace(others, sessions=self._foreign())
                allowed = self._allowed(allowed, now, others, turn)
            for target in allowed:
                with suppress(*[StoreError] if turn.started else []):  # what was taken is run all the same
                    self._take(target, now, others, turn)
        return turn

    def _may_crowd_out(self, targets: Sequence[WatchTarget]) -> bool:
        limited = self.config.account.concurrency is not None
        return limited and any(target.depth.includes(Depth.SESSION) for target in targets)

    def _allowed(
        self, due: Sequence[WatchTarget], now: float, others: Others, turn: Turn
    ) -> list[WatchTarget]:
        """Those that may go as things stand, read without a lock: most looks find that nothing may."""
        allowed, budget = [], None
        with self._db.reading() as db:
            account = self._account(db, now, others)
            told_day = store.told_day(db)
            for target in due:
                if lease.find(db, target.name) is not None:
                    continue  # being checked, by us or by another watcher
                decision = self._decision(db, target, now, account)
                if isinstance(decision, Go):
                    allowed.append(target)
                else:
                    turn.wake_at = min(turn.wake_at, decision.until)
                    budget = decision if decision.why is Hold.BUDGET else budget
        day = windows.day_of(now, self.config.time_zone).isoformat()
        names = [target.name for target in self.targets]
        if budget is not None and told_day != day and self._tell.may_disturb(names, now):
            with self._db.writing() as db:
                first = store.told_day(db) != day  # another watcher may have told it meanwhile
                self._tell.budget(db, account.spent, until=budget.until, day=day, now=now)
            if first:
                self._on_used_up(account.spent, budget.until)
        return allowed

    def _bring_back(self, targets: Sequence[WatchTarget], now: float) -> bool:
        self._since = min(self._since, now)
        with self._db.reading() as db:
            if not set_back.is_set_back(db, now):
                return False
        with self._db.writing() as db:
            return set_back.bring_back(db, targets, self.config, now)

    def _sweep(self, now: float, turn: Turn) -> None:
        """Free what a dead watcher held, whatever it was: nobody else will end those runs."""
        with self._db.reading() as db:
            if all(self._leases.standing(each, now) is Standing.HELD for each in lease.every(db)):
                return
        with self._db.writing() as db:
            for each in lease.every(db):
                standing = self._leases.standing(each, now)
                if standing is Standing.ORPHANED:
                    turn.orphans.append(each)
                elif standing is Standing.FREE:
                    store.lose_run(db, each.token, now)
                    lease.give_back(db, each.name, each.token)
                    turn.replaced.append(each.token)

    def _take(self, target: WatchTarget, now: float, others: Others, turn: Turn) -> None:
        """Decide again, now that nobody else can, and begin the run in the same transaction."""
        with self._db.writing() as db:
            if lease.find(db, target.name) is not None:
                return
            decision = self._decision(db, target, now, self._account(db, now, others))
            if isinstance(decision, Wait):
                turn.wake_at = min(turn.wake_at, decision.until)
                return
            taken = self._leases.take(db, target.name, now)
            assert taken is not None  # seen to be free in this very transaction
            store.begin_run(
                db, taken.token, target.name, decision.kind, now,
                reserved=decision.reserve, if_lost=cost.if_lost(target, decision.kind),
            )  # fmt: skip
            turn.started.append(Run(target, decision.kind, taken.token, now))

    def _decision(
        self, db: sqlite3.Connection, target: WatchTarget, now: float, account: plan.Account
    ) -> Go | Wait:
        known = store.known(db, target.name)
        return plan.decide(target, known.state, known.due, now=now, account=account, config=self.config)

    def child_is(self, run: Run, child: Owner) -> bool:
        """Write down the process before it begins; False if the lease was lost, then it must not begin."""
        with self._db.writing() as db:
            store.run_child(db, run.token, child)
            return lease.note_child(db, run.target.name, run.token, child)

    def finish(self, run: Run, outcome: Outcome) -> bool:
        """Take a result in. False if somebody replaced us meanwhile: then it does not count."""
        now = self._now()
        with self._db.writing() as db:
            if not lease.give_back(db, run.target.name, run.token):
                return False
            state = store.known(db, run.target.name).state
            new = self._after(state, run, outcome, now)
            backoff = store.backoff(db)
            if outcome.quota and (outcome.refused or run.target.depth.includes(Depth.SESSION)):
                backoff = plan.backed_off(
                    backoff, now, session=run.target.depth.includes(Depth.SESSION),
                    quota=self.config.quota, retry_after_s=outcome.retry_after_s, rng=self._rng,
                )  # fmt: skip
                due = backoff.until
            else:
                backoff = plan.Backoff() if _proves_room(run, outcome, backoff) else backoff
                due = plan.next_due(
                    run.target, new, started_at=min(run.started_at, now), ended_at=now,
                    config=self.config, rng=self._rng,
                )  # fmt: skip
            told = new
            if outcome.verdict is not Verdict.INCONCLUSIVE:  # that one says nothing, so it tells nothing
                told = self._tell.state(
                    db, run.target.name, state, new, outcome=outcome, run=run.token, now=now
                )
            store.end_run(db, run.token, now, outcome)
            store.keep_backoff(db, backoff)
            store.keep(db, run.target.name, told, due)
        if new.shown is not state.shown:
            self._on_change(run.target.name, state.shown, new.shown)
        return True

    def interrupted(self, run: Run, outcome: Outcome | None, *, began: bool = True) -> bool:
        """A check that we ended ourselves says nothing; its target is due at once, for whoever comes."""
        now = self._now()
        with self._db.writing() as db:
            if not lease.give_back(db, run.target.name, run.token):
                return False
            if began:
                store.stop_run(db, run.token, now, outcome)
            else:
                store.never_ran(db, run.token)
            store.bring_forward(db, run.target.name, now)
        return True

    def look_for_blindness(self) -> None:
        """Tell what no result tells: targets not seen any more, kept back by a window, given up."""
        now = self._now()
        self._news.look(self.targets, now, watching_since=self._since)
        self._news.tell_anew(self.targets, now)

    def _account(self, db: sqlite3.Connection, now: float, others: Others) -> plan.Account:
        begin = windows.day_begin(now, self.config.time_zone)
        return plan.Account(
            spent=store.spent_since(db, begin) + others.credits,
            running=len(lease.every(db)),
            backoff=store.backoff(db),
            foreign=others.sessions,
        )

    def _after(self, state: TargetState, run: Run, outcome: Outcome, now: float) -> TargetState:
        new = states.after(
            state, outcome.verdict, now, confirm=self.config.confirm, flapping=self.config.flapping
        )
        dearest = cost.if_lost if outcome.cut_off else cost.worst
        spent = outcome.credits if outcome.credits is not None else dearest(run.target, run.kind)
        changes: dict[str, object] = {
            "credits_total": state.credits_total + spent,
            "checks_total": state.checks_total + 1,
        }
        if run.kind == "long" and outcome.verdict is not Verdict.INCONCLUSIVE:
            changes["last_long_day"] = windows.day_of(run.started_at, self.config.time_zone).isoformat()
        return new.model_copy(update=changes)


def _proves_room(run: Run, outcome: Outcome, backoff: plan.Backoff) -> bool:
    """Whether this result shows that the account lets us again: it got as far as what was refused."""
    if outcome.verdict is Verdict.INCONCLUSIVE:
        return False
    return not backoff.session or (run.target.depth.includes(Depth.SESSION) and not outcome.refused)
