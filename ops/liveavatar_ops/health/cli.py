"""
`liveavatar-ops health`: check, janitor, explain.

Exit codes: healthy 0 · degraded 0 (--strict: 1) · unhealthy 1 · usage 2 · inconclusive 3; several
targets: the worst. A signal that ended the command gives 128 + its number.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from liveavatar_ops.health.checking import (
    Outcome,
    final_exit_code,
    run_all,
    signals_as_wishes,
    sweep_first,
)
from liveavatar_ops.health.commands import complain, explain, janitor
from liveavatar_ops.health.depth_option import DEPTHS, depth_of
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.places import why_of
from liveavatar_ops.health.plan import Asked, Usage, plan
from liveavatar_ops.health.runner import Interrupted, Runner
from liveavatar_ops.health.settings import OpsSettings
from liveavatar_ops.health.stack import StackError, settings_of
from liveavatar_ops.health.verdicts import USAGE_EXIT_CODE
from liveavatar_ops.schedule.cli import watch
from pulumi_liveavatar.settings import Settings, SettingsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Prove that a viewer would see and hear a living avatar.",
)


@app.command()
def check(
    *,
    stack: Annotated[str | None, typer.Option(help="Check what this Pulumi stack has deployed.")] = None,
    template: Annotated[
        str | None, typer.Option(help="Only this session template of the stack; else every one.")
    ] = None,
    template_file: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="The body of a session token, and `health:` (YAML, JSON); may be repeated."
        ),
    ] = None,
    avatar: Annotated[
        str | None, typer.Option(help="Id of an avatar, to check it without a template.")
    ] = None,
    secret_id: Annotated[
        str | None, typer.Option(help="With --avatar: LiveAvatar secret (OpenAI key).")
    ] = None,
    context_id: Annotated[str | None, typer.Option(help="With --avatar: LiveAvatar context.")] = None,
    voice: Annotated[str | None, typer.Option(help="With --avatar: OpenAI voice.")] = None,
    model: Annotated[str | None, typer.Option(help="With --avatar: OpenAI Realtime model.")] = None,
    temperature: Annotated[float | None, typer.Option(help="With --avatar: 0.6 to 1.2.")] = None,
    quality: Annotated[str | None, typer.Option(help="With --avatar: very_high, high, medium, low.")] = None,
    sandbox: Annotated[
        bool | None,
        typer.Option("--sandbox/--no-sandbox", help="Free, 60 s at most. Default: as the template has it."),
    ] = None,
    max_session_duration: Annotated[int | None, typer.Option(help="With --avatar: seconds.")] = None,
    depth: Annotated[
        Depth,
        typer.Option(
            parser=depth_of, metavar=DEPTHS, help="How far to go; each depth includes the ones before."
        ),
    ] = Depth.VIDEO,
    watch_for: Annotated[
        float | None, typer.Option(help="Seconds to watch after the first frame (limit watch_s).")
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Override a limit: name=value. `health explain` lists them."),
    ] = None,
    max_credits: Annotated[
        str | None,
        typer.Option(metavar="CREDITS", help="Spend at most this many credits on the whole command."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Degraded ends with 1 too.")] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit file, for CI.")] = None,
    evidence: Annotated[
        Path | None, typer.Option(help="Where result and pictures go (default ./evidence/TIME-NAME-SESSION).")
    ] = None,
    no_evidence: Annotated[bool, typer.Option("--no-evidence", help="Write no evidence.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep what was seen and heard as a clip (MP4).")
    ] = False,
) -> None:
    """
    Open a session as a viewer would, watch it, judge it, stop it.

    Exit codes: 0 healthy (or degraded; 1 with --strict), 1 unhealthy, 2 what was typed cannot be done,
    3 inconclusive: our own network, a quota, a machine too busy to tell, or a session too short for a
    conversation; 130 after Ctrl-C.
    """
    flags = {
        "avatar": avatar,
        "secret-id": secret_id,
        "context-id": context_id,
        "voice": voice,
        "model": model,
        "temperature": temperature,
        "quality": quality,
        "max-session-duration": max_session_duration,
    }
    output = Output(
        as_json=json_,
        junit=junit,
        evidence=evidence,
        no_evidence=no_evidence,
        record=record,
        strict=strict,
    )
    try:
        asked = Asked(
            stack=stack,
            template=template,
            template_files=template_file or (),
            sandbox=sandbox,
            flags=flags,
            depth=depth,
            watch_for_s=watch_for,
            limits=tuple(limit or ()),
            max_credits=_credits(max_credits),
            record=record,
        )
        output.check_places()
        settings, planned = _all_problems_at_once(asked)
        output.several = len(planned) > 1
        code = _check(asked, settings, planned, output, strict=strict)
    except Usage as wrong:
        for problem in wrong.problems:
            complain(problem)
        raise typer.Exit(USAGE_EXIT_CODE) from None
    except (LedgerError, OSError) as why:
        complain(_hindrance(why))
        raise typer.Exit(USAGE_EXIT_CODE) from None
    raise typer.Exit(code)


def _hindrance(why: LedgerError | OSError) -> str:
    """Why no check can run here; an OSError is this machine's: no room for a folder, no more processes."""
    if isinstance(why, LedgerError):
        return str(why)
    return f"No check can run on this machine: {why_of(why)}. `liveavatar-ops doctor` says more."


def _all_problems_at_once(asked: Asked) -> tuple[Settings, Any]:
    """Settings and plan, or one Usage with what is wrong with either."""
    problems: list[str] = []
    settings, planned = None, None
    try:
        planned = plan(asked)
    except Usage as wrong:
        problems += wrong.problems
    try:
        settings = settings_of(asked.stack if planned else None)
    except (SettingsError, StackError) as why:
        problems.append(str(why))
    if settings is None or planned is None:
        raise Usage(problems)
    return settings, planned


def _check(asked: Asked, settings: Settings, planned: Any, output: Output, *, strict: bool) -> int:
    ledger = Ledger(OpsSettings().ledger_path)
    outcomes: list[Outcome] = []
    with signals_as_wishes(output.interrupting) as wish:
        output.swept(sweep_first(settings, ledger))
        runner = Runner(settings, ledger, stop_wish=wish.event, on_phase=output.phase)
        try:
            run_all(
                planned,
                asked.depth,
                runner,
                outcomes,
                record=output.record,
                on_begin=output.begin,
                on_end=output.end,
            )
        except Interrupted as ended:
            output.interrupted(ended.facts)
            return wish.exit_code
        except KeyboardInterrupt:
            output.given_up(ledger)
            return wish.exit_code
        except (LedgerError, OSError) as why:
            if not outcomes:
                raise
            left = len(planned) - len(outcomes)  # what was paid for is told; what is left is not known
            complain(f"{left} of {len(planned)} checks did not run: {_hindrance(why)}")
    output.finish()
    return final_exit_code(outcomes, len(planned), strict=strict)


def _credits(typed: str | None) -> Decimal | None:
    if typed is None:
        return None
    try:
        number = Decimal(typed)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Usage(["--max-credits: should be a number, for example 1"])
    return number


app.command("janitor", short_help="Stop probe sessions that a killed check left open.")(janitor)
app.command("explain", short_help="Show every limit a check judges by, and why.")(explain)
app.command("watch")(watch)
