"""Who may call what, how often, and from where (LiveAvatar API facts §1, §4)."""

from collections.abc import Iterator

import pytest

from tests.support.emulator_in_process import NOBODY, Desk, desk

KEYED = [
    ("GET", "/v1/secrets"),
    ("POST", "/v1/secrets"),
    ("DELETE", f"/v1/secrets/{NOBODY}"),
    ("GET", "/v1/contexts"),
    ("PATCH", f"/v1/contexts/{NOBODY}"),
    ("GET", "/v1/llm-configurations"),
    ("GET", "/v1/voices"),
    ("POST", "/v1/voices/third_party"),
    ("GET", "/v1/avatars"),
    ("GET", f"/v1/avatars/{NOBODY}"),
    ("POST", "/v2/embeddings"),
    ("GET", "/v1/voice_agents"),
    ("GET", "/v1/memory"),
    ("GET", "/v1/users/credits"),
    ("POST", "/v1/sessions/token"),
    ("GET", "/v1/sessions?type=active"),
    ("GET", f"/v1/sessions/{NOBODY}"),
    ("GET", f"/v1/sessions/{NOBODY}/transcript"),
]


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_the_account_needs_its_key(api: Desk, method: str, path: str) -> None:
    """
    Without the key, with a wrong one, and with a session token: 401 in an envelope.
    """
    _, holder = api.minted()

    for headers in ({}, {"X-API-KEY": "wrong"}, holder):
        answer = api.call(method, path, key=False, headers=headers)
        assert answer.status_code == 401
        assert set(answer.json()) == {"code", "data", "message"}


@pytest.mark.parametrize("path", ["/v1/avatars/public", "/v1/languages", "/v1/llm-models"])
def test_what_is_everybodys_needs_no_key(api: Desk, path: str) -> None:
    """
    Three endpoints answer without credentials.
    """
    assert api.call("GET", path, key=False).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-API-KEY": "a-key-for-tests"}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Bearer"}],
)
def test_start_needs_a_session_token(api: Desk, headers: dict[str, str]) -> None:
    """
    Only a session token starts a session, not the API key.
    """
    assert api.call("POST", "/v1/sessions/start", key=False, headers=headers).status_code == 401


def test_a_forged_or_old_token_starts_nothing(api: Desk) -> None:
    """
    A token of another signer, and one past its end, are 401.
    """
    session_id, holder = api.minted()
    head, body, _ = holder["Authorization"].split(".")
    forged = {"Authorization": f"{head}.{body}.{'A' * 43}"}

    assert api.call("POST", "/v1/sessions/start", key=False, headers=forged).status_code == 401
    assert api.session(session_id)["status"] == "minted"


def test_header_names_ignore_case(api: Desk) -> None:
    """
    ``x-api-key`` is as good as ``X-API-KEY``.
    """
    answer = api.call("GET", "/v1/secrets", key=False, headers={"x-api-key": "a-key-for-tests"})

    assert answer.status_code == 200


def test_too_many_calls_in_a_second_are_told_to_wait() -> None:
    """
    Per key and endpoint, in windows of one second, path parameters ignored; answers say where one stands.
    """
    api = desk(calls_a_second=3)
    with api.http:
        answers = [api.call("GET", f"/v1/contexts/0000000{n}-0000-4000-8000-000000000000") for n in range(5)]
        other_endpoint = api.call("GET", "/v1/secrets")
        other_caller = api.call("GET", f"/v1/contexts/{NOBODY}", key=False)
        api.clock.advance(1)
        next_second = api.call("GET", f"/v1/contexts/{NOBODY}")

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert [answer.headers.get("Retry-After") for answer in answers] == [None, None, None, "1", "1"]
    assert {answer.headers["X-RateLimit-Reset"] for answer in answers} == {"1"}
    assert [other_endpoint.status_code, other_caller.status_code, next_second.status_code] == [200, 401, 404]


def test_a_browser_page_may_call(api: Desk) -> None:
    """
    CORS names the page's own origin (the web SDK sends credentials), also on refusals, lets a page read the
    rate-limit headers, and keeps the admin API closed.
    """
    page = {"Origin": "http://page.example"}
    asked = api.http.options(
        "/v1/sessions/start",
        headers={
            "Origin": "http://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    refused = api.call("POST", "/v1/sessions/start", key=False, headers=page)
    admin = api.call("GET", "/_emulator/account", headers=page)

    assert asked.status_code == 200
    assert refused.status_code == 401
    for answer in (asked, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Access-Control-Allow-Origin" not in admin.headers
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]


def test_a_body_that_is_no_json_is_422(api: Desk) -> None:
    """
    Broken JSON is a validation problem, not a crash.
    """
    answer = api.http.post(
        "/v1/contexts", content="{", headers={**api.key, "Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "json_invalid"
