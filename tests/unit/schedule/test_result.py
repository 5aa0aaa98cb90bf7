"""What a check printed, and what of it counts."""

import json

import pytest

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule.result import overdue, read_outcome
from tests.support.watching import document


def read(doc=None, *, out: bytes | None = None, err: bytes = b"", code: int = 0, **more):
    return read_outcome(json.dumps(doc).encode() if out is None else out, err, code, **more)


def test_figures_come_from_the_document():
    """First frame counts from joining; credits by the price list, as customers move the balance, too."""
    found = read(document("unhealthy", "frozen"))

    assert (found.verdict, found.cause, found.headline) == (Verdict.UNHEALTHY, "frozen", "frozen!")
    assert (found.first_frame_s, found.fps, found.longest_gap_s, found.credits) == (1.5, 24.9, 0.08, 1.0)


def test_a_note_is_no_headline():
    """It decides nothing: a message that an avatar is up again would else speak of our own busy machine."""
    note = {"cause": "own_host", "severity": "note", "sentence": "Our own machine did not keep up."}
    well, ill = document(), document("unhealthy", "frozen")
    for doc in (well, ill):
        doc["judgement"]["reasons"].insert(0, note)

    assert read(well).headline == ""
    assert read(ill).headline == "frozen!"


def test_paths_of_evidence_are_found():
    """By the names that the check gives them."""
    doc = {**document(), "evidence": {"folder": "/e", "result": "/e/r.json", "contact_sheet": "/e/sheet.png"}}
    doc["evidence"]["report"] = "/e/report.html"
    found = read(doc)

    assert (found.evidence, found.sheet, found.report) == ("/e", "/e/sheet.png", "/e/report.html")


def test_a_newer_document_still_counts():
    """Fields that this version does not know are left alone."""
    doc = {**document(), "surprise": {"a": 1}, "facts": {**document()["facts"], "more": []}}

    assert read(doc).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("out", "err", "code", "cause", "part"),
    [
        (b"", b"Traceback\n  x\nKeyError: 'a'\n", 1, "own_host", "gave no result: KeyError: 'a'"),
        (b"", b"liveavatar-ops: --depth: no such depth\n", 2, "configuration", "--depth: no such depth"),
        (b"", b"", -9, "own_host", "was ended by signal 9 and gave no result: it said nothing"),
        (b"not JSON", b"", 0, "own_host", "not JSON"),
        (b'{"schema": "another/1"}', b"", 0, "own_host", "another/1"),
        (b'{"schema": "liveavatar-ops.health.result/1"}', b"", 0, "own_host", "gave no result"),
        (b'{"schema": "liveavatar-ops.health.result/1", "judgement": {"verdict": "fine"}}', b"", 0,
         "own_host", ""),
        (b"[1]", b"", 0, "own_host", ""),
    ],
)  # fmt: skip
def test_without_a_result_the_check_is_inconclusive(out, err, code, cause, part):
    """A check that broke says nothing about the avatar."""
    found = read(out=out, err=err, code=code)

    assert (found.verdict, found.cause, found.credits) == (Verdict.INCONCLUSIVE, cause, None)
    assert part in found.headline


@pytest.mark.parametrize(
    ("code", "cut_off"),
    [(0, True), (1, True), (-9, True), (-11, True), (2, False), (127, False), (143, False)],
)
def test_only_who_died_may_have_left_a_session_open(code, cut_off):
    """A wrong command line started nothing, and a check that was asked to end stopped its session first."""
    assert read(out=b"", err=b"!", code=code).cut_off is cut_off
    assert not read(document(), code=code).cut_off
    assert overdue(300.0).cut_off


def test_last_words_are_scrubbed():
    """They may hold anything."""
    found = read(
        out=b"", err=b"401 for key sk-live-0123456789abcdef", code=1, secrets=("sk-live-0123456789abcdef",)
    )

    assert "0123456789" not in found.headline


def test_quota_is_told_apart():
    """Only an inconclusive check can be the account's fault."""
    quota = read(document("inconclusive", "quota"))
    waiting = document("inconclusive", "quota")
    waiting["facts"]["refusal"] = {"retry_after_s": 40}

    assert quota.quota
    assert not read(document("unhealthy", "frozen")).quota
    assert read(waiting).retry_after_s == 40


def test_a_check_that_was_refused_on_its_way_is_told_apart():
    """It had no session, however conclusive it was."""
    refused = document("unhealthy", "vendor_api")
    refused["facts"]["refusal"] = {"step": "token", "error": "ServerFault", "sentence": "It answered 500."}

    assert read(refused).refused
    assert not read(document("unhealthy", "frozen")).refused


@pytest.mark.parametrize("frames", [{"frames": 0, "first_frame_s": None}, {"fps_eff": "NaN", "fps": None}])
def test_what_was_not_seen_is_none(frames):
    """Never 0, which would look like a measurement."""
    found = read(document("unhealthy", "no_video", **frames))

    assert (found.first_frame_s if "frames" in frames else found.fps) is None
