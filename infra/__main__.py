"""The Pulumi program: one environment from the catalog and the stack's settings."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pulumi

from catalog_reader import CatalogError, read_catalog
from environment import BadEnvironment, read_environment
from pulumi_liveavatar import AwsSecretError
from stack import BadReferences, check_references, declare, export

BAIL = 32
"""The exit code by which a program tells the engine: what is wrong has been said already."""


def leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """The engine interrupts the program once a resource has failed; a traceback would bury the reason."""
    os._exit(BAIL)


def refuse(why: str) -> NoReturn:
    """Say what is wrong and stop; nothing has been declared that a reader would have to undo."""
    pulumi.log.error(why)
    sys.exit(BAIL)


def main() -> None:
    """Read everything before anything is declared, so that a mistake leaves the world as it was."""
    signal.signal(signal.SIGINT, leave)
    stack = pulumi.get_stack()
    config = pulumi.Config()
    wrong: list[str] = []
    catalog = environment = None
    try:
        catalog = read_catalog(Path(__file__).parent / "catalog")
    except CatalogError as error:
        wrong.append(str(error))
    try:
        environment = read_environment(config, stack)
    except BadEnvironment as error:
        wrong.append(str(error))
    if catalog is None or environment is None:
        refuse("\n".join(wrong))
    try:
        check_references(catalog, environment, stack)
        export(declare(catalog, environment, config), catalog, stack)
    except (BadReferences, AwsSecretError) as error:
        refuse(str(error))


main()
