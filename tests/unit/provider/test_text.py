"""What an operator reads: one line, and no secret value in any disguise."""

import base64
import json
from urllib.parse import quote

import pytest

from pulumi_liveavatar.text import REDACTED, closest, one_line, scrub, shorten

KEY = 'sk-"unit"/key+with=all\\kinds%of<signs>&more'


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        json.dumps({"secret_value": KEY}),
        json.dumps(json.dumps(KEY)),
        f"/v1/x?key={quote(KEY, safe='')}",
        base64.b64encode(KEY.encode()).decode(),
        repr(KEY),
        f"it begins with {KEY[:16]}",
        f"it ends with {KEY[-14:]}",
        f"{KEY}{KEY}",
    ],
)
def test_a_value_is_taken_out_however_it_is_written(written: str) -> None:
    """No run of twelve characters of it survives."""
    said = scrub(written, [KEY])

    assert REDACTED in said
    assert not [at for at in range(len(KEY) - 12) if KEY[at : at + 12] in said]


def test_tokens_and_openai_keys_are_known_by_their_shape() -> None:
    """A value that nobody announced does not pass either."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

    said = scrub(f"bearer {token} and sk-proj-0123456789abcdefghij", [])

    assert said == f"bearer {REDACTED} and {REDACTED}"


def test_what_is_no_secret_stays_readable() -> None:
    """Scrubbing takes the value and nothing else; an empty value takes nothing."""
    said = scrub("LiveAvatar did not POST /v1/secrets: name too long", ["", "other-secret-value"])

    assert said == "LiveAvatar did not POST /v1/secrets: name too long"


def test_three_sentences_make_one_line() -> None:
    """Line ends of a server's answer do not survive; full stops are not doubled."""
    assert one_line("It failed", "The answer:\n no.", "Try again?") == "It failed. The answer: no. Try again?"
    assert one_line("It failed") == "It failed."


def test_a_long_answer_is_cut() -> None:
    """The end of the line says what to do, and must stay in sight."""
    assert shorten("x" * 1000, 10) == "x" * 9 + "…"


def test_only_a_near_word_is_suggested() -> None:
    """A far-fetched suggestion is worse than none."""
    assert closest("voise", ["voice", "model"]) == "did you mean 'voice'?"
    assert closest("zzz", ["voice", "model"]) == ""
