"""What was typed, turned into one configuration: a file, or flags for the simple case; never half of each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liveavatar_ops.health.places import why_of
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.config_file import WatchConfigError, from_values, read_config

FLAGS = {
    "every": "--every",
    "depth": "--depth",
    "budget.credits_a_day": "--credits-a-day",
    "evidence.directory": "--evidence",
    "serve.port": "--port",
    "targets.stack": "--stack",
    "targets.template": "--template",
    "targets.template_file": "--template-file",
    "": "the flags",
}


@dataclass(frozen=True)
class Wishes:
    """The command line, as typed; None and empty where nothing was."""

    config: Path | None = None
    stacks: tuple[str, ...] = ()
    template: str | None = None
    template_file: Path | None = None
    every: str | None = None
    depth: str | None = None
    credits_a_day: float | None = None
    evidence: Path | None = None
    port: int | None = None
    dry_run: bool = False
    as_json: bool = False


def config_of(wishes: Wishes) -> WatchConfig:
    """The configuration that is meant. Raises WatchConfigError with all problems."""
    if wishes.config is not None:
        return _with_port(_from_file(wishes, wishes.config), wishes.port)
    targets: list[dict[str, Any]] = [
        {"stack": stack, **({"template": wishes.template} if wishes.template else {})}
        for stack in wishes.stacks
    ]
    if wishes.template_file is not None:
        targets.append({"template_file": str(_full(wishes.template_file, "--template-file"))})
    if not targets:
        raise WatchConfigError(
            ["Nothing to watch: give --stack NAME, --template-file FILE, or --config watch.yaml"]
        )
    if wishes.template and not wishes.stacks:
        raise WatchConfigError(["--template: names a template of a stack; give --stack NAME with it"])
    values: dict[str, Any] = {"targets": targets, **_flat(wishes)}
    return from_values(values, FLAGS)


def _flat(wishes: Wishes) -> dict[str, Any]:
    evidence = _full(wishes.evidence or Path("evidence"), "--evidence")
    values: dict[str, Any] = {"evidence": {"directory": str(evidence)}}
    if wishes.every is not None:
        values["every"] = wishes.every
    if wishes.depth is not None:
        values["depth"] = wishes.depth
    if wishes.credits_a_day is not None:
        values["budget"] = {"credits_a_day": wishes.credits_a_day}
    if wishes.port is not None:
        values["serve"] = {"port": wishes.port}
    return values


def _full(path: Path, flag: str) -> Path:
    """A path that means the same wherever a check is started."""
    try:
        return path.resolve()
    except OSError as why:
        problem = f"{path} cannot be found from the working directory: {why_of(why)}"
    except RuntimeError:
        problem = f"{path} is a link that leads to itself"
    raise WatchConfigError([f"{flag}: {problem}; name another place, in full"])


def _from_file(wishes: Wishes, path: Path) -> WatchConfig:
    typed: dict[str, object] = {
        "--stack": wishes.stacks,
        "--template": wishes.template,
        "--template-file": wishes.template_file,
        "--every": wishes.every,
        "--depth": wishes.depth,
        "--credits-a-day": wishes.credits_a_day,
        "--evidence": wishes.evidence,
    }
    both = [flag for flag, value in typed.items() if value not in (None, ())]
    if both:
        raise WatchConfigError(
            [f"{flag}: write it into {path} instead; --config says it all" for flag in both]
        )
    return read_config(path)


def _with_port(config: WatchConfig, port: int | None) -> WatchConfig:
    if port is None:
        return config
    if not 0 <= port <= 65535:
        raise WatchConfigError(["--port: should be from 0 (any free one) to 65535"])
    return config.model_copy(update={"serve": config.serve.model_copy(update={"port": port})})
