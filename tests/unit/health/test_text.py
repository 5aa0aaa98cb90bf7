"""Text that is no text: whatever a service, a file or a participant calls itself, reports can be read."""

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET  # the documents are our own

import pytest

from liveavatar_ops.health.checking import Outcome
from liveavatar_ops.health.facts import Depth, Facts, Refusal
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.output import Output
from liveavatar_ops.health.owner import this_process
from liveavatar_ops.health.plan import Planned
from liveavatar_ops.health.room_events import event_of
from liveavatar_ops.health.runner import Checked
from liveavatar_ops.health.target import from_file, from_flags
from pulumi_liveavatar.text import clean, shorten
from tests.support.health_evidence import pictures
from tests.support.health_facts import healthy

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
NO_TEXT = {
    "half a pair": "a\ud83d",
    "nul": "a\x00",
    "escape": "\x1b[31mred",
    "vertical tab": "a\x0bb",
    "no character": "a\uffff",
    "one byte csi": "\x9b31m",
    "undecoded byte": "caf\udce9",
}


def of_event(text: str) -> Facts:
    """Type and reason of an event, as JSON escapes bring them."""
    said = json.dumps({"event_type": f"session.{text}", "end_reason": text}).encode()
    event = event_of(said, 3.0, text)
    assert event is not None
    return healthy(Depth.CONVERSATION, events=(event,))


def of_refusal(text: str) -> Facts:
    return healthy(
        refusal=Refusal(step="start", error="ServerFault", sentence=f"It said {text}.", status=500)
    )


def of_room(text: str) -> Facts:
    return healthy(room={"disconnect_reason": text, "disconnected_s": 9.0, "participants": ("heygen", text)})


def of_target(text: str) -> Facts:
    return healthy(target={"name": text, "template": text})


def of_notes(text: str) -> Facts:
    return healthy(notes=(text,), probe_failure=text)


@pytest.mark.parametrize("text", NO_TEXT.values(), ids=NO_TEXT)
@pytest.mark.parametrize("where", [of_event, of_refusal, of_room, of_target, of_notes])
def test_every_file_of_a_check_can_be_read_back(where, text, tmp_path: Path, capsys):
    """Whoever reads a verdict that was paid for: a program, CI, a browser, a terminal."""
    facts, folder, junit = where(text), tmp_path / "evidence", tmp_path / "health.xml"
    planned = Planned(from_flags({"avatar": AVATAR}), Limits())
    out = Output(as_json=True, junit=junit, evidence=folder, no_evidence=False)

    out.end(Outcome(planned, Checked(facts, pictures(1)), judge(facts, Limits())))
    out.finish()
    said = capsys.readouterr()

    assert said.err == ""
    assert json.loads(said.out)["judgement"] == json.loads((folder / "result.json").read_text())["judgement"]
    ET.parse(junit)  # noqa: S314 -- our own
    ET.parse(folder / "timeline.svg")  # noqa: S314 -- our own
    page = (folder / "report.html").read_text(encoding="utf-8")
    HTMLParser().feed(page)
    assert clean(page) == page
    Facts.model_validate_json(facts.model_dump_json())


def test_a_template_whose_name_is_not_utf_8_has_a_name_for_the_ledger(tmp_path: Path, ledger: Ledger):
    """The file is found by its bytes; the ledger, the result and the folder hold text."""
    file = os.fsencode(tmp_path) + b"/caf\xe9.yaml"
    try:
        Path(os.fsdecode(file)).write_text(f"avatar_id: {AVATAR}\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")

    target = from_file(Path(os.fsdecode(file)))
    facts = target.facts(Depth.VIDEO)
    ledger.plan(
        "check", target=facts.name, api_url="http://127.0.0.1", parent=this_process(), deadline_at=1.0
    )

    assert target.name == facts.name == facts.template == "caf\ufffd"


def test_evidence_that_fails_for_a_reason_nobody_thought_of_costs_no_verdict(
    tmp_path: Path, capsys, monkeypatch
):
    def broken(*_args: object) -> None:
        raise ValueError("no such glyph")

    monkeypatch.setattr("liveavatar_ops.health.evidence.timeline.write_timeline", broken)
    facts = healthy()
    planned = Planned(from_flags({"avatar": AVATAR}), Limits())
    out = Output(as_json=True, junit=tmp_path / "x.xml", evidence=tmp_path, no_evidence=False)
    monkeypatch.setattr("liveavatar_ops.health.report.junit.junit_text", lambda *_args, **_more: broken())

    out.end(Outcome(planned, Checked(facts, []), judge(facts, Limits())))
    out.finish()
    said = capsys.readouterr()

    assert json.loads(said.out)["judgement"]["verdict"] == "healthy"
    why = "ValueError: no such glyph. The verdict stands without it."
    assert said.err.splitlines() == [
        f"liveavatar-ops: The evidence in {tmp_path} could not be written to its end: {why}",
        f"liveavatar-ops: {tmp_path / 'x.xml'} could not be written: {why}",
    ]


def test_clean_leaves_what_people_write():
    """Tabs and line ends, every script, emoji whole."""
    text = "Zoë\tsays\r\n«早上好» 🙂 \u200f"

    assert clean(text) == text
    assert shorten("a\x00b " * 3, 6) == "a\ufffdb a…"
