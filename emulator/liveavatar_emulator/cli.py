"""The ``liveavatar-emulator`` command."""

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from liveavatar_emulator import settings
from liveavatar_emulator.fault_table import KINDS
from liveavatar_emulator.faults import BadFault, Rule, parse
from liveavatar_emulator.store import StateUnusable

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
_USAGE = 2


@app.callback()
def about() -> None:
    """
    A LiveAvatar service on this machine: API, media server, talking avatars, and faults on demand.
    """


@app.command()
def serve(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
    state: Annotated[
        Path | None, typer.Option(help="State file.", show_default="under XDG_STATE_HOME")
    ] = None,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep state in memory only.")] = False,
    no_media: Annotated[bool, typer.Option("--no-media", help="API only: sessions without rooms.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="API port; 0 lets the system pick.")] = 0,
    fault: Annotated[list[str] | None, typer.Option(help="NAME[:key=value,…]; may be repeated.")] = None,
    die_with_parent: Annotated[bool, typer.Option("--die-with-parent", help="End when stdin ends.")] = False,
) -> None:
    """
    Serve until Ctrl-C.
    """
    # Imported here so that --help and usage mistakes answer at once.
    from liveavatar_emulator.serve import Options, run  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="emulator: %(message)s")
    if state is not None and ephemeral:
        _refuse("--state and --ephemeral exclude each other; leave one out")
    env = settings.load()
    where = None if ephemeral else state or env.state
    options = Options(
        state=where, media=not no_media, port=port, die_with_parent=die_with_parent, rules=_rules(fault or [])
    )

    def announce(ready: dict[str, object]) -> None:
        typer.echo(json.dumps(ready) if as_json else _greeting(ready))
        sys.stdout.flush()

    try:
        run(env, options, announce)
    except StateUnusable as why:
        _refuse(str(why))
    except OSError as why:
        _refuse(f"cannot serve on port {port}: {why.strerror}; use --port 0 to let the system pick")


@app.command("faults")
def list_faults() -> None:
    """
    List every fault that --fault and the admin API take.
    """
    for name, kind in KINDS.items():
        params = ",".join(f"{key}={value}" for key, value in kind.params.items())
        typer.echo(f"{name + (':' + params if params else ''):<46} {kind.on:<8} {kind.says}")


def main() -> None:
    """Run the command."""
    app()


def _rules(texts: list[str]) -> list[Rule]:
    rules, wrong = [], []
    for text in texts:
        try:
            rules.append(parse(text))
        except (BadFault, ValidationError) as why:
            wrong.append(str(why))
    if wrong:
        _refuse("--fault: " + "; ".join(wrong))
    return rules


def _greeting(ready: dict[str, object]) -> str:
    key = ready["api_key"] if ready["api_key"] == settings.DEFAULT_API_KEY else f"as in {settings.API_KEY}"
    return "\n".join(
        [
            "LiveAvatar emulator is ready. Ctrl-C ends it.",
            f"  API      {ready['api_url']}   (LIVEAVATAR_API_URL)",
            f"  API key  {key}   (LIVEAVATAR_API_KEY)",
            f"  media    {ready['livekit_url']}",
            f"  OpenAI   {ready['openai_url']}",
            f"  admin    {ready['admin_url']}",
            f"  state    {ready['state'] or 'in memory'}",
        ]
    )


def _refuse(sentence: str) -> NoReturn:
    typer.echo(f"liveavatar-emulator: {sentence}", err=True)
    raise typer.Exit(_USAGE)
