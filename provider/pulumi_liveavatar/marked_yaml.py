"""
Reads YAML or JSON and remembers the line of every value, so that a problem can name its place.

JSON is read by the same parser: it is YAML but for tabs between its tokens, which are made blanks. Keys are
the words that stand there, whatever YAML would make of `on` or `1.5`; dates are text.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pulumi_liveavatar.small_file import read_small_text
from pulumi_liveavatar.strict import path as written
from pulumi_liveavatar.text import clean, shorten

Place = tuple[str | int, ...]
DEEPEST = 40
MOST_VALUES = 20_000
LONGEST_NUMBER = 250
"""Characters; in whatever notation, it then fits into a float."""

_LONGEST_QUOTE = 100
_OURS = "tag:yaml.org,2002:"
_TEXTS = {f"{_OURS}{name}" for name in ("str", "timestamp", "value", "merge")}
_NUMBERS = {f"{_OURS}{name}" for name in ("int", "float")}
_OTHERS = {f"{_OURS}{name}" for name in ("bool", "null")}
_MERGE = f"{_OURS}merge"
_TOO_DEEP = "it is nested too deeply, or contains itself"
_TOO_MANY = f"the file holds more than {MOST_VALUES:,} values"
_LINE_ENDS = set("\t\n\r\u2028\u2029")


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
    """The text is not YAML, or too much of it; carries the line and the parser's own words."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(shorten(why, 2 * _LONGEST_QUOTE))
        self.line = line


def read_marked(text: str) -> Marked:
    """Parse one document; duplicate keys are problems, not silently the last one."""
    marked = Marked(None)
    if (node := _composed(text)) is not None:
        marked.value = _Reading(marked).plain(node, ())
    marked.problems = list(dict.fromkeys(marked.problems))  # an alias repeats them
    return marked


def read_marked_file(path: Path) -> Marked:
    """As `read_marked`; a file that is not text is YamlError, one that cannot be read OSError."""
    try:
        text = read_small_text(path)
    except UnicodeDecodeError as bad:
        line = bad.object[: bad.start].count(b"\n") + 1
        raise YamlError(line, "the file is not UTF-8 text") from None
    return read_marked(text.replace("\t", " ") if path.suffix == ".json" else text)


class _Composer(yaml.SafeLoader):
    """Stops where the document becomes too deep or too much, before it has cost anything."""

    depth = values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth, self.values = self.depth + 1, self.values + 1
        if self.depth > DEEPEST:
            raise YamlError(self.line + 1, _TOO_DEEP)
        if self.values > MOST_VALUES:
            raise YamlError(self.line + 1, _TOO_MANY)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _composed(text: str) -> yaml.Node | None:
    composer: _Composer | None = None
    try:
        composer = _Composer(text)
        node: yaml.Node | None = composer.get_single_node()
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark or bad.context_mark
        raise YamlError(mark.line + 1 if mark else 1, bad.problem or "not YAML") from None
    except yaml.reader.ReaderError as bad:
        line = text.count("\n", 0, bad.position) + 1
        raise YamlError(line, f"the character U+{bad.character:04X} cannot stand in a text") from None
    except (ValueError, OverflowError):
        # PyYAML's scanner takes eight digits after \U, and any length of a %YAML version, for granted.
        line = composer.line + 1 if composer else 1
        raise YamlError(line, "a number or an escape cannot be read; write it in another way") from None
    return node


class _Reading:
    """Turns nodes into plain values; an alias is a value each time that it stands somewhere."""

    def __init__(self, marked: Marked) -> None:
        self.marked = marked
        self.values = 0
        self.loader = yaml.SafeLoader("")

    def plain(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.marked.lines.setdefault(place, line)
        self.values += 1
        if len(place) > DEEPEST:
            raise YamlError(line, _TOO_DEEP)
        if self.values > MOST_VALUES:
            # A node stands where its anchor is; what repeats it, below the key at the top.
            raise YamlError(self.marked.line_of(place[:1]), f"{_TOO_MANY}, with what its aliases repeat")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_OURS}map":
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_OURS}seq":
            return [self.plain(each, (*place, i)) for i, each in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = _joined(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            if wrong := _wrong_key(key_node, key):
                self.marked.problems.append((line, wrong))
                continue
            if key in found:
                self.marked.problems.append(
                    (line, f"{shorten(key, _LONGEST_QUOTE)} is given twice; keep one")
                )
            self.marked.lines[*place, key] = line
            found[key] = self.plain(value_node, (*place, key))
        return found

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        tag = node.tag.replace(_OURS, "!!", 1)
        wrong, instead = "", None
        if node.tag in _TEXTS and isinstance(node, yaml.ScalarNode):
            text = _joined(node.value)
            if clean(text) == text:
                return text
            wrong, instead = f"holds {_odd(text)}, which is no character", clean(text)
        elif node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
            wrong = f"a number of {len(node.value):,} characters is too long"
        elif node.tag in _NUMBERS | _OTHERS and isinstance(node, yaml.ScalarNode):
            try:
                return self.loader.yaml_constructors[node.tag](self.loader, node)
            except (ValueError, LookupError):  # `!!bool maybe`, `!!int ''`; the value may be a secret
                wrong = f"the value is no {tag}"
        else:
            wrong = f"the tag {shorten(tag, _LONGEST_QUOTE)} is not known here; leave it out"
        where = f"{written(place)}: " if place else ""
        self.marked.problems.append((node.start_mark.line + 1, f"{where}{wrong}"))
        return instead


def _wrong_key(node: yaml.Node, key: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a key should be a word, not a list or a mapping"
    if node.tag == _MERGE:
        return "merge keys (<<) are not read here; write the keys out"
    if not key:
        return "a key is empty; name it"
    if clean(key) != key or _LINE_ENDS & set(key):
        return f"a key holds {_odd(key)}, which none may"
    return ""


def _joined(text: str) -> str:
    """JSON writes what lies beyond U+FFFF as two escapes, which YAML reads as two halves."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _odd(text: str) -> str:
    return ascii(next(each for each in text if clean(each) != each or each in _LINE_ENDS))
