"""The Pulumi program: one environment from the catalog and the stack's settings."""

from pathlib import Path

import pulumi

from catalog_reader import CatalogError, read_catalog
from environment import BadEnvironment, read_environment
from stack import BadReferences, check_references, declare, export


def main() -> None:
    """Read everything before anything is declared, so that a mistake leaves the world as it was."""
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
        raise pulumi.RunError("\n".join(wrong))
    try:
        check_references(catalog, environment, stack)
    except BadReferences as error:
        raise pulumi.RunError(str(error)) from None
    export(declare(catalog, environment, config), catalog, stack)


main()
