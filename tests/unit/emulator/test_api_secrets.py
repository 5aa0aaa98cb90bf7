"""Secrets, as callers of the API meet them (LiveAvatar API facts §2.1)."""

from collections.abc import Iterator

import pytest

from tests.support.emulator_in_process import Desk, desk

GOOD = {"secret_name": "openai", "secret_type": "OPENAI_API_KEY", "secret_value": "sk-very-secret-value"}


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def test_create_answers_200_with_id_and_name_only(api: Desk) -> None:
    """
    A create answers 200 (not 201) and never repeats the value.
    """
    answer = api.call("POST", "/v1/secrets", GOOD)

    assert answer.status_code == 200
    assert set(answer.json()["data"]) == {"id", "secret_name"}


def test_the_value_is_never_told(api: Desk) -> None:
    """
    No answer of any endpoint holds a secret's value, not even one that refuses a bad body.
    """
    api.call("POST", "/v1/secrets", GOOD)
    without_name = {name: GOOD[name] for name in ("secret_type", "secret_value")}
    answers = [
        api.call("GET", "/v1/secrets"),
        api.call("POST", "/v1/secrets", without_name),
        api.call("POST", "/v1/secrets", {**GOOD, "secret_type": "NO_SUCH_TYPE"}),
        api.call("GET", "/_emulator/calls"),
    ]

    assert [answer.status_code for answer in answers] == [200, 422, 422, 200]
    assert all("sk-very-secret-value" not in answer.text for answer in answers)


def test_one_name_may_be_used_twice(api: Desk) -> None:
    """
    Names are not unique: two creates give two ids.
    """
    made = {api.data("POST", "/v1/secrets", GOOD)["id"] for _ in range(2)}

    assert {one["id"] for one in api.data("GET", "/v1/secrets")} == made
    assert len(made) == 2


def test_the_list_is_newest_first_and_has_no_pages(api: Desk) -> None:
    """
    The list is a plain array of id, name, type and time.
    """
    for name in ("first", "second"):
        api.secret(name)
        api.clock.advance(1)

    listed = api.data("GET", "/v1/secrets")

    assert [one["secret_name"] for one in listed] == ["second", "first"]
    assert set(listed[0]) == {"id", "secret_name", "secret_type", "created_at"}


def test_deleting_forgets_and_twice_is_404(api: Desk) -> None:
    """
    A delete answers null; an unknown id is not there.
    """
    made = api.secret()

    assert api.data("DELETE", f"/v1/secrets/{made}") is None
    assert api.data("GET", "/v1/secrets") == []
    gone = api.call("DELETE", f"/v1/secrets/{made}")
    assert (gone.status_code, gone.json()["code"]) == (404, 404)


@pytest.mark.parametrize("method", ["PATCH", "PUT", "GET"])
def test_a_secret_cannot_be_changed_or_read(api: Desk, method: str) -> None:
    """
    There is no update and no get-one: 405.
    """
    assert api.call(method, f"/v1/secrets/{api.secret()}").status_code == 405


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"secret_name": ""}, "secret_name"),
        ({"secret_name": "n" * 256}, "secret_name"),
        ({"secret_value": ""}, "secret_value"),
        ({"secret_type": "LLM_API_KEY"}, "secret_type"),
        ({"secret_type": None}, "secret_type"),
    ],
)
def test_a_bad_field_is_named(api: Desk, change: dict[str, object], where: str) -> None:
    """
    A shape that does not fit is 422 with a list that names the field.
    """
    answer = api.call("POST", "/v1/secrets", {**GOOD, **change})

    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", where]]


@pytest.mark.parametrize(
    "kind", ["OPENAI_API_KEY", "ELEVENLABS_API_KEY", "GEMINI_API_KEY", "CARTESIA_API_KEY"]
)
def test_every_known_type_is_taken(api: Desk, kind: str) -> None:
    """
    The enum holds the four documented types.
    """
    assert api.call("POST", "/v1/secrets", {**GOOD, "secret_type": kind}).status_code == 200
