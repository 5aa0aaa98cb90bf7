"""Reads `watch.yaml` and says everything that is wrong with it at once, each with file and line."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from liveavatar_ops.schedule.config import OneOff, WatchConfig, Weekly
from liveavatar_ops.schedule.origin import Origin
from pulumi_liveavatar.marked_yaml import Marked, Place, YamlError, read_marked_file
from pulumi_liveavatar.strict import path as written
from pulumi_liveavatar.text import MOST_TOLD, closest


class WatchConfigError(Exception):
    """The configuration cannot be used; `problems` holds one line each, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def read_config(path: Path) -> WatchConfig:
    """The file as a model, relative paths taken from the file's own folder; else WatchConfigError."""
    try:
        marked = read_marked_file(path)
    except OSError as why:
        raise WatchConfigError([f"{path}: cannot be read: {why.strerror or why}"]) from None
    except YamlError as bad:
        raise WatchConfigError([f"{path}:{bad.line}: {bad}"]) from None
    if not isinstance(marked.value, dict):
        raise WatchConfigError(
            [f"{path}:1: holds no mapping. Begin with `targets:`, for example `targets: [{{stack: dev}}]`"]
        )
    problems = list(marked.problems)
    config: WatchConfig | None = None
    try:
        config = WatchConfig.model_validate(marked.value)
    except ValidationError as error:
        problems += [(marked.line_of(place), text) for place, text in complaints(error)]
    if config is not None:
        problems += _across(config, marked)
    if problems or config is None:
        raise WatchConfigError([f"{path}:{line}: {text}" for line, text in sorted(set(problems))])
    return _anchored(config, path.resolve().parent).written_at(Origin(path, marked.line_of))


def from_values(values: Mapping[str, Any], flags: Mapping[str, str]) -> WatchConfig:
    """The same model from flags; `flags` maps a key's path to the flag that a complaint names."""
    try:
        return WatchConfig.model_validate(dict(values))
    except ValidationError as error:
        raise WatchConfigError(
            sorted({f"{_flag(place, flags)}: {_bare(text)}" for place, text in complaints(error)})
        ) from None


def complaints(error: ValidationError) -> list[tuple[Place, str]]:
    """(place, `targets[0].evry: there is no such key; did you mean 'every'?`) of every mistake."""
    found = []
    for number, entry in enumerate(error.errors(include_url=False, include_input=False)):
        place = tuple(part for part in entry["loc"] if not str(part).startswith("~"))
        words = _words(entry["type"], entry["msg"], entry["loc"], hinted=number < MOST_TOLD)
        found.append((place, f"{written(place) or 'the file'}: {words}"))
    return found


def _words(kind: str, message: str, loc: Place, *, hinted: bool) -> str:
    if kind == "extra_forbidden":
        if not hinted:  # the nearest of so many words takes long to find, and more are not said
            return "there is no such key"
        known = _keys_at(loc[:-1])
        hint = closest(str(loc[-1]), known) or "it takes " + ", ".join(known)
        return f"there is no such key; {hint}"
    if kind == "missing":
        return "is missing"
    return re.sub(r"^(Value error, |Input (?=should))", "", message)


def _keys_at(place: Place) -> list[str]:
    """The keys that may stand at a place of the file."""
    model: Any = WatchConfig
    for part in place:
        if part in ("~weekly", "~once"):
            model = Weekly if part == "~weekly" else OneOff
        elif not isinstance(part, int):
            model = _model_in(_field(model, str(part)))
    return [field.alias or name for name, field in model.model_fields.items()]


def _field(model: Any, key: str) -> Any:
    return next(f.annotation for name, f in model.model_fields.items() if key in (name, f.alias))


def _model_in(annotation: Any) -> Any:
    """The model inside `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for arg in get_args(annotation) if (m := _model_in(arg)) is not None), None)


def _across(config: WatchConfig, marked: Marked) -> list[tuple[int, str]]:
    """Rules over several parts of the file."""
    problems = []
    for i, target in enumerate(config.targets):
        named = [t.name for t in config.targets[:i] if t.name]
        place: Place = ("targets", i, "name")
        if target.name in named:
            problems.append((marked.line_of(place), f"{written(place)}: two targets have this name"))
    for i, channel in enumerate(config.notify):
        if (channel.kind, channel.url_env) in [(c.kind, c.url_env) for c in config.notify[:i]]:
            place = ("notify", i)
            problems.append((marked.line_of(place), f"{written(place)}: the same channel stands here twice"))
        if channel.kind == "slack" and channel.show_sheet and config.serve.page_url is None:
            place = ("notify", i, "show_sheet")
            needs = "Slack fetches the picture itself: serve.page_url must name the page as Slack reaches it"
            problems.append((marked.line_of(place), f"{written(place)}: {needs}"))
    if config.quota.first > config.quota.most:
        place = ("quota", "most")
        problems.append((marked.line_of(place), "quota.most: should not be less than quota.first"))
    return problems


def _anchored(config: WatchConfig, folder: Path) -> WatchConfig:
    """Relative paths mean: beside the file, wherever the watcher was started."""
    targets = tuple(
        t.model_copy(update={"template_file": folder / t.template_file}) if t.template_file else t
        for t in config.targets
    )
    evidence = config.evidence.model_copy(update={"directory": folder / config.evidence.directory})
    textfile = folder / config.textfile if config.textfile else None
    return config.model_copy(update={"targets": targets, "evidence": evidence, "textfile": textfile})


def _flag(place: Place, flags: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in place if not isinstance(part, int))
    return next((flag for name, flag in flags.items() if name == key), flags.get("", "the flags"))


def _bare(text: str) -> str:
    return text.partition(": ")[2] or text
