"""
`liveavatar-ops rehearse`: play every fault on an emulator of its own, and see the check name it.

Exit codes: 0 all as expected (what this machine was too busy to judge does not count) · 1 something was
not · 2 usage · 3 nothing could be judged. A signal gives 128 + its number.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from liveavatar_ops.demo.services import ServiceFailed
from liveavatar_ops.health.checking import signals_as_wishes
from liveavatar_ops.health.commands import complain
from liveavatar_ops.health.depth_option import DEPTHS, depth_of
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.places import why_of
from liveavatar_ops.health.plan import Usage
from liveavatar_ops.health.verdicts import USAGE_EXIT_CODE
from liveavatar_ops.rehearse.asking import Typed, asked_for
from liveavatar_ops.rehearse.junit import junit_text
from liveavatar_ops.rehearse.listing import Listing
from liveavatar_ops.rehearse.outcome import Outcome, Rehearsal
from liveavatar_ops.rehearse.row import Row
from liveavatar_ops.rehearse.run import Asked, lanes, run
from liveavatar_ops.rehearse.screen import Progress, print_list, print_rehearsal


def rehearse(
    *,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this row or fault; may be repeated.")
    ] = None,
    times: Annotated[int, typer.Option(help="How often each row is rehearsed.")] = 1,
    depth: Annotated[
        Depth,
        typer.Option(
            parser=depth_of, metavar=DEPTHS, help="Leave out rows that need a deeper check than this."
        ),
    ] = Depth.CONVERSATION,
    at_once: Annotated[int, typer.Option(help="Emulators and checks side by side; one needs a core.")] = 1,
    stack: Annotated[
        str | None, typer.Option(help="Rehearse a template of this stack: its settings, its limits.")
    ] = None,
    template: Annotated[str | None, typer.Option(help="Which template of the stack.")] = None,
    template_file: Annotated[Path | None, typer.Option(help="Rehearse the template in this file.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show rows and reasons, run nothing.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="What this machine was too busy to judge counts as a failure.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON alone.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit file, for CI.")] = None,
    evidence: Annotated[
        Path | None, typer.Option(help="Keep each row's result and contact sheet in this folder.")
    ] = None,
) -> None:
    """
    Rehearse the alarms: play every fault on an emulator, and see that the check names each by its cause.

    Starts an emulator of its own on 127.0.0.1, uses no account, and ends what it started. With --stack or
    --template-file your own template is rehearsed: its video settings, voice, model and limits, with
    the emulator's avatars, secret and context in place of yours. About 8 minutes for the whole table.

    Exit codes: 0 all as expected, 1 something was not, 2 what was typed cannot be done, 3 this machine was
    too busy to judge a single row; 130 after Ctrl-C. With --strict what was not judged ends with 1.
    """
    typed = Typed(
        faults=tuple(fault or ()),
        times=times,
        depth=depth,
        at_once=at_once,
        stack=stack,
        template=template,
        template_file=template_file,
        junit=junit,
        evidence=evidence,
        only_list=list_,
    )
    try:
        asked = asked_for(typed)
        if list_:
            _list(asked.rows, as_json=json_)
            return
        code = _rehearse(asked, junit, as_json=json_, strict=strict)
    except Usage as wrong:
        for problem in wrong.problems:
            complain(problem)
        raise typer.Exit(USAGE_EXIT_CODE) from None
    except ServiceFailed as why:
        complain(str(why))
        raise typer.Exit(USAGE_EXIT_CODE) from None
    raise typer.Exit(code)


def _list(rows: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(Listing.of(rows).model_dump_json(by_alias=True) + "\n")
    else:
        print_list(Console(), rows)


def _rehearse(asked: Asked, junit: Path | None, *, as_json: bool, strict: bool) -> int:
    aside = Console(stderr=True)
    outcomes: list[Outcome] = []
    with (
        Progress(aside, len(asked.rows) * asked.times) as progress,
        signals_as_wishes(lambda: progress.say("Interrupted: stopping the session, please wait …")) as wish,
    ):
        progress.say(f"starting {asked.at_once} emulator{'s' if asked.at_once > 1 else ''} on this machine …")
        with lanes(asked, wish.event, warn=progress.say) as ready:
            outcomes = run(asked, ready, wish.event, on_phase=progress.phase, on_end=progress.end)
        interrupted = wish.event.is_set()
        code = wish.exit_code
    rehearsal = Rehearsal.of(outcomes)
    if interrupted:
        progress.say(f"Interrupted after {len(outcomes)} rows. Everything that was started has been ended.")
        return code
    if junit is not None:
        try:
            junit.parent.mkdir(parents=True, exist_ok=True)
            write_whole(junit, junit_text(rehearsal))
        except OSError as why:
            complain(f"{junit} could not be written: {why_of(why)}. The rehearsal stands without it.")
    if as_json:
        sys.stdout.write(rehearsal.model_dump_json(by_alias=True) + "\n")
        sys.stdout.flush()
    else:
        print_rehearsal(Console(), rehearsal, {row.name: row.why for row in asked.rows})
    return rehearsal.exit_code(strict=strict)
