"""Where a command writes: tried before a session is paid for, and never the reason to lose a verdict."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liveavatar_ops.cli import _as_app
from liveavatar_ops.health.cli import app
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.places import file_problem, folder_problem
from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.rehearse.cli import rehearse
from tests.unit.health.test_cli import AVATAR, outcome

ENV = {"LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_API_URL": "http://127.0.0.1:1"}


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    file = tmp_path / "afile"
    file.write_text("kept")
    return file


def test_a_place_that_can_be_made_is_tried_and_left_as_it_was(tmp_path: Path):
    """Two folders deep; trying leaves neither of them behind."""
    assert folder_problem(tmp_path / "a" / "b") is None
    assert file_problem(tmp_path / "a" / "health.xml") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a\0b", "a/\0/b", "\ud800"])
def test_a_name_that_no_system_takes_is_told(tmp_path: Path, name: str):
    """As a place that cannot be written; nothing is raised, and nothing is left."""
    assert "name another place" in str(folder_problem(tmp_path / name))
    assert "name another place" in str(file_problem(tmp_path / name / "health.xml"))
    assert list(tmp_path.iterdir()) == []


def test_two_that_start_together_do_not_spoil_each_others_trial(tmp_path: Path):
    """Two watchers, or checks side by side, with one new folder for their evidence: no one is in the way."""
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(folder_problem, [tmp_path / "a" / "b"] * 400))

    assert set(found) == {None}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "why"), [("x" * 300, "file name too long"), ("nowhere", "no such file or directory")]
)
def test_a_name_that_cannot_be_made_is_told(name: str, why: str, tmp_path: Path):
    """Longer than a name may be, or a link that leads to nothing: one line, not a traceback."""
    (tmp_path / "nowhere").symlink_to(tmp_path / "not there")

    place = tmp_path / name

    assert folder_problem(place) == f"{place} cannot be written to: {why}; name another place"
    assert file_problem(place / "health.xml") == folder_problem(place)


@pytest.mark.parametrize("flags", [["--evidence", "{}"], ["--evidence", "{}/sub"], ["--junit", "{}/x.xml"]])
def test_a_file_in_the_way_is_refused_in_one_line_before_anything_is_asked(flags: list[str], a_file: Path):
    """Exit 2: nobody may read it as an unhealthy avatar. The address of the API answers nothing."""
    arguments = [flag.format(a_file) for flag in flags]

    checked = CliRunner().invoke(app, ["check", "--avatar", AVATAR, "--json", *arguments], env=ENV)
    rehearsed = CliRunner().invoke(_as_app(rehearse), arguments)

    for said in (checked, rehearsed):
        assert said.exit_code == 2
        assert said.stdout == ""
        assert len(said.stderr.splitlines()) == 1
        assert said.stderr.startswith(f"liveavatar-ops: {flags[0]}: {a_file}")
    assert a_file.read_text() == "kept"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder in which nobody may make anything")
@pytest.mark.parametrize("flags", [["--evidence", "/proc/nope"], ["--junit", "/proc/nope/x.xml"]])
def test_a_place_where_nobody_may_write_is_refused(flags: list[str]):
    """Not even root; permission bits tell nothing of it, so it is tried."""
    said = CliRunner().invoke(app, ["check", "--avatar", AVATAR, *flags], env=ENV)

    assert said.exit_code == 2
    assert f"{flags[0]}: /proc/nope cannot be written to" in said.stderr


def test_the_default_place_is_tried_too(a_file: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a flag the words say which flags there are."""
    a_file.rename(a_file.parent / "evidence")
    monkeypatch.chdir(a_file.parent)

    said = CliRunner().invoke(app, ["check", "--avatar", AVATAR], env=ENV)

    assert said.exit_code == 2
    assert "--evidence: evidence is a file; name a folder with --evidence, or leave it out" in said.stderr


def test_a_place_that_is_lost_later_costs_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """What was in order before the check is not after it: a warning each, and the result all the same."""
    output = Output(
        as_json=True, junit=tmp_path / "gone" / "health.xml", evidence=tmp_path / "kept", no_evidence=False
    )
    output.check_places()
    (tmp_path / "gone").write_text("in the way")
    (tmp_path / "kept").write_text("in the way")

    output.end(outcome(Verdict.UNHEALTHY))
    output.finish()

    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["judgement"]["verdict"] == "unhealthy"
    assert document["evidence"] == {}
    warned = said.err.splitlines()
    assert [row.partition(" could not")[0] for row in warned] == [
        f"liveavatar-ops: The evidence in {tmp_path / 'kept'}",
        f"liveavatar-ops: {tmp_path / 'gone' / 'health.xml'}",
    ]
