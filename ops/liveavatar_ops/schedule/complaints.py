"""How complaints about `watch.yaml` are said: keys in one line, the first twenty mistakes, how many more."""

from collections.abc import Sequence

from pulumi_liveavatar.marked_yaml import Place
from pulumi_liveavatar.strict import path as written
from pulumi_liveavatar.text import shorten

MOST_SAID = 20
LONGEST_KEY = 80


def few(problems: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are: nobody reads a list that scrolls away."""
    more = len(problems) - MOST_SAID
    return [*problems[:MOST_SAID], f"and {more:,} more"] if more > 0 else list(problems)


def named(place: Place) -> str:
    """`targets[0].evry`, in one line also where a key holds a line break, or a page of text."""
    return written(tuple(shorten(each, LONGEST_KEY) if isinstance(each, str) else each for each in place))
