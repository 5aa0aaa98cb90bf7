"""The contact sheet itself in a message: where it is wanted, and never at the cost of the words."""

import base64
from pathlib import Path

import pytest

from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.notify.send import NotDelivered, Outbox
from tests.support.fake_check import png
from tests.unit.schedule.test_messages import DOWN, PAGE, Mailbox

BOTH = ("webhook:A", "slack:B")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "s.png").write_bytes(png())
    return folder


def posted(box: Mailbox, outbox: Outbox, *, sheet: str) -> list[dict]:
    """One message to both channels, and what arrived."""
    message = DOWN.model_copy(update={"sheet": sheet})
    with box.database.writing() as db:
        for channel in BOTH:
            store.post(db, channel, "prod/desk", message.model_dump(mode="json"), box.clock.at)
    outbox.empty()
    return [body for _, body in box.sent]


def images(body: dict) -> list[str]:
    return [block["image_url"] for block in body["blocks"] if block["type"] == "image"]


def test_a_channel_that_wants_the_picture_gets_it(tmp_path: Path, evidence: Path):
    """A webhook in its JSON, Slack as an image at the status page."""
    box = Mailbox(tmp_path)
    plain, slack = posted(box, box.another(page_url=PAGE, evidence=evidence, showing=BOTH), sheet="s.png")

    assert base64.b64decode(plain["contact_sheet_png"]) == png()
    assert images(slack) == [f"{PAGE}sheets/17.png"]


def test_who_did_not_ask_gets_a_link(tmp_path: Path, evidence: Path):
    """As always."""
    box = Mailbox(tmp_path)
    plain, slack = posted(box, box.another(page_url=PAGE, evidence=evidence), sheet="s.png")

    assert "contact_sheet_png" not in plain
    assert images(slack) == []


@pytest.mark.parametrize("sheet", ["gone.png", "../w.sqlite3", "/etc/hostname"])
def test_only_a_sheet_of_the_evidence_folder_goes_out(tmp_path: Path, evidence: Path, sheet: str):
    """Whatever a result names."""
    box = Mailbox(tmp_path)
    plain, slack = posted(box, box.another(page_url=PAGE, evidence=evidence, showing=BOTH), sheet=sheet)

    assert "contact_sheet_png" not in plain
    assert images(slack) == []


def test_a_receiver_that_refuses_the_picture_gets_the_words(tmp_path: Path, evidence: Path):
    """Slack refuses a message whose image it cannot fetch; another finds it too large."""
    refused = NotDelivered("the receiver answered HTTP 400", for_good=True)
    box = Mailbox(tmp_path, refused, None, refused)
    plain, slack = posted(box, box.another(page_url=PAGE, evidence=evidence, showing=BOTH), sheet="s.png")

    assert plain["title"] == DOWN.title
    assert "contact_sheet_png" not in plain
    assert images(slack) == []
