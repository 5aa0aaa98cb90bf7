"""
What the plan means before it runs: when is what checked, and what does that cost a day. Pure.

The forecast is the real plan run against a clock that only it sees, with every check healthy.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule import cost, plan, states, windows
from liveavatar_ops.schedule.config import Budget, Kind, WatchConfig
from liveavatar_ops.schedule.plan import Go, Hold
from liveavatar_ops.schedule.quantities import spoken
from liveavatar_ops.schedule.states import TargetState
from liveavatar_ops.schedule.targets import WatchTarget

DAY_S = 86400.0
BUSY_SHARE = 0.8
MINUTE_S, HOUR_S = 60.0, 3600.0
WRITTEN_S = (
    *(n * MINUTE_S for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 45, 50)),
    *(n * HOUR_S for n in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24)),
)
"""Intervals that people write, seconds; a forecast of 24 hours cannot tell whether a longer one fits."""


@dataclass(frozen=True)
class Planned:
    """One check to come."""

    at: float
    target: str
    kind: Kind
    credits: float


@dataclass(frozen=True)
class Forecast:
    """24 hours from now. `runs_out_at`: when the budget would stop the checks, None if it lasts."""

    checks: tuple[Planned, ...]
    runs_out_at: float | None
    warnings: tuple[str, ...]

    @property
    def credits(self) -> float:
        """What all of it costs on an ordinary day, were there no budget."""
        return sum(each.credits for each in self.checks)

    def of(self, target: str) -> list[Planned]:
        """The checks of one target."""
        return [each for each in self.checks if each.target == target]


def forecast(
    config: WatchConfig,
    targets: Sequence[WatchTarget],
    now: float,
    known: Mapping[str, TargetState] | None = None,
) -> Forecast:
    """The next 24 hours; `known` states only matter for whether today's long check was made."""
    states_now = {t.name: (known or {}).get(t.name, TargetState()) for t in targets}
    free = config.model_copy(update={"budget": Budget()})
    checks, _ = _simulated(free, targets, states_now, now)
    _, runs_out_at = _simulated(config, targets, states_now, now)
    total = sum(each.credits for each in checks)
    warnings = (
        *_always_paused(config, targets, now),
        *_of_budget(config, targets, total, runs_out_at, partial(_would_fit, config, states_now, now)),
        *_too_many(config, targets),
    )
    return Forecast(tuple(checks), runs_out_at, warnings)


def _simulated(
    config: WatchConfig, targets: Sequence[WatchTarget], held: Mapping[str, TargetState], now: float
) -> tuple[list[Planned], float | None]:
    states_now, rng = dict(held), random.Random(0)  # noqa: S311 (a jitter, not a secret)
    even = config.model_copy(update={"jitter": 0.0})
    queue = [(now, i) for i in range(len(targets))]
    checks: list[Planned] = []
    spent: dict[str, float] = {}
    runs_out_at: float | None = None
    while queue and queue[0][0] < now + DAY_S:
        at, i = heapq.heappop(queue)
        target, day = targets[i], windows.day_of(at, config.time_zone).isoformat()
        state = states_now[target.name]
        account = plan.Account(spent=spent.get(day, 0.0))
        decision = plan.decide(target, state, at, now=at, account=account, config=even)
        if not isinstance(decision, Go):
            runs_out_at = runs_out_at or (at if decision.why is Hold.BUDGET else None)
            heapq.heappush(queue, (decision.until, i))
            continue
        costs = cost.expected(target, decision.kind)
        spent[day] = account.spent + costs
        checks.append(Planned(at, target.name, decision.kind, costs))
        new = states.after(state, Verdict.HEALTHY, at, confirm=even.confirm, flapping=even.flapping)
        states_now[target.name] = new.model_copy(
            update={"last_long_day": day} if decision.kind == "long" else {}
        )
        over = at + cost.takes_s(target, decision.kind)
        due = plan.next_due(target, new, started_at=at, ended_at=over, config=even, rng=rng)
        heapq.heappush(queue, (due, i))
    return checks, runs_out_at


def _always_paused(config: WatchConfig, targets: Sequence[WatchTarget], now: float) -> Iterator[str]:
    never = [
        t.name
        for t in targets
        if windows.always_paused(config.maintenance, now, target=t.name, zone=config.time_zone)
    ]
    if never:
        who = "Nothing is ever" if len(never) == len(targets) else f"{', '.join(never)}: never"
        yield f"{who} checked: the maintenance windows leave no time between them."


def _of_budget(
    config: WatchConfig,
    targets: Sequence[WatchTarget],
    total: float,
    runs_out_at: float | None,
    would_fit: Callable[[Sequence[WatchTarget]], float | None],
) -> Iterator[str]:
    limit = config.budget.credits_a_day
    if limit is None:
        if total:
            yield (
                f"There is no daily budget; about {total:g} credits a day are spent. "
                "Set budget.credits_a_day."
            )
        return
    costing = [t for t in targets if cost.rate(t)]
    never = [t for t in costing if cost.worst(t, "regular") > limit]
    for target in never:
        yield (
            f"{target.name} can never be checked: one check may cost {cost.worst(target, 'regular'):g} "
            f"credits, the budget is {limit:g} a day."
        )
    if total > limit and len(never) < len(costing):
        every = None if never else would_fit(costing)
        pace = f"Every {spoken(every)} would fit, or a" if every else "What would fit is a"
        if every and len(costing) < len(targets):
            pace = f"Every {spoken(every)} would fit for what costs credits, or a"
        yield (
            f"The plan costs about {total:g} credits a day, the budget is {limit:g}: the day's end is not "
            f"watched. {pace} sandbox template, or a larger budget."
        )
    elif runs_out_at is not None and not never:
        yield (
            f"The plan costs about {total:g} of {limit:g} credits a day; that leaves too little to set aside "
            "what one slow check may cost, so the last checks of the day wait for midnight."
        )


def _would_fit(
    config: WatchConfig, held: Mapping[str, TargetState], now: float, costing: Sequence[WatchTarget]
) -> float | None:
    """The shortest written interval, seconds, that keeps what costs within the budget; None: none does."""
    limit = config.budget.credits_a_day
    if not limit:
        return None
    least = DAY_S * sum(cost.expected(t, "regular") for t in costing) / limit
    # From now is what the next dry run reckons with; from midnight all its checks are paid by one day.
    begins = (now, windows.next_day_begin(now, config.time_zone))
    for every in WRITTEN_S:
        slower = [replace(t, every_s=every) for t in costing]
        if every >= least and all(_fits(config, slower, held, begin, limit) for begin in begins):
            return every
    return None


def _fits(
    config: WatchConfig,
    targets: Sequence[WatchTarget],
    held: Mapping[str, TargetState],
    begin: float,
    limit: float,
) -> bool:
    checks, runs_out_at = _simulated(config, targets, held, begin)
    return runs_out_at is None and sum(each.credits for each in checks) <= limit


def _too_many(config: WatchConfig, targets: Sequence[WatchTarget]) -> Iterator[str]:
    busy = sum(cost.takes_s(t, "regular") / t.every_s for t in targets)
    if busy > BUSY_SHARE * config.account.max_parallel:
        yield (
            f"On average {busy:.1f} checks would run at once, but account.max_parallel allows "
            f"{config.account.max_parallel}: they will run late. Raise it, or check less often."
        )
