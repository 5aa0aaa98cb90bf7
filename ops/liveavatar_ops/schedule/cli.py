"""`liveavatar-ops health watch`: flags here, everything else is loaded when it runs."""

from pathlib import Path
from typing import Annotated

import typer

USAGE = 2

watch_app = typer.Typer(add_completion=False, no_args_is_help=False)


@watch_app.command("watch")
def watch(  # noqa: PLR0917 (typer makes each of them a flag)
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A watch.yaml: targets, windows, budget, channels.")
    ] = None,
    stack: Annotated[
        list[str] | None, typer.Option(help="Watch every template of this stack (may be repeated).")
    ] = None,
    template: Annotated[str | None, typer.Option(help="Only this template of the stack.")] = None,
    template_file: Annotated[Path | None, typer.Option(help="Watch the token body in this file.")] = None,
    every: Annotated[str | None, typer.Option(help="How often: 5m, 1h, 90s. Default 5m.")] = None,
    depth: Annotated[
        str | None, typer.Option(help="api, session, video or conversation. Default video.")
    ] = None,
    credits_a_day: Annotated[
        float | None, typer.Option(help="Hard budget: no check starts that could exceed it.")
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="Where evidence is kept. Default ./evidence.")] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Of status page and /metrics on 127.0.0.1. Default: any free one, printed."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be checked when and what it costs, and end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Log as one JSON object a line.")] = False,
) -> None:
    """
    Check avatars again and again, and say so when something changes.

    Several watchers may share one machine: none checks what another is checking, and a dead one is
    replaced. A failure is confirmed within a minute before anybody is told. Ctrl-C or SIGTERM ends clean:
    running checks stop their sessions first. Exit codes: 0 ended when told, 1 the watcher's memory is
    unusable, 2 a setting is wrong.
    """
    from liveavatar_ops.schedule.start import run_watch  # noqa: PLC0415 (loaded only when it runs)
    from liveavatar_ops.schedule.wishes import Wishes  # noqa: PLC0415 (loaded only when it runs)

    wishes = Wishes(
        config=config,
        stacks=tuple(stack or ()),
        template=template,
        template_file=template_file,
        every=every,
        depth=depth,
        credits_a_day=credits_a_day,
        evidence=evidence,
        port=port,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(run_watch(wishes))
