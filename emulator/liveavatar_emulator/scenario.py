"""
Reads a scenario: a YAML file that says which faults strike when, so that an alarm can be rehearsed.

Each entry is one fault and when it strikes::

    - fault: late_avatar                          # a bare name takes the fault's defaults
      for_session: 2                              # the second session started from now
    - fault: {name: frozen, after_s: 5}           # every session
    - fault: {name: rate_limit, retry_after_s: 2}
      method: POST
      path: ^/v1/contexts                         # a regular expression
      after_calls: 3                              # three go through first
      times: 2                                    # then two are struck

``liveavatar-emulator faults`` lists the faults and their parameters.
"""

import difflib
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from liveavatar_emulator.faults import Rule

# What the reader raises for a value that is none: a tag that nobody knows, a thirteenth month, `!!int ""`.
_NO_VALUE = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)
_WORD, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_LARGEST_KIB = 128
_MOST_VALUES, _DEEPEST = 200, 20  # of one entry; what it builds on counts


class BadScenario(Exception):
    """The file holds no scenario; the text has one line ``file:line: what is wrong`` for each problem."""


def read(path: Path) -> list[Rule]:
    """The rules in the order of the file; BadScenario with every problem at once."""
    try:
        document = yaml.compose(_text(path), Loader=yaml.SafeLoader)
    except OSError as why:
        raise BadScenario(f"{path}: cannot be read: {why.strerror}") from None
    except UnicodeDecodeError:
        raise BadScenario(f"{path}: is not UTF-8 text") from None
    except (yaml.YAMLError, RecursionError) as why:
        raise BadScenario(f"{path}:{_line_of(why, 1)}: is not YAML: {_why(why)}") from None
    if not isinstance(document, yaml.SequenceNode):
        raise BadScenario(f"{path}:1: should be a list of entries, each with a fault")
    rules: list[Rule] = []
    problems: list[str] = []
    for entry in document.value:
        _read_entry(path, entry, rules, problems)
    if problems:
        raise BadScenario("\n".join(problems))
    return rules


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_LARGEST_KIB * 1024 + 1)
    if len(raw) > _LARGEST_KIB * 1024:
        raise BadScenario(f"{path}: is larger than {_LARGEST_KIB} KiB, which no scenario needs")
    return raw.decode("utf-8")


def _read_entry(path: Path, entry: yaml.Node, rules: list[Rule], problems: list[str]) -> None:
    try:
        nodes = _counted(entry)
        twice = list(_repeated(nodes))
        given = _plain(nodes)
    except _NO_VALUE as why:
        problems.append(f"{path}:{_line_of(why, _line(entry, []))}: cannot be read: {_why(why)}")
        return
    if not isinstance(given, dict) or "fault" not in given:
        problems.append(f"{path}:{_line(entry, [])}: an entry needs a fault: `- fault: NAME`")
        return
    problems += [f"{path}:{_line(key, [])}: {key.value}: is there twice; leave one out" for key in twice]
    empty = [str(key) for key, value in given.items() if value is None]
    problems += [
        f"{path}:{_line(entry, [key])}: {key}: has no value; give one, or leave it out" for key in empty
    ]
    if isinstance(given["fault"], str):
        given["fault"] = {"name": given["fault"]}
    if not twice and not empty:
        _read_rule(path, entry, given, rules, problems)


def _read_rule(
    path: Path, entry: yaml.Node, given: dict[str, Any], rules: list[Rule], problems: list[str]
) -> None:
    try:
        rules.append(Rule.model_validate(given))
    except ValidationError as why:
        for error in why.errors():
            where = [str(part) for part in error["loc"]]
            problems.append(f"{path}:{_line(entry, where)}: {_sentence(where, error)}")


def _counted(entry: yaml.Node) -> list[yaml.Node]:
    """The nodes of an entry, unless they are too many; its keys are words from now on, `null` and `1` too."""
    nodes = list(itertools.islice(_nodes(entry, _DEEPEST), _MOST_VALUES + 1))
    if len(nodes) > _MOST_VALUES:
        raise yaml.MarkedYAMLError(
            problem=f"it holds more than {_MOST_VALUES} values; an anchor's count wherever it is used",
            problem_mark=entry.start_mark,
        )
    for node in nodes:
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                key.tag = _WORD
    return nodes


def _nodes(node: yaml.Node, floors: int) -> Iterator[yaml.Node]:
    """Everything in a node, the node first; what an anchor names, as often as it is used."""
    if not floors:
        raise RecursionError
    yield node
    if isinstance(node, yaml.CollectionNode):
        pairs = isinstance(node, yaml.MappingNode)
        for child in itertools.chain.from_iterable(node.value) if pairs else node.value:
            yield from _nodes(child, floors - 1)


def _plain(nodes: list[yaml.Node]) -> object:
    """What the first node says. Merging changes nodes; they are put back, for a later entry to build on."""
    as_written = [(node, list(node.value)) for node in nodes if isinstance(node, yaml.MappingNode)]
    try:
        return yaml.SafeLoader("").construct_object(nodes[0], deep=True)
    finally:
        for node, value in as_written:
            node.value = value


def _repeated(nodes: Iterable[yaml.Node]) -> Iterator[yaml.Node]:
    """Keys that stand in one mapping a second time: YAML forbids it, its reader takes the last."""
    for node in nodes:
        known: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode):
                if key.value in known:
                    yield key
                known.add(key.value)


def _line_of(why: Exception, otherwise: int) -> int:
    mark = getattr(why, "problem_mark", None) or getattr(why, "context_mark", None)
    return int(mark.line) + 1 if mark else otherwise


def _why(why: Exception) -> str:
    if isinstance(why, RecursionError):
        return "it is nested too deeply, or holds itself"
    if isinstance(why, (LookupError, AttributeError)):
        return "a value is not what its tag says"
    return " ".join(str(getattr(why, "problem", None) or why).split())


def _line(node: yaml.Node, where: list[str]) -> int:
    line = int(node.start_mark.line) + 1
    if where and isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == where[0]:
                return max(int(key.start_mark.line) + 1, _line(value, where[1:]))
    return line


def _sentence(where: list[str], error: Any) -> str:
    place, message = ".".join(where), str(error["msg"])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where[-1], Rule.model_fields, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "it takes " + ", ".join(Rule.model_fields)
        return f"{place}: there is no such key; {hint}"
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    return f"{place}: {message.removeprefix('Input ')}" if place else message
