"""What an avatar may be told."""

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE as UNKNOWN

from rules import contexts as rules
from tokens import CONTEXT, SECRET

from .asking import says


@pytest.mark.parametrize(
    ("props", "violations"),
    [
        pytest.param({}, 1, id="absent"),
        pytest.param({"prompt": ""}, 1, id="empty"),
        pytest.param({"prompt": " \n\t"}, 1, id="blank"),
        pytest.param({"prompt": "You greet people."}, 0, id="given"),
        pytest.param({"prompt": UNKNOWN}, 0, id="not known in preview"),
    ],
)
def test_a_prompt_says_something(props: dict[str, object], violations: int) -> None:
    """
    A context without instructions is refused before an avatar is nobody.
    """
    assert len(says(rules.prompt_is_not_empty, CONTEXT, props)) == violations


LEAKS = {
    "OpenAI": "sk-proj-Zm9vYmFyYmF6cXV4",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "Google": "AIzaSyA-0123456789abcdefghijklmnopqrstu",
    "GitHub": "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    "Slack": "xoxb-123456789012-abcdef",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "private key": "-----BEGIN RSA PRIVATE KEY-----",
    "password": "The password is Harbour2024lights",
    "api key": 'api_key = "9f8e7d6c5b4a39281706"',
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
@pytest.mark.parametrize("place", ["prompt", "opening_text"])
def test_a_secret_in_a_text_is_refused_and_not_repeated(place: str, leak: str) -> None:
    """
    The message tells property and line, never what was found.
    """
    [message] = says(rules.no_secrets_in_texts, CONTEXT, {place: f"Be kind.\nUse {leak} for bookings."})

    assert f"{place}, line 2," in message
    assert "greeter" in message
    assert leak not in message
    assert leak[-8:] not in message


def test_links_are_read_too_and_all_mistakes_are_told() -> None:
    """
    Each place has its own message; one that is not known yet hides none.
    """
    props = {
        "prompt": UNKNOWN,
        "opening_text": LEAKS["AWS"],
        "links": [{"url": UNKNOWN, "faq": "Hours?"}, {"url": f"https://x.example/?k={LEAKS['OpenAI']}"}],
    }

    said = says(rules.no_secrets_in_texts, CONTEXT, props)

    assert len(said) == 2
    assert "opening_text, line 1" in said[0]
    assert "links.1.url, line 1" in said[1]


@pytest.mark.parametrize(
    "text",
    [
        "Ask for the risk-assessment-questionnaire-of-2024.",
        "What you never do: take passwords or card numbers by voice. A token: of our thanks.",
        "The secret is a warm welcome, and breakfast from 6:30 to 10:30.",
        "Room key: hand it over at the desk; password resets are done by colleagues.",
        "Say task-force-alpha-0123456789 if asked.",
    ],
)
def test_ordinary_prose_is_let_through(text: str) -> None:
    """
    A rule that cries wolf is switched off; these sentences are harmless.
    """
    assert says(rules.no_secrets_in_texts, CONTEXT, {"prompt": text}) == []


def test_a_secrets_own_value_is_no_text() -> None:
    """
    The kind that exists to hold a key is not scolded for holding one.
    """
    assert says(rules.no_secrets_in_texts, SECRET, {"prompt": LEAKS["OpenAI"]}) == []
