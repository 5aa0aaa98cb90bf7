"""The contact sheet itself in a message: where it is wanted, and never at the cost of the words."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.notify.send import TIMEOUT_S, NotDelivered, Outbox
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


def test_a_receiver_that_breaks_off_at_the_picture_gets_the_words(tmp_path: Path, evidence: Path):
    """Without an answer nobody knows why: the next attempt is without it."""
    box = Mailbox(tmp_path)

    def breaks_off(url: SecretStr, body: bytes) -> None:
        if b"contact_sheet_png" in body:
            raise NotDelivered("the receiver was not reached (ConnectionResetError)")
        box.send(url, body)

    outbox = box.another(page_url=PAGE, evidence=evidence, showing=BOTH, send=breaks_off)
    [slack] = posted(box, outbox, sheet="s.png")
    box.clock.at += 10.0
    outbox.empty()

    assert images(slack), "the other channel waits for nothing and misses nothing"
    assert [body["title"] for _, body in box.sent[1:]] == [DOWN.title]


def test_a_letter_of_two_slow_sends_stays_with_its_sender(tmp_path: Path, evidence: Path):
    """A receiver that refuses the picture after ten seconds takes ten more for the words."""
    box = Mailbox(tmp_path)
    more = {"page_url": PAGE, "evidence": evidence, "showing": BOTH}

    def slow(url: SecretStr, body: bytes) -> None:
        box.clock.at += TIMEOUT_S
        if b"contact_sheet_png" in body:
            raise NotDelivered("the receiver answered HTTP 413", for_good=True)
        box.another(**more).empty()  # another watcher looks just before the answer comes
        box.send(url, body)

    arrived = posted(box, box.another(**more, send=slow), sheet="s.png")

    assert ["blocks" in body for body in arrived] == [True, False], "one of each, B by the other watcher"
