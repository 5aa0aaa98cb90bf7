"""Where results go when a place does not take them: the verdict is said, and nothing stale stays."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from liveavatar_ops.health.checking import Outcome
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.plan import Planned
from liveavatar_ops.health.runner import Checked
from liveavatar_ops.health.target import from_flags
from tests.support.health_evidence import pictures
from tests.support.health_facts import healthy

CLIP = b"a clip"


def outcome(*, clip: bytes | None = CLIP, seen: int = 4) -> Outcome:
    target = from_flags({"avatar": "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a", "sandbox": True})
    facts = healthy()
    return Outcome(Planned(target, Limits()), Checked(facts, pictures(seen), clip), judge(facts, Limits()))


def output(folder: Path | None, *, as_json: bool = True) -> Output:
    return Output(as_json=as_json, junit=None, evidence=folder, no_evidence=folder is None)


def test_a_folder_of_evidence_holds_one_check(tmp_path: Path):
    """An old sheet beside a new verdict would go into the ticket; what is not ours stays."""
    (tmp_path / "notes.txt").write_text("mine")
    output(tmp_path).end(outcome())
    first = {each.name for each in tmp_path.iterdir()}
    output(tmp_path).end(outcome(clip=None, seen=0))
    second = {each.name for each in tmp_path.iterdir()}

    assert {"contact-sheet.png", "clip.mp4"} <= first
    assert second == {"notes.txt", "result.json", "report.html", "timeline.svg"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_verdict_that_cannot_be_printed_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
):
    """The check was made and paid for; its exit code stands."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 (the device, not a path of ours)
        monkeypatch.setattr(sys, "stdout", full)
        out = output(None, as_json=as_json)
        out.end(outcome())
        out.finish()
    said = capsys.readouterr().err

    assert said == (
        "liveavatar-ops: The result could not be printed (reception: healthy): no space left on device. "
        "The verdict stands without it.\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("as_json", [True, False])
def test_every_verdict_that_cannot_be_printed_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
):
    """Not only that of the first check."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 (the device, not a path of ours)
        monkeypatch.setattr(sys, "stdout", full)
        out = output(None, as_json=as_json)
        out.several = True
        out.end(outcome())
        out.end(outcome())
        out.finish()

    assert capsys.readouterr().err.count("could not be printed (reception: healthy)") == 2


def test_a_result_of_several_is_printed_as_soon_as_it_is_there(capsys: pytest.CaptureFixture[str]):
    """Each is a line that can be read by itself; a command that is interrupted ends the document."""
    out = output(None)
    out.several = True
    out.end(outcome())
    first = capsys.readouterr().out
    out.end(outcome())
    second = capsys.readouterr().out
    out.interrupted(healthy())
    whole = first + second + capsys.readouterr().out

    assert json.loads(first.splitlines()[-1])["judgement"]["verdict"] == "healthy"
    assert json.loads(second.splitlines()[-1])["judgement"]["verdict"] == "healthy"
    assert len(json.loads(whole)["results"]) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("words", [("health", "explain"), ("rehearse", "--list"), ("--help",)])
def test_output_that_cannot_be_written_ends_with_a_sentence(words: tuple[str, ...]):
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 (as above)
        code = "from liveavatar_ops.cli import main; main()"
        ended = subprocess.run(
            [sys.executable, "-c", code, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert ended.returncode == 2
    assert ended.stderr == "liveavatar-ops: the output could not be written: No space left on device.\n"


def test_a_reader_that_has_read_enough_is_told_nothing():
    code = "from liveavatar_ops.cli import main; main()"
    lister = subprocess.Popen(
        [sys.executable, "-c", code, "health", "explain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert lister.stdout is not None
    lister.stdout.close()
    assert lister.stderr is not None
    said = lister.stderr.read()
    lister.stderr.close()
    lister.wait()

    assert said == b""


def test_a_file_that_does_not_fit_leaves_no_half_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It would keep the disk full."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "result.json", "{}")

    assert list(tmp_path.iterdir()) == []
