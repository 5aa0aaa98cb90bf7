"""A command that this machine ends half-way tells what it has found so far."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET  # the document is our own

import pytest
from typer.testing import CliRunner

from liveavatar_ops.health.cli import app
from liveavatar_ops.health.facts import TargetFacts
from liveavatar_ops.health.ledger import LedgerError
from liveavatar_ops.health.runner import Checked
from tests.support.health_facts import healthy

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
FULL_DISK = OSError(28, "No space left on device")
UNHEALTHY: dict[str, Any] = {"video": {"frozen_s": 12.0}}


def check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ends: list[dict[str, Any] | Exception]
) -> tuple[int, str, str, Path]:
    """Exit code, stdout, stderr and JUnit file of a check of as many templates, which end so one by one."""
    left = iter(ends)

    class Runner:
        def __init__(self, *_args: object, **_seams: object) -> None: ...

        def check(self, target: TargetFacts, *_args: object, **_how: object) -> Checked:
            end = next(left)
            if isinstance(end, Exception):
                raise end
            return Checked(healthy(**end, target={"name": target.name}), [])

    monkeypatch.setattr("liveavatar_ops.health.cli.Runner", Runner)
    words = ["check", "--json", "--no-evidence", "--junit", str(tmp_path / "health.xml")]
    for index in range(len(ends)):
        file = tmp_path / f"desk{index}.yaml"
        file.write_text(f"avatar_id: {AVATAR}\n")
        words += ["--template-file", str(file)]
    env = {"LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_OPS_STATE": str(tmp_path / "state")}
    ended = CliRunner().invoke(app, words, env=env)
    return ended.exit_code, ended.stdout, ended.stderr, tmp_path / "health.xml"


@pytest.mark.parametrize(
    "why", [LedgerError("The ledger x cannot be used."), FULL_DISK], ids=["ledger", "disk"]
)
@pytest.mark.parametrize(("first", "code"), [(UNHEALTHY, 1), ({}, 3)], ids=["unhealthy", "healthy"])
def test_what_was_judged_is_told_although_the_next_check_cannot_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: dict[str, Any], code: int, why: Exception
):
    """It was paid for; a check that did not run is inconclusive, so a healthy one is no pass for all."""
    exit_code, out, err, junit = check(monkeypatch, tmp_path, [first, why, {}])

    assert exit_code == code
    assert [each["target"]["name"] for each in json.loads(out)["results"]] == ["desk0"]
    assert [suite.get("name") for suite in ET.parse(junit).getroot()] == ["health.desk0"]  # noqa: S314 -- our own
    assert "2 of 3 checks did not run: " in err
    assert "Traceback" not in err


def test_where_nothing_was_judged_the_command_was_not_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """As ever: nothing on stdout, one line, exit 2."""
    exit_code, out, err, junit = check(monkeypatch, tmp_path, [FULL_DISK, {}])

    assert (exit_code, out, junit.exists()) == (2, "", False)
    assert len(err.splitlines()) == 1
