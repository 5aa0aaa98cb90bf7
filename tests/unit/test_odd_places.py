"""Environments in which a place cannot be meant: one line that says what to set, and exit 2."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from liveavatar_ops.doctor.finding import State
from liveavatar_ops.doctor.machine import check_state
from liveavatar_ops.health.settings import OpsSettings

COMMAND = [sys.executable, "-c", "from liveavatar_ops.cli import main; main()"]
ENV = {name: value for name, value in os.environ.items() if not name.startswith(("LIVEAVATAR_", "XDG_"))}
AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
CHECK = ("health", "check", "--avatar", AVATAR, "--depth", "api", "--no-evidence")
JANITOR, WATCH = ("health", "janitor"), ("health", "watch", "--template-file", "desk.yaml")
NOT_UTF8 = os.fsdecode(b"st\xff")


def run(
    tmp_path: Path, *words: str, before: Sequence[str] = (), **env: str
) -> "subprocess.CompletedProcess[str]":
    """A command with a key, in a folder that holds one template; `before` is a command that starts it."""
    (tmp_path / "desk.yaml").write_text(f"avatar_id: {AVATAR}\nmode: LITE\n")
    own = {"LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_API_URL": "http://127.0.0.1:1"}
    return subprocess.run(
        [*before, *COMMAND, *words], env=ENV | own | env, cwd=tmp_path,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [CHECK, JANITOR, WATCH, (*WATCH, "--dry-run")], ids=" ".join)
@pytest.mark.parametrize("state", ["~nobody-of-this-name/x", NOT_UTF8])
def test_a_state_folder_that_cannot_be_meant_is_one_line(tmp_path: Path, words: tuple[str, ...], state: str):
    """A container's user without a home, a name of another time: said before anything is started."""
    done = run(tmp_path, *words, LIVEAVATAR_OPS_STATE=state)

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "Set LIVEAVATAR_OPS_STATE to a folder." in line


def test_doctor_calls_such_a_folder_broken(monkeypatch: pytest.MonkeyPatch):
    """Among its other lines, instead of a traceback."""
    monkeypatch.setenv("LIVEAVATAR_OPS_STATE", "~nobody-of-this-name/x")
    found = check_state("State", lambda: OpsSettings().state_dir)

    assert found.state is State.BROKEN
    assert found.fix == "Set LIVEAVATAR_OPS_STATE to a folder."


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        pytest.param("TMPDIR", "{here}/" + NOT_UTF8, "TMPDIR", id="working folder"),
        pytest.param("LIVEAVATAR_API_URL", f"https://{NOT_UTF8}.example", "LIVEAVATAR_API_URL", id="address"),
    ],
)
def test_bytes_that_are_no_text_are_told_by_their_variable(
    tmp_path: Path, variable: str, value: str, named: str
):
    """They can be written neither into the ledger nor into a job."""
    (tmp_path / NOT_UTF8).mkdir()
    given = {variable: value.format(here=tmp_path), "LIVEAVATAR_OPS_STATE": str(tmp_path / "state")}
    done = run(tmp_path, *CHECK, **given)

    assert done.returncode == 2
    [line] = [line for line in done.stderr.splitlines() if line.startswith("liveavatar-ops: ")]
    assert named in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"), [(JANITOR, 2), (CHECK, 2), ((*WATCH, "--dry-run"), 1), (WATCH, 1)], ids=str
)
def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path, words: tuple[str, ...], code: int):
    """It is not the same as a ledger that holds nothing."""
    (tmp_path / "file").touch()
    done = run(tmp_path, *words, LIVEAVATAR_OPS_STATE=str(tmp_path / "file"))

    assert done.returncode == code
    [line] = done.stderr.splitlines()
    assert "LIVEAVATAR_OPS_STATE" in line
    assert "[Errno" not in line


def gone(tmp_path: Path) -> list[str]:
    """What starts a command in a working directory that is deleted before."""
    (place := tmp_path / "gone").mkdir()
    return ["bash", "-c", f'cd "{place}"; rmdir "{place}"; exec "$@"', "bash"]


@pytest.mark.parametrize(
    ("template", "named"),
    [
        pytest.param("{here}/desk.yaml", "--evidence: evidence cannot be found", id="evidence"),
        pytest.param("desk.yaml", "--template-file: desk.yaml cannot be found", id="template"),
        pytest.param("{here}/loop", "is a link that leads to itself", id="loop"),
    ],
)
def test_a_place_that_leads_nowhere_is_told_with_its_flag(tmp_path: Path, template: str, named: str):
    """The working directory was deleted, a link was made wrong."""
    (tmp_path / "loop").symlink_to("loop")
    typed = template.format(here=tmp_path)
    done = run(tmp_path, "health", "watch", "--template-file", typed, "--dry-run", before=gone(tmp_path))

    assert done.returncode == 2
    [line] = [line for line in done.stderr.splitlines() if line.startswith("liveavatar-ops: ")]
    assert named in line
    assert "Traceback" not in done.stderr


def test_doctor_tells_a_working_directory_that_is_gone(tmp_path: Path):
    """Whoever is sent to it must not be sent away; its other lines stand."""
    done = run(tmp_path, "doctor", "--json", before=gone(tmp_path))

    lines = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert "evidence cannot be written to" in lines["Evidence"]["sentence"]
    assert len(lines) > 10
