"""
`liveavatar-ops health`: check, janitor, explain.

Exit codes: healthy 0 · degraded 0 (--strict: 1) · unhealthy 1 · usage 2 · inconclusive 3; several
targets: the worst. A signal that ended the command gives 128 + its number.
"""

import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from liveavatar_ops.health.checking import (
    Outcome,
    final_exit_code,
    run_all,
    signals_as_wishes,
    sweep_first,
)
from liveavatar_ops.health.explain import explain_document, print_explained
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.plan import Asked, Usage, limits_typed, plan
from liveavatar_ops.health.runner import Interrupted, Runner
from liveavatar_ops.health.settings import OpsSettings
from liveavatar_ops.health.stack import StackError, stack_config
from liveavatar_ops.health.verdicts import USAGE_EXIT_CODE
from liveavatar_ops.schedule.cli import watch
from pulumi_liveavatar.settings import Settings, SettingsError, load_settings

FAILED_EXIT_CODE = 1

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Prove that a viewer would see and hear a living avatar.",
)
app.command("watch")(watch)


@app.command()
def check(
    *,
    stack: Annotated[str | None, typer.Option(help="Check what this Pulumi stack has deployed.")] = None,
    template: Annotated[
        str | None, typer.Option(help="Only this session template of the stack; else every one.")
    ] = None,
    template_file: Annotated[
        Path | None, typer.Option(help="A YAML or JSON file: the body of a session token, and `health:`.")
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
        typer.Option("--sandbox/--no-sandbox", help="With --avatar: costs nothing, 60 s at most."),
    ] = None,
    max_session_duration: Annotated[int | None, typer.Option(help="With --avatar: seconds.")] = None,
    depth: Annotated[
        Depth, typer.Option(help="How far to go; each depth includes the ones before.")
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
    3 inconclusive: our own network, a quota, or a machine too busy to tell.
    """
    flags = {
        "avatar": avatar,
        "secret-id": secret_id,
        "context-id": context_id,
        "voice": voice,
        "model": model,
        "temperature": temperature,
        "quality": quality,
        "sandbox": sandbox,
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
            template_file=template_file,
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
            _complain(problem)
        raise typer.Exit(USAGE_EXIT_CODE) from None
    except LedgerError as why:
        _complain(str(why))
        raise typer.Exit(USAGE_EXIT_CODE) from None
    raise typer.Exit(code)


def _all_problems_at_once(asked: Asked) -> tuple[Settings, Any]:
    """Settings and plan, or one Usage with what is wrong with either."""
    problems: list[str] = []
    settings, planned = None, None
    try:
        planned = plan(asked)
    except Usage as wrong:
        problems += wrong.problems
    try:
        settings = _settings(asked.stack if planned else None)
    except (SettingsError, StackError) as why:
        problems.append(str(why))
    if settings is None or planned is None:
        raise Usage(problems)
    return settings, planned


def _settings(stack: str | None) -> Settings:
    """From the environment, then from the config of the stack, as `pulumi up` has them."""
    if stack is None:
        return load_settings()
    try:
        load_settings()
    except SettingsError:
        return load_settings(stack_config(stack, secrets=True))
    return load_settings(stack_config(stack, secrets=False))


def _check(asked: Asked, settings: Settings, planned: Any, output: Output, *, strict: bool) -> int:
    ledger = Ledger(OpsSettings().ledger_path)
    with signals_as_wishes(output.interrupting) as wish:
        output.swept(sweep_first(settings, ledger))
        runner = Runner(settings, ledger, stop_wish=wish.event, on_phase=output.phase)
        outcomes: list[Outcome] = []
        try:
            outcomes = run_all(
                planned,
                asked.depth,
                runner,
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
    output.finish()
    return final_exit_code(outcomes, strict=strict)


@app.command()
def janitor(
    json_: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """
    Stop probe sessions that a killed check left open, and remove its working folder.

    Touches only what the ledger of this machine lists, never a customer's session or a check that still
    runs. Exit code 1 when a session could not be stopped.
    """
    try:
        settings, ledger = load_settings(), Ledger(OpsSettings().ledger_path)
        swept = sweep_first(settings, ledger)
    except (SettingsError, LedgerError) as why:
        _complain(str(why))
        raise typer.Exit(USAGE_EXIT_CODE) from None
    if json_:
        done = {"closed": swept.closed, "failed": swept.failed, "left_alone": swept.left_alone,
                "folders": swept.folders}  # fmt: skip
        typer.echo(json.dumps({"schema": "liveavatar-ops.health.janitor/1", **done}))
    else:
        for sentence in (*swept.closed, *swept.left_alone):
            typer.echo(sentence)
        if not (swept.closed or swept.failed or swept.left_alone):
            typer.echo("No probe session is open.")
        if swept.folders:
            typer.echo(f"Removed working folders of killed checks: {swept.folders}.")
    for sentence in swept.failed:
        _complain(sentence)
    raise typer.Exit(FAILED_EXIT_CODE if swept.failed else 0)


@app.command()
def explain(
    *,
    stack: Annotated[str | None, typer.Option(help="Show what holds for a template of this stack.")] = None,
    template: Annotated[str | None, typer.Option(help="Which template of the stack.")] = None,
    template_file: Annotated[Path | None, typer.Option(help="Show what holds for this file.")] = None,
    limit: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Override a limit.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the limits as JSON.")] = False,
) -> None:
    """Every limit a check judges by: value, unit, reason and source; overridden ones stand out."""
    try:
        limits = _limits_of(stack, template, template_file, tuple(limit or ()))
    except Usage as wrong:
        for problem in wrong.problems:
            _complain(problem)
        raise typer.Exit(USAGE_EXIT_CODE) from None
    if json_:
        typer.echo(json.dumps(explain_document(limits), indent=2))
    else:
        print_explained(Console(), limits)


def _limits_of(
    stack: str | None, template: str | None, template_file: Path | None, typed: tuple[str, ...]
) -> Limits:
    if stack is None and template_file is None and template is None:
        return limits_typed(typed)
    planned = plan(Asked(stack=stack, template=template, template_file=template_file, limits=typed))
    if len(planned) > 1:
        names = ", ".join(check.target.name for check in planned)
        raise Usage([f"--template: stack {stack} has several ({names}), each with its own limits; name one"])
    return planned[0].limits


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


def _complain(sentence: str) -> None:
    sys.stderr.write(f"liveavatar-ops: {sentence}\n")
