"""What the configuration's targets really are: each template of a stack on its own, with what it costs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.sandbox import opened
from liveavatar_ops.health.stack import StackError, stack_outputs
from liveavatar_ops.health.target import Target, TargetError, from_file, from_stack, silent
from liveavatar_ops.schedule.config import LongCheck, TargetConfig, WatchConfig
from pulumi_liveavatar.text import closest

Outputs = Callable[[str], Mapping[str, Any]]


class NothingToWatch(Exception):
    """Targets that cannot be resolved; `problems` holds one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class WatchTarget:
    """One thing that is checked again and again. `arguments` tell `health check` what it is."""

    name: str
    arguments: tuple[str, ...]
    every_s: float
    depth: Depth = Depth.VIDEO
    mode: str = "LITE"
    sandbox: bool = False
    limits: Limits = field(default_factory=Limits)
    long: LongCheck | None = None
    longest_session_s: float | None = None
    digest: str = ""
    """Of the token body: tells that something else is deployed than before."""

    @property
    def source(self) -> tuple[str, ...]:
        """Where the template comes from: the same one is watched once, however its session is opened."""
        return tuple(word for word in self.arguments if word not in {"--sandbox", "--no-sandbox"})


def resolve(config: WatchConfig, *, outputs: Outputs = stack_outputs) -> list[WatchTarget]:
    """
    Every target in the order of the file; a template named on its own takes its entry from its stack's.

    Raises NothingToWatch with all problems: a stack that cannot be read, a template that is not there, two
    targets of one name, a window or channel for a target that nobody named.
    """
    problems: list[str] = []
    found: dict[str, tuple[TargetConfig, WatchTarget]] = {}
    held: dict[str, Mapping[str, Any]] = {}
    unheard: dict[WatchTarget, list[str]] = {}
    for i, entry in enumerate(config.targets):
        at, wrong_here = config.origin.at("targets", i), []
        try:
            for template in _targets_of(entry, outputs, held):
                made = _watched(entry, target := opened(template, entry.sandbox), config)
                unheard[made] = silent([target], made.depth, "`depth: video`")
                wrong_here += _joined(found, entry, made)
        except (TargetError, StackError) as wrong:
            wrong_here += str(wrong).splitlines()
        problems += [f"{at}{problem}" for problem in wrong_here]
    targets = [target for _, target in found.values()]
    problems += _unknown_names(config, [t.name for t in targets]) if not problems else []
    for entry, watched in found.values():
        at = config.origin.at("targets", config.targets.index(entry))
        problems += [f"{at}{problem}" for problem in (*unheard[watched], *_impossible(watched))]
    if problems:
        raise NothingToWatch(list(dict.fromkeys(problems)))
    return targets


def _targets_of(entry: TargetConfig, outputs: Outputs, held: dict[str, Mapping[str, Any]]) -> list[Target]:
    if entry.template_file is not None:
        return [from_file(entry.template_file)]
    assert entry.stack is not None  # the model holds exactly one of the two
    if entry.stack not in held:
        held[entry.stack] = outputs(entry.stack)
    return from_stack(entry.stack, held[entry.stack], entry.template)


def _watched(entry: TargetConfig, target: Target, config: WatchConfig) -> WatchTarget:
    name = target.name
    arguments: tuple[str, ...] = ("--template-file", str(entry.template_file))
    if entry.stack is not None:
        name = f"{target.stack}/{target.template}"
        arguments = ("--stack", entry.stack, "--template", str(target.template))
    if entry.sandbox is not None:
        arguments += ("--sandbox" if entry.sandbox else "--no-sandbox",)
    longest = target.body.get("max_session_duration")
    return WatchTarget(
        name=entry.name or name,
        arguments=arguments,
        every_s=entry.every or config.every,
        depth=entry.depth or config.depth,
        mode=str(target.body.get("mode", "LITE")),
        sandbox=bool(target.body.get("is_sandbox")),
        limits=limits_from((target.where, target.limits)),
        long=entry.long,
        longest_session_s=float(longest) if longest else None,
        digest=target.digest or "",
    )


def _joined(
    found: dict[str, tuple[TargetConfig, WatchTarget]], entry: TargetConfig, made: WatchTarget
) -> list[str]:
    """The special entry wins over its stack's general one, whichever stands first."""
    same = next((n for n, (_, t) in found.items() if t.source == made.source), None)
    if same is not None:
        other = found[same][0]
        if (entry.template is None) == (other.template is None):
            if same != made.name:
                return [f"target {made.name}: watches the same template as {same}; leave one out"]
            return [f"target {made.name}: stands twice in the file; leave one out"]
        if entry.template is None:
            return []
        del found[same]
    if made.name in found:
        return [f"target {made.name}: two targets have this name; give one a `name:` of its own"]
    found[made.name] = (entry, made)
    return []


def _unknown_names(config: WatchConfig, names: Sequence[str]) -> list[str]:
    key = config.origin.key
    places = [(key("maintenance", i, "targets"), w.targets) for i, w in enumerate(config.maintenance)]
    places += [(key("notify", i, "targets"), c.targets) for i, c in enumerate(config.notify)]
    return [
        f"{place}: there is no target {name!r}; "
        + (closest(name, names) or "there are " + ", ".join(sorted(names)))
        for place, wanted in places
        for name in wanted
        if name not in names
    ]


def _impossible(target: WatchTarget) -> Iterator[str]:
    if target.long is None:
        return
    longest = 60.0 if target.sandbox else target.longest_session_s
    if longest is not None and target.long.watch_for + 10 > longest:
        what = "a sandbox session" if target.sandbox else "a session of its template"
        yield (
            f"target {target.name}: long.watch_for is {target.long.watch_for:g} s, but {what} ends after "
            f"{longest:g} s; watch for less, or leave `long:` out"
        )
    elif not target.depth.includes(Depth.VIDEO):
        yield (
            f"target {target.name}: a long check watches a picture; its depth must be video or conversation"
        )
