"""
Reads YAML or JSON and remembers the line of every value, so that a problem can name its place.

JSON is read by the same parser: it is YAML but for tabs between its tokens, which are made blanks.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]
DEEPEST = 40


@dataclass
class Marked:
    """The plain value of a document, and the line (from 1) of every place in it."""

    value: Any
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest enclosing one that is in the document."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class YamlError(Exception):
    """The text is not YAML; carries the line and the parser's own words."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def read_marked(text: str) -> Marked:
    """Parse one document; duplicate keys are problems, not silently the last one."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark or bad.context_mark
        raise YamlError(mark.line + 1 if mark else 1, bad.problem or "not YAML") from None
    except yaml.YAMLError as bad:
        raise YamlError(1, str(bad).splitlines()[0]) from None
    marked = Marked(None)
    if node is not None:
        marked.value = _plain(node, (), marked)
    return marked


def read_marked_file(path: Path) -> Marked:
    """As `read_marked`; a file that is not text is YamlError at line 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise YamlError(1, "the file is not UTF-8 text") from None
    return read_marked(text.replace("\t", " ") if path.suffix == ".json" else text)


def _plain(node: yaml.Node, place: Place, marked: Marked) -> Any:
    marked.lines.setdefault(place, node.start_mark.line + 1)
    if len(place) > DEEPEST:
        marked.problems.append((node.start_mark.line + 1, "it is nested too deeply, or contains itself"))
        return None
    match node:
        case yaml.MappingNode():
            return _mapping(node, place, marked)
        case yaml.SequenceNode():
            return [_plain(each, (*place, i), marked) for i, each in enumerate(node.value)]
        case _:
            return _scalar(node, marked)


def _mapping(node: yaml.MappingNode, place: Place, marked: Marked) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node, marked) if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in found:
            marked.problems.append((line, f"{key} is given twice"))
        marked.lines[(*place, key)] = line
        found[key] = _plain(value_node, (*place, key), marked)
    return found


def _scalar(node: yaml.Node, marked: Marked) -> Any:
    loader = yaml.SafeLoader("")
    try:
        value = loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as bad:
        marked.problems.append((node.start_mark.line + 1, str(bad).splitlines()[0]))
        return None
    finally:
        loader.dispose()
    return value if isinstance(value, str | int | float | bool | None) else str(node.value)
