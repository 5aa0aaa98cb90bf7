"""
Turns what was typed into checks to run, or into every complaint about it. Starts nothing.

A check that cannot be meant, or that would cost more than allowed, is refused here, before LiveAvatar
is asked for anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.overrides import LimitsError, limits_from, parse_limit_flags, wrong_alone
from liveavatar_ops.health.references import price
from liveavatar_ops.health.sandbox import opened
from liveavatar_ops.health.stack import StackError, stack_outputs
from liveavatar_ops.health.target import Target, TargetError, from_file, from_flags, from_stack, silent

SHORTEST_WATCH_S = 0.5
LONGEST_WATCH_S = 3600.0


class Usage(Exception):
    """What was typed cannot be done; `problems` holds one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Asked:
    """The command line, as typed. `flags` are the flags that describe a target, by name, None if absent."""

    stack: str | None = None
    template: str | None = None
    template_files: Sequence[Path] = ()
    flags: dict[str, Any] = field(default_factory=dict)
    depth: Depth = Depth.VIDEO
    watch_for_s: float | None = None
    limits: Sequence[str] = ()
    max_credits: Decimal | None = None
    sandbox: bool | None = None
    """--sandbox or --no-sandbox; None lets the template decide."""
    record: bool = False


@dataclass(frozen=True)
class Planned:
    """One check to run; `leave_after_s` is when its session must be over to stay within the budget."""

    target: Target
    limits: Limits
    leave_after_s: float | None = None


def plan(asked: Asked, *, outputs_of: Callable[[str], dict[str, Any]] = stack_outputs) -> list[Planned]:
    """The checks to run, in order; raises Usage with everything that is wrong."""
    problems = [*_wrong_together(asked), *_wrong_limits(asked)]
    targets: list[Target] = []
    if len(_ways(asked)) == 1:
        try:
            targets = [opened(target, asked.sandbox) for target in _targets(asked, outputs_of)]
            problems += silent(targets, asked.depth, "--depth video")
        except Usage as wrong:
            problems += wrong.problems
    if problems:
        raise Usage(problems)
    return _within_budget(asked, _planned(asked, targets))


def _planned(asked: Asked, targets: Sequence[Target]) -> list[Planned]:
    """Each target with its limits; raises Usage with what is wrong with any."""
    checks: list[Planned] = []
    problems: list[str] = []
    for target in targets:
        try:
            checks.append(Planned(target, _limits(asked, target)))
        except LimitsError as wrong:
            problems += [str(problem) for problem in wrong.problems]
    if problems:
        raise Usage(list(dict.fromkeys(problems)))  # a flag is wrong once, however many templates there are
    return checks


def _ways(asked: Asked) -> list[str]:
    """How the command line says what to check; one way is right."""
    ways = {
        "--stack": asked.stack is not None,
        "--template-file": bool(asked.template_files),
        "--avatar and its flags": any(value is not None for value in asked.flags.values()),
    }
    return [way for way, given in ways.items() if given]


def limits_typed(flags: Sequence[str]) -> Limits:
    """The limits with `--limit` flags over the defaults; raises Usage."""
    try:
        return limits_from(("--limit", parse_limit_flags(flags)))
    except LimitsError as wrong:
        raise Usage([str(problem) for problem in wrong.problems]) from None


def _wrong_limits(asked: Asked) -> list[str]:
    """Of --limit alone; how it stands to the other limits shows over those of a target."""
    try:
        typed = parse_limit_flags(asked.limits)
    except LimitsError as wrong:
        return [str(problem) for problem in wrong.problems]
    return [str(problem) for problem in wrong_alone("--limit", typed)]


def _wrong_together(asked: Asked) -> list[str]:
    given = _ways(asked)
    problems = []
    if len(given) > 1:
        problems.append(f"{' and '.join(given)}: give one of them, they each say what to check")
    if not given:
        problems.append(
            "Nothing to check: give --stack NAME (what was deployed), --template-file FILE, or --avatar ID"
        )
    if asked.template is not None and asked.stack is None:
        problems.append("--template: names a template of a stack; give --stack NAME with it")
    if asked.watch_for_s is not None and not SHORTEST_WATCH_S <= asked.watch_for_s <= LONGEST_WATCH_S:
        problems.append(f"--watch-for: should be from {SHORTEST_WATCH_S:g} to {LONGEST_WATCH_S:g} seconds")
    if asked.record and not asked.depth.includes(Depth.VIDEO):
        problems.append(
            f"--record: depth {asked.depth.value} looks at no picture; use --depth video or conversation"
        )
    if asked.max_credits is not None and not asked.max_credits >= 0:
        problems.append("--max-credits: should be 0 or more")
    return problems


def _targets(asked: Asked, outputs_of: Callable[[str], dict[str, Any]]) -> list[Target]:
    try:
        if asked.stack is not None:
            return from_stack(asked.stack, outputs_of(asked.stack), asked.template)
        if asked.template_files:
            return _from_files(asked.template_files)
        return [from_flags({**asked.flags, "sandbox": asked.sandbox})]
    except TargetError as wrong:
        raise Usage(wrong.problems) from None
    except StackError as why:
        raise Usage([str(why)]) from None


def _from_files(paths: Sequence[Path]) -> list[Target]:
    """One target a file; raises TargetError with what is wrong in any of them."""
    found, problems = [], []
    for path in dict.fromkeys(paths):
        try:
            found.append(from_file(path))
        except TargetError as wrong:
            problems += wrong.problems
    if problems:
        raise TargetError(problems)
    return found


def _limits(asked: Asked, target: Target) -> Limits:
    typed = parse_limit_flags(asked.limits)
    watch = {} if asked.watch_for_s is None else {"watch_s": asked.watch_for_s}
    return limits_from((target.where, target.limits), ("--limit", typed), ("--watch-for", watch))


def _within_budget(asked: Asked, checks: list[Planned]) -> list[Planned]:
    """Share the credits out: every check gets its first minute, what is left lets the first ones run on."""
    if asked.max_credits is None or not asked.depth.includes(Depth.SESSION):
        return checks
    least = sum((price(check.target.body, 1) for check in checks), Decimal(0))
    if least > asked.max_credits:
        what = "This check costs" if len(checks) == 1 else f"These {len(checks)} checks cost"
        cure = "Allow more, check fewer templates, or check in the sandbox (--sandbox), which costs nothing"
        dear = f"{what} at least {_credits(least)}, but only {asked.max_credits} may be spent"
        raise Usage([f"--max-credits: {dear}. {cure}"])
    spare = asked.max_credits - least
    shared = []
    for check in checks:
        minute = price(check.target.body, 1)
        more = int(spare / minute) if minute else 0
        spare -= more * minute
        shared.append(
            Planned(check.target, check.limits, leave_after_s=60.0 * (1 + more) if minute else None)
        )
    return shared


def _credits(number: Decimal) -> str:
    return f"{number} credit" if number == 1 else f"{number} credits"
