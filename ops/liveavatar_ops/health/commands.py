"""`health janitor` and `health explain`: what stands beside the check."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from liveavatar_ops.health.checking import sweep_first
from liveavatar_ops.health.explain import explain_document, print_explained
from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.plan import Asked, Usage, limits_typed, plan
from liveavatar_ops.health.settings import OpsSettings
from liveavatar_ops.health.stack import StackError, settings_of
from liveavatar_ops.health.verdicts import USAGE_EXIT_CODE
from liveavatar_ops.streams import say_aside
from pulumi_liveavatar.settings import SettingsError

FAILED_EXIT_CODE = 1


def janitor(
    *,
    stack: Annotated[
        str | None, typer.Option(help="Take key and address from this stack's config where not set.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """
    Stop probe sessions that a killed check left open, and remove its working folder.

    Touches only what the ledger of this machine lists, never a customer's session or a check that still
    runs. Exit code 1 when a session could not be stopped, or belongs to another LIVEAVATAR_API_URL.
    """
    try:
        settings, ledger = settings_of(stack), Ledger(OpsSettings().ledger_path)
        swept = sweep_first(settings, ledger)
    except (SettingsError, StackError, LedgerError) as why:
        complain(str(why))
        raise typer.Exit(USAGE_EXIT_CODE) from None
    if json_:
        done = {"closed": swept.closed, "failed": swept.failed, "left_alone": swept.left_alone,
                "elsewhere": swept.elsewhere, "folders": swept.folders}  # fmt: skip
        typer.echo(json.dumps({"schema": "liveavatar-ops.health.janitor/1", **done}))
    else:
        for sentence in (*swept.closed, *swept.left_alone):
            typer.echo(sentence)
        if not (swept.closed or swept.failed or swept.left_alone or swept.elsewhere):
            typer.echo("No probe session is open.")
        if swept.folders:
            typer.echo(f"Removed working folders of killed checks: {swept.folders}.")
    for sentence in (*swept.failed, *swept.elsewhere):
        complain(sentence)
    raise typer.Exit(FAILED_EXIT_CODE if swept.failed or swept.elsewhere else 0)


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
            complain(problem)
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
    files = [] if template_file is None else [template_file]
    planned = plan(Asked(stack=stack, template=template, template_files=files, limits=typed))
    if len(planned) > 1:
        names = ", ".join(check.target.name for check in planned)
        raise Usage([f"--template: stack {stack} has several ({names}), each with its own limits; name one"])
    return planned[0].limits


def complain(sentence: str) -> None:
    """One line to standard error."""
    say_aside(f"liveavatar-ops: {sentence}")
