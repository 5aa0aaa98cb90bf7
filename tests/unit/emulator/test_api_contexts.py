"""Contexts, as callers of the API meet them (LiveAvatar API facts §2.2)."""

from collections.abc import Iterator

import pytest

from tests.support.emulator_in_process import NOBODY, Desk, desk

GOOD = {
    "name": "greeter",
    "prompt": "Greet ${guest_name} in ${city}.",
    "opening_text": "Hello ${guest_name}!",
    "links": [{"url": "https://example.com", "faq": "Where?"}],
}


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def test_what_was_created_reads_back_the_same(api: Desk) -> None:
    """
    Create and get give the same detail: every field, link ids, and the variables found in the texts.
    """
    made = api.data("POST", "/v1/contexts", GOOD)

    assert api.data("GET", f"/v1/contexts/{made['id']}") == made
    assert {name: made[name] for name in ("name", "prompt", "opening_text")} == {
        name: GOOD[name] for name in ("name", "prompt", "opening_text")
    }
    assert made["required_dynamic_variables"] == ["guest_name", "city"]
    assert set(made["links"][0]) == {"id", "url", "faq"}


def test_unknown_fields_are_dropped(api: Desk) -> None:
    """
    A field that the API does not know is accepted and gone.
    """
    made = api.data("POST", "/v1/contexts", {**GOOD, "llm_configuration_id": NOBODY})

    assert "llm_configuration_id" not in api.data("GET", f"/v1/contexts/{made['id']}")


def test_a_name_in_use_is_refused(api: Desk) -> None:
    """
    Names are unique: a second create, or a rename onto another's name, is 400 with the measured sentence.
    """
    api.context("taken")
    other = api.context("other")
    body = {"name": "taken", "prompt": "p", "opening_text": ""}

    for answer in (
        api.call("POST", "/v1/contexts", body),
        api.call("PATCH", f"/v1/contexts/{other}", body),
    ):
        assert answer.status_code == 400
        assert answer.json()["message"] == "Context with this name already exists"


def test_update_demands_the_whole_body_and_keeps_unnamed_links(api: Desk) -> None:
    """
    PATCH wants name, prompt and opening text; links stay unless named.
    """
    made = api.data("POST", "/v1/contexts", GOOD)
    path = f"/v1/contexts/{made['id']}"

    partial = api.call("PATCH", path, {"prompt": "Only this."})
    whole = api.data("PATCH", path, {"name": "greeter", "prompt": "New.", "opening_text": None})

    assert {tuple(one["loc"]) for one in partial.json()["detail"]} == {
        ("body", "name"),
        ("body", "opening_text"),
    }
    assert (whole["prompt"], whole["opening_text"], whole["links"]) == ("New.", None, made["links"])
    assert api.data("PATCH", path, {**GOOD, "links": []})["links"] == []


def test_opening_text_may_be_null_but_not_absent(api: Desk) -> None:
    """
    The field is required and nullable.
    """
    assert api.call("POST", "/v1/contexts", {"name": "a", "prompt": "p"}).status_code == 422
    assert (
        api.call("POST", "/v1/contexts", {"name": "a", "prompt": "p", "opening_text": None}).status_code
        == 200
    )


def test_a_deleted_context_is_gone(api: Desk) -> None:
    """
    Delete answers null; after it get, update and delete are 404.
    """
    made = api.context()
    body = {"name": "x", "prompt": "p", "opening_text": ""}

    assert api.data("DELETE", f"/v1/contexts/{made}") is None
    for method in ("GET", "PATCH", "DELETE"):
        assert api.call(method, f"/v1/contexts/{made}", body).status_code == 404


def test_an_id_that_is_no_uuid_is_422(api: Desk) -> None:
    """
    Paths take UUIDs only.
    """
    answer = api.call("GET", "/v1/contexts/greeter")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "context_id"]


def test_lists_come_in_pages(api: Desk) -> None:
    """
    Form P: count, next, previous, results; following ``next`` sees each object once.
    """
    names = {f"context-{number}" for number in range(45)}
    for name in names:
        api.context(name)

    page = api.data("GET", "/v1/contexts")
    assert (page["count"], len(page["results"]), page["previous"]) == (45, 20, None)
    assert "prompt" not in page["results"][0]
    seen = [one["name"] for one in page["results"]]
    while page["next"]:
        page = api.data("GET", page["next"])
        seen += [one["name"] for one in page["results"]]

    assert sorted(seen) == sorted(names)
    assert "page=2" in page["previous"]


@pytest.mark.parametrize("query", ["page=0", "page_size=0", "page_size=101", "page=x"])
def test_pages_out_of_range_are_422(api: Desk, query: str) -> None:
    """
    Page counts from 1, page_size is 1 to 100.
    """
    assert api.call("GET", f"/v1/contexts?{query}").status_code == 422
