"""What the docs show is what the product does."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import mocks
from pulumi.runtime.settings import reset_options

from liveavatar_emulator.faults import Rule, parse
from liveavatar_emulator.scenario import read

README = "README.md"


class Engine(mocks.Mocks):
    """Keeps the kinds that were registered."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        self.kinds.append(args.typ.rsplit(":", 1)[-1])
        return "11111111-2222-4333-8444-555555555555", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, object], None]:
        return {}, None


def python_blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), re.M | re.S)


def test_the_made_pages_are_up_to_date(root: Path) -> None:
    """`make docs` would change nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_examples_of_faults_are_played_by_the_emulator(root: Path, tmp_path: Path) -> None:
    """As a scenario and as a body of the admin API; the flag is a scenario's rule in one line."""
    page = (root / "docs" / "faults.md").read_text()
    scenario = tmp_path / "alarm.yaml"
    scenario.write_text(page.partition("```yaml\n")[2].partition("```")[0])
    body = re.search(r"-d '(.+)'", page)
    flag = re.search(r"--fault (\S+)", page)

    assert body is not None
    assert flag is not None
    assert [rule.fault.name for rule in read(scenario)] == ["black", "server_error"]
    assert Rule.model_validate_json(body.group(1)) == parse(flag.group(1))


def test_the_program_in_the_readme_declares_what_it_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs as it stands, against a Secrets Manager that has its secret."""
    from tests.support.engine import secrets_manager

    engine = Engine()
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(engine, project="hotel", stack="dev", preview=False)
    try:
        with secrets_manager() as aws:
            aws.put("prod/liveavatar/openai", "sk-anything")
            for name, value in aws.env.items():
                monkeypatch.setenv(name, value)
            (program,) = python_blocks(root / README)

            @pulumi.runtime.test
            def run() -> None:
                exec(compile(program, README, "exec"), {})  # noqa: S102 - our own README

            run()
    finally:
        reset_options()

    assert sorted(engine.kinds) == ["Context", "Secret", "SessionTemplate"]


def test_every_link_of_the_docs_leads_somewhere(root: Path) -> None:
    """No page points at a file that is not there."""
    pages = [
        root / "README.md",
        root / "CONTRIBUTING.md",
        root / "CHANGELOG.md",
        *(root / "docs").rglob("*.md"),
    ]
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if not target.startswith("http") and not (page.parent / target).exists()
    ]

    assert not broken


def test_every_make_target_that_is_named_exists(root: Path) -> None:
    """What a page tells the reader to type can be typed."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.M))
    pages = [root / "README.md", root / "CONTRIBUTING.md", *(root / "docs").glob("*.md")]
    named = {word for page in pages for word in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.M)}

    assert named <= targets
