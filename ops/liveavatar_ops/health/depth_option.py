"""The flag `--depth` of check and rehearse: a wrong word is told in our words, not in a library's."""

import typer

from liveavatar_ops.health.facts import Depth
from pulumi_liveavatar.text import closest

DEPTHS = f"[{'|'.join(Depth)}]"
"""How the flag's value is shown in `--help`."""


def depth_of(word: str) -> Depth:
    """The depth of this name; a usage error that names the nearest one otherwise."""
    names = [depth.value for depth in Depth]
    if word not in names:
        hint = closest(word, names)
        raise typer.BadParameter(f"{word!r} is not one of {', '.join(names)}{f'; {hint}' if hint else ''}")
    return Depth(word)
