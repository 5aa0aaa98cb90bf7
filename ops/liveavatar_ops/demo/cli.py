"""`liveavatar-ops demo`: the main job on this machine, with nothing but embedded defaults."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from liveavatar_ops.demo.deploy import DeployFailed
from liveavatar_ops.demo.run import CheckFailed, Interrupted, check, deploy, services, signals_as_interrupts
from liveavatar_ops.demo.screen import Screen
from liveavatar_ops.demo.services import ServiceFailed, private_folder
from liveavatar_ops.demo.surroundings import AlreadyRunning, NotAProject, Surroundings, find_root, only_one
from liveavatar_ops.health.ledger import LedgerError

USAGE = 2
NEXT = {
    "make demo ARGS='--fault frozen'": "see a frozen picture named",
    "make demo ARGS='--template night-desk'": "check the other avatar",
    "edit infra/catalog, make demo": "one context changes, no more",
    "make shell": "stack and emulator in a shell",
}


def demo(
    template: Annotated[str, typer.Option(help="Which session template to check.")] = "front-desk",
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Let the emulator misbehave: frozen, black, no_video, late_avatar, …"),
    ] = None,
    shell: Annotated[bool, typer.Option("--shell", help="Open a shell instead of checking.")] = False,
) -> None:
    """
    Deploy to an emulator on this machine and prove that a viewer sees a living avatar.

    Starts a Secrets Manager endpoint and an emulator on 127.0.0.1, runs `pulumi up` on infra/, opens
    one short session and judges its video. Nothing outside .demo/ is kept, no account is used, and everything
    that was started is ended. Exit codes: as `health check` (0 healthy, 1 unhealthy, 3 inconclusive), and 2
    when a step failed.
    """
    console = Console()
    try:
        place = Surroundings(find_root(Path.cwd()))
        private_folder(place.folder)
        with signals_as_interrupts(), only_one(place):
            code = _shell(place, console) if shell else _demo(place, console, template, fault or [])
    except (NotAProject, AlreadyRunning, ServiceFailed, DeployFailed, CheckFailed, LedgerError) as error:
        console.print(f"\n{error}", style="red", markup=False, highlight=False, soft_wrap=True)
        code = USAGE
    except Interrupted as ended:
        console.print("\nInterrupted. Everything that was started has been ended.", style="yellow")
        code = ended.exit_code
    raise typer.Exit(code)


def _demo(place: Surroundings, console: Console, template: str, faults: list[str]) -> int:
    screen = Screen(console)
    console.print("\nliveavatar-ops demo · everything stays on this machine\n", style="bold")
    with services(place, screen, faults) as settings:
        deployed = deploy(place, screen, settings)
        if template not in deployed.outputs["templates"]:
            there = ", ".join(deployed.outputs["templates"])
            raise CheckFailed(f"There is no session template {template!r}. There are: {there}.")
        checked = check(place, screen, settings, template)
    screen.finish(deployed.outputs, checked.result)
    screen.try_next(NEXT)
    return checked.code


def _shell(place: Surroundings, console: Console) -> int:
    screen = Screen(console)
    with services(place, screen, []) as settings:
        deploy(place, screen, settings)
        console.print(
            "\nA shell on the demo's stack. Try: pulumi stack · pulumi preview · "
            "liveavatar-ops health check --stack demo\nLeave it with exit; the services end with it.\n",
            highlight=False,
        )
        env = place.env(settings) | {"PS1": "(demo) \\w $ "}
        command = [os.environ.get("SHELL", "/bin/sh")]
        if command[0].endswith("bash"):
            command.append("--norc")
        return subprocess.run(command, cwd=place.root, env=env, check=False, stdin=sys.stdin).returncode
