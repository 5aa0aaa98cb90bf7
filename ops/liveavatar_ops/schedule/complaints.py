"""How complaints about `watch.yaml` are said: keys in one line, the first twenty mistakes, how many more."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from pulumi_liveavatar.marked_yaml import Marked, Place
from pulumi_liveavatar.strict import path as written
from pulumi_liveavatar.text import shorten

MOST_SAID = 20
LONGEST_KEY = 80
_ALIKE = {True: "true (as it does on and yes)", False: "false (as it does off and no)"}


def few(problems: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are: nobody reads a list that scrolls away."""
    more = len(problems) - MOST_SAID
    return [*problems[:MOST_SAID], f"and {more:,} more"] if more > 0 else list(problems)


def named(place: Place) -> str:
    """`targets[0].evry`, in one line also where a key holds a line break, or a page of text."""
    return written(tuple(shorten(each, LONGEST_KEY) if isinstance(each, str) else each for each in place))


def words_only(marked: Marked) -> tuple[Any, list[tuple[int, str]]]:
    """
    The document without the keys that are no words, and (line, complaint) of each of these.

    YAML reads `null:`, `on:` and `1.5:` as other things than text; the model could not tell where they stood.
    """
    problems: list[tuple[int, str]] = []
    return _words_only(marked.value, (), marked, problems), problems


def _words_only(value: Any, place: Place, marked: Marked, problems: list[tuple[int, str]]) -> Any:
    if isinstance(value, list):
        return [_words_only(each, (*place, i), marked, problems) for i, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, each in value.items():
        here = cast("Place", (*place, key))
        if isinstance(key, str):
            kept[key] = _words_only(each, here, marked, problems)
        else:
            problems.append((marked.line_of(here), _no_word(place, key)))
    return kept


def _no_word(place: Place, key: object) -> str:
    spelt = "a number"
    with suppress(ValueError):  # Python does not write out a number of thousands of digits
        spelt = "null" if key is None else shorten(str(key).lower(), LONGEST_KEY)
    read = _ALIKE[key] if isinstance(key, bool) else spelt
    where = named((*place, spelt))
    return f"{where}: there is no such key; keys are words, and YAML reads this one as {read}"
