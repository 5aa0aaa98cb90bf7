"""Rules about the code itself: size, words, and what must not be in a file."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

LONGEST_FILE = 300
LONGEST_TEST = 450
"""A test file may be longer: a table of cases is read by its rows."""
PACKAGES = ("provider", "ops", "emulator", "infra", "policies", "toolchain")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|farm|root|home/\w+)/\w")
REGISTRY = re.compile(
    "|".join(
        ("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.", "proxy" + r"\.golang", "crates" + r"\.io")
    )
)


def tracked(root: Path) -> list[Path]:
    """The files under version control that are text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    paths = [root / name.decode() for name in listed.split(b"\0") if name]
    return [p for p in paths if p.is_file() and not p.is_symlink() and b"\0" not in p.read_bytes()[:4096]]


def longest(path: Path) -> int:
    """How many lines a file may have."""
    return LONGEST_TEST if path.parts[0] == "tests" else LONGEST_FILE


@pytest.fixture(scope="module")
def files(root: Path) -> list[Path]:
    return tracked(root)


def test_no_code_file_is_too_long(root: Path, files: list[Path]) -> None:
    """A file is read in one sitting."""
    long = {
        str(p.relative_to(root)): n
        for p in files
        if p.suffix == ".py" and (n := len(p.read_text().splitlines())) > longest(p.relative_to(root))
    }

    assert not long


def test_no_file_names_a_registry_or_a_machine(root: Path, files: list[Path]) -> None:
    """What is committed works anywhere: no host of a package registry, no path of one machine."""
    found = [
        f"{p.relative_to(root)}:{number}"
        for p in files
        if p.suffix != ".sum"
        for number, row in enumerate(p.read_text(errors="replace").splitlines(), start=1)
        if MACHINE_PATH.search(row) or REGISTRY.search(row)
    ]

    assert not found


def test_every_module_says_what_it_is_for(root: Path, files: list[Path]) -> None:
    """A newcomer reads the first line of a file and knows whether to go on."""
    silent = [
        str(p.relative_to(root))
        for p in files
        if p.suffix == ".py"
        and p.relative_to(root).parts[0] in PACKAGES
        and p.read_text().strip()
        and not ast.get_docstring(ast.parse(p.read_text()))
    ]

    assert not silent


def test_an_exemption_gives_its_reason(root: Path, files: list[Path]) -> None:
    """A silenced checker says why it is wrong at this place."""
    bare = [
        f"{p.relative_to(root)}:{number}"
        for p in files
        if p.suffix == ".py"
        for number, row in enumerate(p.read_text().splitlines(), start=1)
        if re.search(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[\w-]+\])?)\s*$", row)
    ]

    assert not bare


def test_the_imports_go_downwards(root: Path) -> None:
    """The contracts in pyproject.toml hold."""
    done = subprocess.run(
        [root / ".venv/bin/lint-imports"], cwd=root, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_every_dependency_says_why(root: Path) -> None:
    """Each package of pyproject.toml has its line in docs/dependencies.md."""
    text = (root / "pyproject.toml").read_text()
    named = set(re.findall(r'^  "([a-zA-Z][\w-]*)', text.split("[project.scripts]")[0], re.M)) - {
        "liveavatar-ops"
    }
    explained = (root / "docs" / "dependencies.md").read_text().lower()

    assert not {
        n for n in named if n.lower().removeprefix("types-").removesuffix("-stubs-lite") not in explained
    }
