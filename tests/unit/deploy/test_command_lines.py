"""Every command line in the ready files and in docs/scheduling.md is one that our commands understand."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from deploy.aws.__main__ import parser as aws_parser
from deploy.aws.documents import Wish

from liveavatar_ops.cli import app
from liveavatar_ops.doctor.cli import doctor
from liveavatar_ops.schedule.cli import watch

ROOT = Path(__file__).resolve().parents[3]
OURS = re.compile(r"(?<![\w./-])liveavatar-ops ((?:health|doctor|demo)\b[^|;&`#\n]*)")
AWS = re.compile(r"python -m deploy\.aws ((?:up|down)[^|;&`#\n]*)")


def joined(path: Path) -> str:
    """A file's text with its continued lines in one."""
    return re.sub(r"\s*\\+\n\s*", " ", (ROOT / path).read_text())


def in_text(path: Path, pattern: re.Pattern[str]) -> Iterator[list[str]]:
    for found in pattern.finditer(joined(path)):
        yield shlex.split(found[1])


def containers() -> Iterator[list[str]]:
    """What the cron job's container runs."""
    documents = yaml.safe_load_all((ROOT / "deploy/kubernetes/cronjob.yaml").read_text())
    job = next(d for d in documents if d["kind"] == "CronJob")["spec"]["jobTemplate"]
    for container in job["spec"]["template"]["spec"]["containers"]:
        assert container["command"][:2] == ["/bin/sh", "-c"]  # then the script, which runs the words after it
        words = [*container["command"][3:], *container.get("args", [])]
        assert words[0] == "liveavatar-ops"
        yield words[1:]


def image() -> Iterator[list[str]]:
    """What the image runs when it is told nothing."""
    text = (ROOT / "deploy/image/Dockerfile").read_text()
    told = dict(re.findall(r"^(ENTRYPOINT|CMD) (\[.+\])$", text, re.M))
    assert ast.literal_eval(told["ENTRYPOINT"]) == ["liveavatar-ops"]
    yield ast.literal_eval(told["CMD"])


def prefect_targets() -> Iterator[list[str]]:
    """What the flow adds to `health check` for the targets that the docs show."""
    for found in re.finditer(r"--target '[\w-]+: ([^']+)'", joined(Path("docs/scheduling.md"))):
        yield ["health", "check", *shlex.split(found[1]), "--json"]


TEXTS = [
    Path("README.md"),
    Path("docs/watching.md"),
    Path("docs/scheduling.md"),
    Path("deploy/github-actions/health.yml"),
]
LINES = [
    *((str(path), words) for path in TEXTS for words in in_text(path, OURS)),
    *(("cronjob.yaml", words) for words in containers()),
    *(("Dockerfile", words) for words in image()),
    *(("docs, Prefect", words) for words in prefect_targets()),
    ("deploy/aws", list(Wish.command)),
]
OWN_APPS: dict[tuple[str, ...], Any] = {("doctor",): doctor, ("health", "watch"): watch}
"""Commands that are also understood by themselves, where the whole does not offer them."""


def understand(words: list[str]) -> None:
    """Parse as the command would, without running it. Raises the command's own usage error."""
    words = ["video" if word == "$DEPTH" else word for word in words]  # the workflow's default
    command: Any = typer.main.get_command(app)
    try:
        walk(command, words)
    except Exception as why:
        own = next((name for name in OWN_APPS if words[: len(name)] == list(name)), None)
        if own is None or "No such command" not in str(why):
            raise
        single = typer.Typer()
        single.command()(OWN_APPS[own])
        walk(typer.main.get_command(single), words[len(own) :])


def walk(command: Any, words: list[str]) -> None:
    """From group to command, each with its own options."""
    context = command.make_context(command.name or "liveavatar-ops", list(words))
    while hasattr(command, "resolve_command"):
        rest = [*getattr(context, "_protected_args", []), *context.args]
        _, command, words = command.resolve_command(context, rest)
        context = command.make_context(command.name, list(words), parent=context)


@pytest.mark.parametrize(("where", "words"), LINES, ids=[f"{w}: {' '.join(x)}"[:90] for w, x in LINES])
def test_a_command_line_is_understood(where: str, words: list[str]) -> None:
    """Name, options and values, as the real command parses them."""
    understand(words)


def test_there_are_command_lines_of_every_kind() -> None:
    """The search above finds what it is meant to find."""
    assert {where for where, _ in LINES} == {
        "README.md",
        "docs/watching.md",
        "docs/scheduling.md",
        "deploy/github-actions/health.yml",
        "cronjob.yaml",
        "Dockerfile",
        "docs, Prefect",
        "deploy/aws",
    }
    assert {words[0] for _, words in LINES} == {"health", "doctor"}


@pytest.mark.parametrize("words", [["health", "check", "--dept", "video"], ["health", "cheque"], ["healt"]])
def test_a_mistyped_command_line_is_not_understood(words: list[str]) -> None:
    """The test above is able to fail."""
    with pytest.raises(Exception, match="No such"):
        understand(words)


def test_the_aws_command_lines_are_understood() -> None:
    """In the docs and in the command's own help."""
    shown = [*in_text(Path("docs/scheduling.md"), AWS), *in_text(Path("deploy/aws/__main__.py"), AWS)]

    assert len(shown) == 4
    for words in shown:
        aws_parser().parse_args(words)


def test_the_flow_call_of_the_docs_is_understood() -> None:
    """Its arguments, as its own parser takes them; read from its source, as Prefect is not installed here."""
    call = next(in_text(Path("docs/scheduling.md"), re.compile(r"-m liveavatar_ops\.flows ([^\n]+)")))
    source = (ROOT / "ops/liveavatar_ops/flows/__main__.py").read_text()
    known = set(re.findall(r'"(--[\w-]+)"', source))

    assert {word for word in call if word.startswith("--") and " " not in word} <= known
