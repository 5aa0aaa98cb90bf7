"""Where results go: stdout that a program can read, and evidence of several checks kept apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.health.output import Output
from liveavatar_ops.health.plan import Usage
from liveavatar_ops.health.verdicts import Verdict
from tests.support.health_outcome import outcome


def output(tmp_path: Path, **how: Any) -> Output:
    return Output(
        as_json=how.get("as_json", True),
        junit=how.get("junit"),
        evidence=how.get("evidence"),
        no_evidence=how.get("no_evidence", False),
    )


def test_json_on_stdout_is_one_document_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Progress and sweeping say nothing there."""
    to = output(tmp_path, no_evidence=True)
    one = outcome(Verdict.HEALTHY)
    to.begin(one.planned)
    to.phase("look")
    to.end(one)
    to.finish()

    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "liveavatar-ops.health.result/1"
    assert document["judgement"]["verdict"] == "healthy"
    assert document["target"]["name"] == "desk"


def test_json_of_several_checks_lists_their_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """In the order in which they ran."""
    to = output(tmp_path, no_evidence=True)
    to.several = True
    both = [outcome(Verdict.HEALTHY, "a"), outcome(Verdict.UNHEALTHY, "b")]
    for each in both:
        to.end(each)
    to.finish()

    results = json.loads(capsys.readouterr().out)["results"]
    assert [each["judgement"]["verdict"] for each in results] == ["healthy", "unhealthy"]


def test_evidence_of_several_targets_goes_into_a_folder_each(tmp_path: Path):
    """One check writes into the folder named; two would overwrite each other."""
    folder = tmp_path / "ev"
    to = output(tmp_path, evidence=folder)
    to.end(outcome(Verdict.HEALTHY, "only"))
    to.several = True
    to.end(outcome(Verdict.HEALTHY, "front desk/1"))

    assert (folder / "result.json").is_file()
    assert (folder / "front-desk-1" / "result.json").is_file()
    assert json.loads((folder / "result.json").read_text())["evidence"]["result"] == str(
        folder / "result.json"
    )


def test_two_templates_of_one_name_keep_their_evidence_apart(tmp_path: Path):
    """`a/desk.yaml` and `b/desk.yaml` are both called desk."""
    to = output(tmp_path, evidence=tmp_path / "ev")
    to.several = True
    for verdict in (Verdict.HEALTHY, Verdict.UNHEALTHY):
        to.end(outcome(verdict, "desk"))

    kept = [json.loads((tmp_path / "ev" / name / "result.json").read_text()) for name in ("desk", "desk-2")]
    assert [each["judgement"]["verdict"] for each in kept] == ["healthy", "unhealthy"]


def test_a_place_that_cannot_be_written_is_refused_before_a_session_is_paid_for(tmp_path: Path):
    """A file where a folder should be, and a folder where a file should be."""
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(Usage) as raised:
        output(tmp_path, evidence=file, junit=tmp_path).check_places()

    assert len(raised.value.problems) == 2


def test_nothing_is_said_of_stopping_where_nothing_was_opened(capsys: pytest.CaptureFixture[str]):
    """Depth api opens no session; after one that did, the words are there again."""
    to = Output(as_json=False, junit=None, evidence=None, no_evidence=True)
    for phases in (["look", "stop"], ["look", "open", "stop"], ["look", "stop"]):
        to.begin(outcome(Verdict.HEALTHY).planned)
        for phase in phases:
            to.phase(phase)

    assert capsys.readouterr().err.count("stopping the session") == 1
