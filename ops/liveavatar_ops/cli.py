"""
The `liveavatar-ops` command: one sub-command a job, each imported only when it is called.

A new one joins with one line in COMMANDS; its module may import what it likes without slowing the
others.
"""

import importlib
import importlib.metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from liveavatar_ops.entry import run
from liveavatar_ops.lean_imports import lean_imports
from liveavatar_ops.signals import ended_at_once

COMMANDS: dict[str, tuple[str, str]] = {
    "health": ("liveavatar_ops.health.cli:app", "Prove that a viewer would see and hear a living avatar."),
    "doctor": ("liveavatar_ops.doctor.cli:doctor", "Say what stands between this machine and a good check."),
    "rehearse": ("liveavatar_ops.rehearse.cli:rehearse", "Play every fault on an emulator; see each named."),
    "demo": ("liveavatar_ops.demo.cli:demo", "Deploy to an emulator on this machine, and check it."),
}
"""Name → (module:attribute, one line of help). The attribute is a Typer app or a function."""


class LazyGroup(TyperGroup):
    """Lists its commands from COMMANDS; imports one when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the base class's signature
        """Every name, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself, imported now."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, attribute = COMMANDS[cmd_name][0].split(":")
        with lean_imports(), ended_at_once():
            found = getattr(importlib.import_module(module), attribute)
        command = typer.main.get_command(found if isinstance(found, typer.Typer) else _as_app(found))
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- the base class's signature
        """The list in `--help`, without importing what it lists."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])


def _as_app(function: Any) -> typer.Typer:
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    single.command()(function)
    return single


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="LiveAvatar operations as code: deploy avatars, prove that they live, promote what was proven.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"liveavatar-ops {importlib.metadata.version('liveavatar-ops')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """LiveAvatar operations as code: deploy avatars, prove that they live, promote what was proven."""


def main() -> None:
    """What the `liveavatar-ops` script runs."""
    run(app)
