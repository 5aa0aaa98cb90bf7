"""
Reads the catalog: what is promoted from environment to environment.

A context is a Markdown file with front matter, a session template a YAML file. Every mistake in every
file is collected and reported at once, each as `file:line: what is wrong; what to do`.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from liveavatar_ops.health.block import read_block
from pulumi_liveavatar.api.connectors import OpenAIVoice
from pulumi_liveavatar.api.token_body import VideoSettings
from pulumi_liveavatar.marked_yaml import Marked, YamlError, read_marked
from pulumi_liveavatar.small_file import read_small_text
from pulumi_liveavatar.strict import LONGEST_NAME
from pulumi_liveavatar.text import few, shorten

LOGICAL_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
Entry = TypeVar("Entry", bound="Strict")


def _usable(held: Any) -> Any:
    """Limits that no check could use would be deployed, and found out by the first check."""
    problems = [
        InitErrorDetails(
            type=PydanticCustomError("limit", "{said}", {"said": said}),
            loc=(name,) if name else (),
            input=None,
        )
        for name, said in read_block(held).problems
    ]
    if problems:
        raise ValidationError.from_exception_data("health", problems)
    return held or {}


Limits = Annotated[dict[str, StrictBool | float], BeforeValidator(_usable)]


class Strict(BaseModel):
    """Unknown keys are refused: LiveAvatar itself would drop them without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(Strict):
    """A page the avatar may point at, and the question it answers."""

    url: str = Field(min_length=1)
    faq: str = Field(min_length=1)


class ContextEntry(Strict):
    """A context as it stands in the catalog; the prompt is the Markdown body."""

    prompt: str = Field(min_length=1)
    opening_text: str = ""
    links: tuple[Link, ...] = ()


class TemplateEntry(Strict):
    """A session template without anything that belongs to one environment alone."""

    context: str | None = None
    secret: str = Field(min_length=1)
    avatar: str = Field(min_length=1)
    voice: OpenAIVoice = "alloy"
    model: str = Field(default="gpt-realtime", min_length=1)
    temperature: float = Field(default=0.8, ge=0.6, le=1.2)
    video: VideoSettings = Field(default_factory=VideoSettings)
    max_session_duration: int | None = Field(default=None, gt=0)
    health: Limits = Field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One mistake; `line` counts from 1."""

    file: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class CatalogError(Exception):
    """Everything that is wrong with the catalog, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (str(p.file), p.line, p.sentence))
        found = f"{len(self.problems):,} mistake{'s' if len(self.problems) != 1 else ''}"
        told = few([str(p) for p in self.problems], lambda left: f"and {left:,} more; mend these first")
        super().__init__("\n  ".join([f"The catalog has {found}:", *told]))


@dataclass(frozen=True)
class Catalog:
    """What the catalog says, by logical name."""

    contexts: dict[str, ContextEntry]
    templates: dict[str, TemplateEntry]
    places: dict[tuple[str, str], int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def digest(self) -> str:
        """sha256 over canonical JSON: the same catalog gives the same digest in every environment."""
        content = {
            "contexts": {name: entry.model_dump(mode="json") for name, entry in self.contexts.items()},
            "templates": {name: entry.model_dump(mode="json") for name, entry in self.templates.items()},
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def read_catalog(folder: Path) -> Catalog:
    """
    Read `contexts/*.md` and `templates/*.yaml` below a folder.

    Raises CatalogError with all mistakes of all files.
    """
    problems: list[Problem] = []
    contexts: dict[str, ContextEntry] = {}
    templates: dict[str, TemplateEntry] = {}
    for file in _files(folder / "contexts", {".md"}, problems):
        if (context := _read(file, folder, ContextEntry, problems)) is not None:
            contexts[file.stem] = context
    broken = {p.file.stem for p in problems}
    for file in _files(folder / "templates", {".yaml", ".yml"}, problems):
        if (template := _read(file, folder, TemplateEntry, problems)) is None:
            continue
        templates[file.stem] = template
        if template.context and template.context not in contexts.keys() | broken:
            problems.append(_no_such_context(file, folder, template.context, contexts))
    if problems:
        raise CatalogError(problems)
    return Catalog(contexts, templates)


def _files(folder: Path, suffixes: set[str], problems: list[Problem]) -> list[Path]:
    """The readable files of a folder; a name that cannot become a resource name is a mistake."""
    found = sorted(p for p in folder.glob("*") if p.is_file() and not p.name.startswith("."))
    good: list[Path] = []
    for file in found:
        short = file.relative_to(folder.parent)
        if file.suffix not in suffixes:
            wanted = " or ".join(sorted(suffixes))
            problems.append(
                Problem(short, 1, f"not read, because only {wanted} files belong here; rename it")
            )
        elif not LOGICAL_NAME.fullmatch(file.stem):
            advice = "use lower-case letters, digits and hyphens, a letter first"
            problems.append(Problem(short, 1, f"{file.stem!r} cannot name a resource; {advice}"))
        else:
            good.append(file)
    return good


def _read(file: Path, folder: Path, model: type[Entry], problems: list[Problem]) -> Entry | None:
    short = file.relative_to(folder)
    try:
        marked = _parse(file)
    except OSError as why:
        problems.append(Problem(short, 1, f"cannot be read: {why.strerror or why}"))
        return None
    except UnicodeDecodeError:
        problems.append(Problem(short, 1, "not UTF-8 text; save it as UTF-8"))
        return None
    except YamlError as error:
        problems.append(Problem(short, error.line, f"not YAML: {error}; correct the line"))
        return None
    problems.extend(Problem(short, line, what) for line, what in marked.problems)
    try:
        return model.model_validate(marked.value)
    except ValidationError as error:
        problems.extend(_problems_of(error, short, marked, model))
        return None


def _parse(file: Path) -> Marked:
    text = read_small_text(file)
    if file.suffix != ".md":
        marked = read_marked(text)
        marked.value = {} if marked.value is None else marked.value
        return marked
    head, body, body_line = _split(text)
    # The newline stands for the opening ---, so that lines count as in the file.
    marked = read_marked(f"\n{head}")
    given = {} if marked.value is None else marked.value
    if isinstance(given, dict):
        if "prompt" in given:
            raise YamlError(marked.line_of(("prompt",)), "the prompt is the text below the front matter")
        marked.value = {**given, "prompt": body}
    marked.lines["prompt",] = body_line
    return marked


def _split(text: str) -> tuple[str, str, int]:
    """Front matter, body, and the body's first line."""
    rows = text.splitlines()
    if not rows or rows[0].strip() != "---":
        return "", text.strip(), 1
    for number, row in enumerate(rows[1:], start=2):
        if row.strip() == "---":
            return "\n".join(rows[1 : number - 1]), "\n".join(rows[number:]).strip(), number + 1
    raise YamlError(1, "the front matter that begins here has no closing ---")


def _problems_of(error: ValidationError, file: Path, marked: Marked, model: type[Strict]) -> list[Problem]:
    return [
        Problem(
            file, marked.line_of(_known(e["loc"])), _sentence(_known(e["loc"]), e["type"], e["msg"], model)
        )
        for e in error.errors(include_url=False, include_input=False)
    ]


def _known(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(part for part in loc if part not in {"default", "function-after"})


def _sentence(loc: tuple[str | int, ...], kind: str, message: str, model: type[Strict]) -> str:
    name = _dotted(loc)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _names(model), n=1)
        return f"{name} is not known here" + (f"; did you mean {near[0]}?" if near else "; remove it")
    if kind == "missing":
        return f"{name} is missing; add it"
    if loc == ("prompt",):
        return "the prompt below the front matter is empty; write what the avatar knows and does"
    return f"{name}: {message[:1].lower()}{message[1:]}"


def _names(model: type[BaseModel]) -> list[str]:
    names = list(model.model_fields)
    nested = [f.annotation for f in model.model_fields.values()]
    for inner in nested:
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += _names(inner)
    return names


def _dotted(loc: Iterable[str | int]) -> str:
    return ".".join(shorten(str(part), LONGEST_NAME) for part in loc) or "the file"


def _no_such_context(file: Path, folder: Path, wanted: str, contexts: dict[str, ContextEntry]) -> Problem:
    line = read_marked(read_small_text(file)).line_of(("context",))
    near = difflib.get_close_matches(wanted, contexts, n=1)
    advice = f"did you mean {near[0]}?" if near else f"add contexts/{wanted}.md or remove the line"
    return Problem(file.relative_to(folder), line, f"there is no context {wanted!r}; {advice}")
