"""
What is to be checked: a token body with its limits, from a deployed stack, a file, or flags.

Whatever is wrong is said before anything is asked of LiveAvatar, all of it at once, each with its
place: file and line, stack and template, or the flag.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from liveavatar_ops.health.block import Block, read_block
from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.references import connector
from pulumi_liveavatar.api.token_body import SANDBOX_LONGEST_S, token_body
from pulumi_liveavatar.api.token_body import digest as digest_of
from pulumi_liveavatar.marked_yaml import Place, YamlError, read_marked_file
from pulumi_liveavatar.strict import LONGEST_NAME, sentences
from pulumi_liveavatar.strict import path as written
from pulumi_liveavatar.text import clean, closest, few, shorten

SIZES = {"very_high": (1920, 1080), "high": (1280, 720), "medium": (854, 480), "low": (640, 360)}
DEFAULT_QUALITY = "high"  # LiveAvatar API facts §2.9
ROOMS_ELSEWHERE = ("livekit_config", "agora_config")


class TargetError(Exception):
    """Nothing can be checked; `problems` holds one sentence each, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Target:
    """One thing to check. `limits` are its own overrides, `where` the place to name in complaints."""

    name: str
    where: str
    body: dict[str, Any]
    limits: dict[str, Any] = field(default_factory=dict)
    stack: str | None = None
    template: str | None = None
    digest: str | None = None
    allows_sandbox: bool = False
    """Whether its `health:` block says `sandbox: true` (see sandbox.py)."""

    def facts(self, depth: Depth) -> TargetFacts:
        """The part of the facts that is known before anything is measured."""
        video = self.body.get("video_settings") or {}
        width, height = SIZES[video.get("quality", DEFAULT_QUALITY)]
        return TargetFacts(
            name=self.name,
            depth=depth,
            stack=self.stack,
            template=self.template,
            digest=self.digest,
            avatar_id=self.body["avatar_id"],
            mode=self.body["mode"],
            connector=connector(self.body),
            width=width,
            height=height,
            sandbox=bool(self.body.get("is_sandbox")),
            max_session_duration_s=self._longest_s(),
        )

    def _longest_s(self) -> int | None:
        """How long a session of this body may last, as far as that is known before one is started."""
        longest = [SANDBOX_LONGEST_S] if self.body.get("is_sandbox") else []
        if (asked := self.body.get("max_session_duration")) is not None:
            longest.append(asked)
        return min(longest, default=None)


def from_stack(stack: str, outputs: Mapping[str, Any], only: str | None = None) -> list[Target]:
    """Every template that a stack exported, or the one named `only`; TargetError with all problems."""
    templates = outputs.get("templates")
    if not isinstance(templates, dict):
        why = f"Stack {stack} exports no templates, so there is nothing to check. "
        raise TargetError([f"{why}Export them (see infra/stack.py) and run `pulumi up --stack {stack}`."])
    if not templates:
        raise TargetError(
            [f"Stack {stack} has no session template. Add one to infra/catalog/templates and deploy it."]
        )
    if only is not None and only not in templates:
        hint = closest(only, templates) or "it has " + ", ".join(sorted(templates))
        raise TargetError([f"Stack {stack} has no template {only!r}: {hint}"])
    targets, problems = [], []
    for name, held in sorted(templates.items()):
        if only is None or name == only:
            found, wrong = _from_output(stack, name, held)
            targets += found
            problems += wrong
    if problems:
        raise TargetError(problems)
    return targets


def _from_output(stack: str, name: str, held: Any) -> tuple[list[Target], list[str]]:
    where = f"stack {stack}, template {name}"
    if not isinstance(held, dict) or not isinstance(held.get("body"), dict):
        return [], [f"{where}: its output holds no body. Run `pulumi up --stack {stack}` and try again."]
    body, problems = _checked(held["body"], lambda place: f"{where}: {written(place)}")
    block, own = read_block(held.get("health")), held.get("digest")
    problems += [f"{where}: {said}" for said in _wrong_limits(block)]
    if own is not None and not isinstance(own, str):
        # It tells what was deployed; another in its place would hide that the program exports nonsense.
        problems.append(f"{where}: digest: should be text; leave it out of the output and it is computed")
    if problems:
        return [], _first(problems, where)
    return [_target(name, where, body, block, stack=stack, digest=own)], []


def from_file(path: Path) -> Target:
    """A YAML or JSON file with a token body and, if wanted, `health:` limits."""
    try:
        marked = read_marked_file(path)
    except OSError as why:
        raise TargetError([f"{path}: cannot be read: {why.strerror or why}"]) from None
    except YamlError as bad:
        raise TargetError([f"{path}:{bad.line}: {bad}"]) from None
    problems = [f"{path}:{line}: {what}" for line, what in marked.problems]
    if not isinstance(marked.value, dict):
        raise TargetError(
            [f"{path}:1: holds no mapping. Write the body of a session token, for example `avatar_id: …`."]
        )
    raw = dict(marked.value)
    block = read_block(raw.pop("health", None))
    if hint := _catalog_hint(raw):
        raise TargetError([*_first(problems, path), f"{path}:{marked.line_of((hint,))}: {_CATALOG}"])
    body, wrong = _checked(raw, lambda place: f"{path}:{marked.line_of(place)}: {written(place)}")
    problems += wrong
    lines = [marked.line_of(("health", limit)) for limit, _ in block.problems]
    problems += [f"{path}:{line}: {said}" for line, said in zip(lines, _wrong_limits(block), strict=True)]
    if problems:
        raise TargetError(_first(sorted(problems, key=_by_line), path))
    return _target(clean(path.stem), clean(str(path)), body, block)


def _target(
    name: str,
    where: str,
    body: dict[str, Any],
    block: Block,
    *,
    stack: str | None = None,
    digest: str | None = None,
) -> Target:
    own = digest or digest_of(body)
    return Target(name, where, body, block.limits, stack, name, own, allows_sandbox=block.sandbox)


def _wrong_limits(block: Block) -> list[str]:
    """`health.wach_s: no such limit …`, `health: should map …`."""
    return [
        f"health.{shorten(name, LONGEST_NAME)}: {said}" if name else f"health: {said}"
        for name, said in block.problems
    ]


def _first(problems: Sequence[str], where: object) -> list[str]:
    """No more than anybody reads, of one file or template."""
    return few(problems, lambda left: f"{where}: {left:,} more problems; mend these first")


_CATALOG = (
    "this is a template of the catalog, which names objects by their logical names. Deploy it and check it "
    "with --stack NAME --template NAME, or write a file with ids (avatar_id and so on)"
)


def _catalog_hint(raw: Mapping[str, Any]) -> str | None:
    return next((key for key in ("avatar", "context", "secret") if key in raw), None)


def from_flags(values: Mapping[str, Any]) -> Target:
    """A body put together from flags; `values` by flag name without the dashes, None where not given."""
    given = {name: value for name, value in values.items() if value is not None}
    raw: dict[str, Any] = {"avatar_id": given.get("avatar")}
    if raw["avatar_id"] is None:
        raise TargetError(["--avatar: is missing; give an avatar's id, or name a --stack or --template-file"])
    if "quality" in given:
        raw["video_settings"] = {"quality": given["quality"]}
    if "sandbox" in given:
        raw["is_sandbox"] = given["sandbox"]
    if "max-session-duration" in given:
        raw["max_session_duration"] = given["max-session-duration"]
    realtime = {FLAG_FIELDS[name]: given[name] for name in FLAG_FIELDS if name in given}
    if realtime:
        raw["openai_realtime_config"] = realtime
    body, problems = _checked(raw, _flag_place)
    if problems:
        raise TargetError(problems)
    return Target(f"avatar-{body['avatar_id'][:8]}", "the flags", body, digest=digest_of(body))


FLAG_FIELDS = {
    "secret-id": "secret_id",
    "context-id": "context_id",
    "voice": "voice",
    "model": "model",
    "temperature": "temperature",
}
_FLAGS_OF = {
    "avatar_id": "--avatar",
    "is_sandbox": "--sandbox",
    "max_session_duration": "--max-session-duration",
    "video_settings": "--quality",
}


def _flag_place(place: Place) -> str:
    head, last = str(place[0]), str(place[-1])
    by_field = {name: f"--{flag}" for flag, name in FLAG_FIELDS.items()}
    return _FLAGS_OF.get(head) or by_field.get(last) or written(place)


def _checked(raw: Mapping[str, Any], named: Any) -> tuple[dict[str, Any], list[str]]:
    """The exact body to send, and what is wrong with the given one."""
    try:
        body = token_body(raw).model_dump(exclude_none=True)
    except ValidationError as error:
        places = [entry["loc"] for entry in error.errors(include_url=False, include_input=False)]
        wrong = [f"{named(place)}: {said}" for place, (_, said) in zip(places, sentences(error), strict=True)]
        return {}, wrong
    elsewhere = [name for name in ROOMS_ELSEWHERE if name in body]
    return body, [
        f"{named((name,))}: a room of your own is not LiveAvatar's to show; check a template without it"
        for name in elsewhere
    ]


def silent(targets: Iterable[Target], depth: Depth, cure: str) -> list[str]:
    """
    A line for each target that cannot be talked with though `depth` asks for that; `cure` is what to choose.

    In LITE mode a connector listens and answers, in FULL mode LiveAvatar does. Without either a silent
    avatar is as it was declared, and no fault.
    """
    if not depth.includes(Depth.CONVERSATION):
        return []
    return [
        f"{target.where}: {target.name} has no openai_realtime_config, so nothing can answer; "
        f"use {cure}, or add it{' (--secret-id ID)' if target.template is None else ''}"
        for target in targets
        if target.body.get("mode") != "FULL" and connector(target.body) is None
    ]


def _by_line(problem: str) -> tuple[int, str]:
    parts = problem.split(":")
    number = next((int(part) for part in parts if part.isdigit()), 0)
    return number, problem


def names_of(targets: Iterable[Target]) -> str:
    """For one line to a reader."""
    return ", ".join(target.name for target in targets)
