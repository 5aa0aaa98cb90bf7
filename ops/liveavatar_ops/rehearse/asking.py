"""Turns what was typed into a rehearsal, or into every complaint about it. Starts nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.places import file_problem, folder_problem
from liveavatar_ops.health.plan import Asked as AskedCheck
from liveavatar_ops.health.plan import Usage, plan
from liveavatar_ops.health.stack import stack_outputs
from liveavatar_ops.health.target import Target
from liveavatar_ops.rehearse.emulator import COMMAND
from liveavatar_ops.rehearse.lane import CONNECTOR
from liveavatar_ops.rehearse.run import Asked
from liveavatar_ops.rehearse.table import NoSuchRow, rows

MOST_TIMES, MOST_AT_ONCE = 1000, 8


@dataclass(frozen=True)
class Typed:
    """The command line, as typed."""

    faults: tuple[str, ...] = ()
    times: int = 1
    depth: Depth = Depth.CONVERSATION
    at_once: int = 1
    stack: str | None = None
    template: str | None = None
    template_file: Path | None = None
    junit: Path | None = None
    evidence: Path | None = None
    only_list: bool = False


def asked_for(
    typed: Typed,
    *,
    outputs_of: Callable[[str], dict[str, Any]] = stack_outputs,
    emulator: Path = COMMAND,
) -> Asked:
    """What to rehearse; raises Usage with everything that is wrong."""
    problems = _wrong_numbers(typed) + _nothing_to_write(typed) + _wrong_places(typed, emulator)
    chosen = rows([], typed.depth)
    try:
        chosen = rows(typed.faults, typed.depth)
    except NoSuchRow as wrong:
        problems += str(wrong).splitlines()
    template = None
    try:
        template = _template(typed, outputs_of)
    except Usage as wrong:
        problems += wrong.problems
    if problems:
        raise Usage(problems)
    return Asked(chosen, typed.times, min(typed.at_once, len(chosen) * typed.times), template, typed.evidence)


def _wrong_numbers(typed: Typed) -> list[str]:
    problems = []
    if not 1 <= typed.times <= MOST_TIMES:
        problems.append(f"--times: should be from 1 to {MOST_TIMES}")
    if not 1 <= typed.at_once <= MOST_AT_ONCE:
        problems.append(f"--at-once: should be from 1 to {MOST_AT_ONCE}; each needs about one core")
    return problems


def _nothing_to_write(typed: Typed) -> list[str]:
    if not typed.only_list:
        return []
    named = {"--junit": typed.junit, "--evidence": typed.evidence}
    return [
        f"{flag}: nothing is rehearsed with --list, so nothing would be written; leave one of them out"
        for flag, place in named.items()
        if place is not None
    ]


def _wrong_places(typed: Typed, emulator: Path) -> list[str]:
    problems = []
    if typed.junit is not None and (wrong := file_problem(typed.junit)):
        problems.append(f"--junit: {wrong}")
    if typed.evidence is not None and (wrong := folder_problem(typed.evidence)):
        problems.append(f"--evidence: {wrong}")
    if not emulator.is_file():
        problems.append("The emulator is not installed here: pip install 'liveavatar-ops[emulator]'")
    return problems


def _template(typed: Typed, outputs_of: Callable[[str], dict[str, Any]]) -> Target | None:
    if typed.stack is None and typed.template_file is None and typed.template is None:
        return None
    if typed.template is not None and typed.stack is None:
        raise Usage(["--template: names a template of a stack; give --stack NAME with it"])
    files = [] if typed.template_file is None else [typed.template_file]
    asked = AskedCheck(stack=typed.stack, template=typed.template, template_files=files)
    planned = plan(asked, outputs_of=outputs_of)
    if len(planned) > 1:
        names = ", ".join(check.target.name for check in planned)
        raise Usage([f"--template: stack {typed.stack} has several ({names}); name one"])
    target = planned[0].target
    if CONNECTOR not in target.body:
        raise Usage([f"{target.where}: has no {CONNECTOR}; only templates with it can be rehearsed"])
    return target
