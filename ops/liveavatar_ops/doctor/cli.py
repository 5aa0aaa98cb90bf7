"""`liveavatar-ops doctor`: what stands between this machine and a good check."""

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from liveavatar_ops.doctor import api, aws, engine, ledger, machine, media
from liveavatar_ops.doctor.finding import Check, Finding, single, skipped
from liveavatar_ops.doctor.net import Address, Net
from liveavatar_ops.doctor.reach import place_of
from liveavatar_ops.doctor.report import as_json, exit_code, show
from liveavatar_ops.doctor.rounds import examine
from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.settings import OpsSettings


def _livekit_url(given: str | None) -> str | None:
    if given is not None:
        try:
            place_of(given)
        except ValueError as why:
            raise typer.BadParameter(str(why)) from None
    return given


def _stun(given: str | None) -> str | None:
    if given is not None and _stun_address(given) is None:
        raise typer.BadParameter("must be HOST:PORT, such as stun.example.com:3478")
    return given


def _stun_address(given: str | None) -> Address | None:
    host, _, port = (given or "").removeprefix("stun:").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        return None
    return Address(host.strip("[]"), int(port))


def doctor(  # noqa: PLR0917 - typer's way to declare options
    stack: Annotated[
        str | None, typer.Option(help="Look at this stack too, and at the AWS secrets its config names.")
    ] = None,
    aws_secret: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="May this AWS secret be described? Repeatable.")
    ] = None,
    read_aws_secret: Annotated[
        bool, typer.Option("--read-aws-secret", help="Also read each AWS secret; its value is never shown.")
    ] = False,
    livekit_url: Annotated[
        str | None,
        typer.Option(
            callback=_livekit_url, metavar="URL", help="LiveKit server to reach (default: LiveAvatar's)."
        ),
    ] = None,
    stun: Annotated[
        str | None,
        typer.Option(callback=_stun, metavar="HOST:PORT", help="STUN server to prove UDP with."),
    ] = None,
    evidence: Annotated[Path, typer.Option(help="Folder in which checks keep their evidence.")] = Path(
        "evidence"
    ),
    as_json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """
    Say what stands between this machine and a good check, each line with its cure.

    Looks at Python, packages, a free core, Pulumi, the API and its key, AWS, media, clock, disk and the
    ledger, all at once and within 40 seconds. Opens no session, so it costs nothing, and changes nothing.
    Exit codes: 0 all right (warnings too), 1 something is broken, 2 the command was not right.
    """
    console = Console()
    began = time.monotonic()
    checks = everything(
        stack=stack,
        aws_secrets=aws_secret or [],
        read_aws_secrets=read_aws_secret,
        livekit_url=livekit_url,
        stun=_stun_address(stun),
        evidence=_in_full(evidence),
    )
    with console.status("Looking …") if console.is_terminal and not as_json_ else nullcontext():
        groups = examine(checks)
    if as_json_:
        typer.echo(as_json(groups))
    else:
        show(groups, console)
        console.print(f"Took {time.monotonic() - began:.1f} s.", style="dim", highlight=False)
    raise typer.Exit(exit_code(groups))


def _in_full(folder: Path) -> Path:
    """A working directory that is gone, or a link to itself, is what its own line tells."""
    try:
        return folder.resolve()
    except (OSError, RuntimeError):
        return folder


def everything(
    *,
    stack: str | None,
    aws_secrets: list[str],
    read_aws_secrets: bool,
    livekit_url: str | None,
    stun: Address | None,
    evidence: Path,
    net: Net | None = None,
) -> list[Check]:
    """Every check there is, for these wishes."""
    net = net or Net()
    ops = OpsSettings()
    settings, problems = api.find_settings()
    api_url = settings.api_url if settings else None
    names_of_stack = (lambda: engine.aws_names(stack)) if stack else None
    return [
        *machine.checks(lambda: ops.state_dir, evidence),
        *engine.checks(stack),
        *api.checks(settings, problems, net=net),
        *aws.checks(aws_secrets, names_of_stack, read=read_aws_secrets),
        *media.checks(
            media.livekit_url_for(livekit_url, api_url), stun, net=net, api_is_known=settings is not None
        ),
        single(ledger.GROUP, ledger.NAME, lambda name: _left_open(name, ops, api_url)),
    ]


def _left_open(name: str, ops: OpsSettings, api_url: str | None) -> Finding:
    try:
        book = Ledger(ops.ledger_path)
    except LedgerError:  # a finding of its own, in the group of the disk
        return skipped(name, "nothing says where the ledger is kept")
    return ledger.check_ledger(name, book, api_url)
