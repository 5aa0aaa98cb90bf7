"""The ``liveavatar-emulator`` command."""

import importlib.metadata
import json
import logging
import os
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from liveavatar_emulator import settings
from liveavatar_emulator.fault_table import KINDS, TIMES
from liveavatar_emulator.faults import BadFault, Rule, cut, parse
from liveavatar_emulator.scenario import BadScenario, read
from liveavatar_emulator.store import StateUnusable

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
_USAGE = 2

_ABOUT = """
A LiveAvatar service on this machine: API, media server, talking avatars, and faults on demand.

Point any client of LiveAvatar at it by its base URL. Every server listens on 127.0.0.1 only; state survives a
restart; nothing outlives the command.

\b
Try:
  liveavatar-emulator serve
  liveavatar-emulator serve --ephemeral --fault frozen:after_s=5
  liveavatar-emulator faults

\b
Environment (keys never come by flag, flags show in the process list):
  LIVEAVATAR_EMULATOR_API_KEY      API key to accept          (default emulator-api-key)
  LIVEAVATAR_EMULATOR_OPENAI_KEYS  OpenAI keys that work, comma list
                                                    (default sk-emulator-accepts-this-key)
  LIVEAVATAR_EMULATOR_OPENAI_URL   another OpenAI-compatible service, ending in /v1
  LIVEAVATAR_EMULATOR_LIVEKIT      livekit-server binary      (default: beside python, then PATH)

\b
Exit codes: 0 ended as told, 1 ended by a fault of its own, 2 a flag, file or setting cannot be used.
"""

_SERVE = """
Serve until Ctrl-C.

\b
Examples:
  liveavatar-emulator serve --json                     one JSON line with all addresses when ready
  liveavatar-emulator serve --no-media --ephemeral     API only, nothing kept
  liveavatar-emulator serve --fault no_video           every session without picture
  liveavatar-emulator serve --fault late_avatar:delay_s=20,for_session=2
  liveavatar-emulator serve --fault rate_limit:method=POST,path=^/v1/contexts,times=2
  liveavatar-emulator serve --scenario alarm.yaml      many faults, each at its time

\b
A scenario is a YAML list:
  - fault: late_avatar                       a bare name takes the fault's defaults
    for_session: 2                           the second session started from now
  - fault: {name: server_error, status: 503}
    path: ^/v1/sessions/start                a regular expression
    after_calls: 3                           three go through first
    times: 2                                 then two are struck
"""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"liveavatar-emulator {importlib.metadata.version('liveavatar-ops')}")
        raise typer.Exit


@app.callback(help=_ABOUT)
def about(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """See the help text."""


@app.command(help=_SERVE)
def serve(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
    state: Annotated[
        Path | None, typer.Option(help="State file.", show_default="under XDG_STATE_HOME")
    ] = None,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep state in memory only.")] = False,
    no_media: Annotated[bool, typer.Option("--no-media", help="API only: sessions without rooms.")] = False,
    media_tcp: Annotated[
        bool, typer.Option("--media-tcp", help="Offer ICE over TCP too; that one port is not loopback-only.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="API port; 0 lets the system pick.")] = 0,
    fault: Annotated[list[str] | None, typer.Option(help="NAME[:key=value,…]; may be repeated.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="YAML file of faults.")] = None,
    credit: Annotated[
        float | None,
        typer.Option("--credits", min=0, max=1e9, help="Credits a fresh account has.", show_default="5000"),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=0, help="Sessions at once, fresh account.", show_default="40")
    ] = None,
    rate_limit: Annotated[int, typer.Option(min=1, help="Calls a second, per key and endpoint.")] = 200,
    zombie_after: Annotated[
        float, typer.Option(min=1, help="Seconds until an abandoned session ends.")
    ] = 200,
    die_with_parent: Annotated[bool, typer.Option("--die-with-parent", help="End when stdin ends.")] = False,
) -> None:
    """See the help text."""
    # Imported here so that --help and usage mistakes answer at once.
    from liveavatar_emulator.serve import Options, run  # noqa: PLC0415 - as said above
    from liveavatar_emulator.world import Patience, Plan  # noqa: PLC0415 - as said above

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="emulator: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if state is not None and ephemeral:
        _refuse("--state and --ephemeral exclude each other; leave one out")
    env = settings.load()
    given = {"credits": None if credit is None else Decimal(str(credit)), "concurrency": concurrency}
    options = Options(
        state=None if ephemeral else _place(state or env.state),
        livekit=None if no_media else _binary(env),
        port=port,
        media_tcp=media_tcp,
        die_with_parent=die_with_parent,
        rules=_rules(fault or [], scenario),
        plan=Plan.model_validate({name: value for name, value in given.items() if value is not None}),
        patience=Patience(abandoned_s=zombie_after),
        calls_a_second=rate_limit,
    )

    def announce(ready: dict[str, object]) -> None:
        try:
            typer.echo(json.dumps(ready) if as_json else _greeting(ready))
            sys.stdout.flush()
        except OSError as why:  # it serves whether or not somebody reads where
            logging.getLogger(__name__).warning("its addresses could not be printed: %s", why.strerror)

    try:
        run(env, options, announce)
    except StateUnusable as why:
        _refuse(str(why))
    except OSError as why:
        _refuse(f"cannot serve on port {port}: {why.strerror}; --port 0 lets the system pick one")


@app.command("faults")
def list_faults() -> None:
    """
    List every fault that --fault, scenarios and the admin API take.
    """
    for name, kind in KINDS.items():
        params = ",".join(f"{key}={value}" for key, value in kind.params.items())
        typer.echo(f"{name + (':' + params if params else ''):<44} {kind.on:<8} {kind.says}")
    typer.echo(
        f"\nFaults of picture and sound take {' and '.join(TIMES)} too: when they begin, their length."
    )


def main() -> None:
    """Run the command, also where a stream was closed before its start."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # also where both are one: its media server gets it, too
    nowhere = Path(os.devnull).open("r+", encoding="utf-8")  # noqa: SIM115 - for good
    sys.stdin, sys.stdout, sys.stderr = (each or nowhere for each in (sys.stdin, sys.stdout, sys.stderr))
    try:
        app()
    except OSError as why:  # what it prints finds no place
        sys.stderr.write(f"liveavatar-emulator: the output could not be written: {why.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(_USAGE)


def _place(state: Path | None) -> Path:
    if state is None:
        _refuse("no home directory is known to keep its state in; set XDG_STATE_HOME, or use --ephemeral")
    try:
        return state.absolute()
    except OSError as why:
        _refuse(f"--state: the working directory cannot be used: {why.strerror}; give an absolute path")


def _binary(env: settings.Settings) -> Path:
    if env.livekit_binary is None:
        _refuse(
            "no livekit-server found beside python or on PATH; run the toolchain's install, "
            f"set {settings.LIVEKIT}, or serve the API alone with --no-media"
        )
    if not _is_file(env.livekit_binary):
        _refuse(f"{settings.LIVEKIT} names no file: {env.livekit_binary}; correct it, or use --no-media")
    return env.livekit_binary


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that may not be looked into
        return False


def _rules(texts: Iterable[str], scenario: Path | None) -> list[Rule]:
    rules: list[Rule] = []
    wrong: list[str] = []
    for text in texts:
        try:
            rules.append(parse(text))
        except BadFault as why:
            wrong.append(f"--fault {why}")
        except ValidationError as why:
            wrong.append(f"--fault {cut(text)}: " + "; ".join(_plain(error) for error in why.errors()))
    try:
        rules += read(scenario) if scenario is not None else []
    except BadScenario as why:
        wrong += str(why).splitlines()
    if wrong:
        _refuse(*wrong)
    return rules


def _plain(error: object) -> str:
    assert isinstance(error, dict)
    where = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{where}: {message}" if where else message


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


def _refuse(*sentences: str) -> NoReturn:
    for sentence in sentences:
        typer.echo(f"liveavatar-emulator: {sentence}", err=True)
    raise typer.Exit(_USAGE)
