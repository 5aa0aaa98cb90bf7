"""YAML that remembers where each value stands, so that a mistake can be named by file and line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Where = tuple[str | int, ...]


class NotYaml(Exception):
    """The text is no YAML; `line` counts from 1 within the whole file."""

    def __init__(self, line: int, why: str) -> None:
        self.line, self.why = line, why
        super().__init__(why)


@dataclass(frozen=True)
class Lined:
    """Parsed data with the line of each key, and the keys that were given twice."""

    data: Any
    lines: dict[Where, int]
    twice: tuple[Where, ...]

    def line_of(self, where: Sequence[str | int]) -> int:
        """The line of a place, or of the nearest place around it that was written down."""
        path = tuple(where)
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str, *, first_line: int = 1) -> Lined:
    """
    Parse one YAML document.

    Raises NotYaml with the line of the first character that does not fit.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Where, int] = {(): first_line}
        twice: list[Where] = []
        if node is None:
            return Lined(None, lines, ())
        _note(node, (), lines, twice, first_line)
        return Lined(loader.construct_document(node), lines, tuple(twice))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + first_line
        raise NotYaml(line, error.problem or "it cannot be parsed") from None
    except yaml.YAMLError as error:
        raise NotYaml(first_line, str(error).splitlines()[0]) from None
    finally:
        loader.dispose()


def _note(node: yaml.Node, path: Where, lines: dict[Where, int], twice: list[Where], first: int) -> None:
    lines.setdefault(path, node.start_mark.line + first)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                twice.append(here)
            lines[here] = key.start_mark.line + first
            _note(value, here, lines, twice, first)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note(value, (*path, index), lines, twice, first)
