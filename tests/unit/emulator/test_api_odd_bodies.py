"""Bodies that no client should send: refused by what is wrong with them, and the next call is well."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.support.emulator_in_process import INES, JUNE, NOBODY, Desk, desk

HALF = r'"\ud800"'
ODD = (
    "null", "true", "7", "-1", "1.5", "1e999", "NaN", "1" + "0" * 400, "1" + "0" * 5000, '""', '"word"', HALF,
    r'"\u0000"', "[]", "[[1]]", "{}", '{"a": {"b": [null]}}', r'{"\ud800": 1}', '{"a": NaN}', '"1e9999999"',
    "[" * 300 + "]" * 300, '{"a": ' * 150 + "1" + "}" * 150,
)  # fmt: skip
RAW = (
    b"",
    b"{",
    b"[",
    b"null",
    b"[]",
    b'"x"',
    b"NaN",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"\xff\xfe",
    b"\x00",
)
READ = (
    "/_emulator/sessions", "/_emulator/faults", "/_emulator/account", "/_emulator/calls", "/v1/contexts",
    "/v1/secrets", "/v1/voices?voice_type=private", "/v1/llm-configurations", "/v1/avatars", "/v1/memory",
    "/v1/sessions?type=active", "/v1/sessions?type=historic", "/v1/users/credits",
)  # fmt: skip
LINK = {"url": "u", "faq": "f"}
AGENT = {"secret_id": "SECRET", "agent_id": "a", "dynamic_variables": {"a": 1.5}}
CALLS = {"on": "call", "method": "GET", "path": "^/x", "times": 1, "after_calls": 1}
CONNECTOR = {"secret_id": "SECRET", "context_id": "CONTEXT", "voice": "ash", "temperature": 1, "model": "m"}
PERSONA = {
    "voice_id": NOBODY,
    "context_id": "CONTEXT",
    "language": "en",
    "voice_settings": {"speed": 1},
    "stt_config": {"provider": "gladia"},
    "llm_settings": {"provider": "openai", "model": "gpt-4o-mini"},
}
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/secrets", {"secret_name": "s", "secret_value": "v", "secret_type": "OPENAI_API_KEY"}),
    ("POST", "/v1/contexts", {"name": "n", "prompt": "p", "opening_text": "", "links": [LINK]}),
    ("PATCH", "/v1/contexts/CONTEXT", {"name": "n", "prompt": "p", "opening_text": ""}),
    ("POST", "/v1/llm-configurations", {"display_name": "d", "model_name": "m", "secret_id": "SECRET"}),
    ("POST", "/v1/voices/third_party", {"provider_voice_id": "p", "secret_id": "SECRET", "name": "n"}),
    ("POST", "/v1/memory", {"memory_type": "session", "session_id": "SESSION"}),
    ("POST", "/v1/feedback/agents", {"feedback_data": {"use_case": "u"}}),
    ("POST", "/v2/embeddings", {"avatar_id": JUNE, "context_id": "CONTEXT", "max_session_duration": 5}),
    ("POST", "/v1/sessions/token", {"mode": "LITE", "avatar_id": JUNE, "openai_realtime_config": CONNECTOR}),
    ("POST", "/v1/sessions/token", {"mode": "FULL", "avatar_id": JUNE, "avatar_persona": PERSONA}),
    (
        "POST",
        "/v1/sessions/token",
        {"mode": "LITE", "avatar_id": JUNE, "video_settings": {"quality": "high"}, "max_session_duration": 9},
    ),
    (
        "POST",
        "/v1/sessions/token",
        {
            "mode": "LITE",
            "avatar_id": JUNE,
            "cartesia_agent_config": AGENT,
        },
    ),
    ("POST", "/v1/sessions/stop", {"session_id": NOBODY, "reason": "USER_CLOSED"}),
    ("POST", "/v1/sessions/keep-alive", {"session_id": "SESSION"}),
    ("PATCH", f"/v1/avatars/{INES}", {"name": "n", "default_voice_id": NOBODY}),
    (
        "POST",
        "/_emulator/faults",
        {"fault": {"name": "rate_limit"}, **CALLS},
    ),
    ("POST", "/_emulator/faults", {"fault": {"name": "early_end", "after_s": 9, "reason": "NO_CREDITS"}}),
    ("POST", "/_emulator/faults", {"fault": {"name": "rate_limit", "retry_after_s": 1}, "path": "^/x"}),
    ("POST", "/_emulator/faults", {"fault": {"name": "frozen", "after_s": 9}, "session_id": "SESSION"}),
    ("PATCH", "/_emulator/account", {"credits": 500, "concurrency": 9}),
]  # fmt: skip


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk(calls_a_second=10**9)
    made.http = TestClient(made.http.app, raise_server_exceptions=False)
    with made.http:
        yield made


def places(body: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a body."""
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        yield (*way, key)
        if isinstance(value, dict | list):
            yield from places(value, (*way, key))


def with_odd(body: dict[str, Any], way: tuple[Any, ...], odd: str) -> str:
    """The body with one odd JSON value."""
    changed: Any = copy.deepcopy(body)
    inner = changed
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = "ODD"
    return json.dumps(changed).replace('"ODD"', odd)


def aftermath(api: Desk, answer: Any) -> list[int]:
    """The statuses of a session that was made so, and of everything that can be read."""
    if answer.status_code >= 300:
        return []
    statuses = []
    if "session_token" in answer.text:
        holder = {"Authorization": f"Bearer {answer.json()['data']['session_token']}"}
        statuses.append(api.call("POST", "/v1/sessions/start", key=False, headers=holder).status_code)
    api.wait(1)
    return statuses + [api.call("GET", read).status_code for read in READ]


@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=lambda one: str(one)[:60])
def test_no_odd_body_is_an_error_of_the_server(
    api: Desk, method: str, path: str, body: dict[str, Any]
) -> None:
    """Every value of a good body made odd in every way, and no JSON: never 500, nor later elsewhere."""
    names = {"SECRET": api.secret(), "CONTEXT": api.context(), "SESSION": api.started()[0]}
    good = json.dumps(body)
    for name, known in names.items():
        good, path = good.replace(name, known), path.replace(name, known)
    body = json.loads(good)
    sent = [*RAW, json.dumps({**body, "strange": 1}).encode(), f"{good[:-1]}, {HALF}: 1}}".encode()]
    sent += [with_odd(body, way, odd).encode() for way in places(body) for odd in ODD]

    failed = []
    for content in sent:
        answer = api.http.request(
            method, path, content=content, headers={**api.key, "Content-Type": "application/json"}
        )
        statuses = [answer.status_code, *aftermath(api, answer)]
        if max(statuses) >= 500:
            failed.append((content[:120], statuses))

    assert failed == []


def test_half_a_character_is_refused_as_no_json(api: Desk) -> None:
    """It cannot be written down; the answer is the validation's, and names the body."""
    body = f'{{"name": {HALF}, "prompt": "", "opening_text": ""}}'
    answer = api.http.post(
        "/v1/contexts", content=body, headers={**api.key, "Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert (answer.json()["detail"][0]["type"], answer.json()["detail"][0]["loc"]) == (
        "json_invalid",
        ["body"],
    )


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"name": "frozen", "1": 2, "null": 3}, "fault frozen does not take 1, null"),
        ({"name": "reset"}, "path is no regular expression: the repetition number is too large"),
        ({"name": "rate_limit", "retry_after_s": 10**400}, "retry_after_s should be 0 or more"),
        ({"name": None}, "a fault is an object with a name"),
    ],
)
def test_a_fault_that_cannot_be_played_is_told(api: Desk, fault: dict[str, Any], says: str) -> None:
    """The sentence is the one that the flag and a scenario get."""
    answer = api.call("POST", "/_emulator/faults", {"fault": fault, "path": "a{99999999999999}"})

    assert answer.status_code == 422
    assert says in " ".join(one["msg"] for one in answer.json()["detail"])


@pytest.mark.parametrize("many", ["1e9999999", "1e10", "-1", "NaN", "Infinity"])
def test_credits_that_cannot_be_counted_are_refused(api: Desk, many: str) -> None:
    """With them no session could be charged."""
    assert api.call("PATCH", "/_emulator/account", {"credits": many}).status_code == 422
    api.started()


def test_a_door_with_odd_letters_stays_shut(api: Desk) -> None:
    """A guessed address is turned away, whatever it is written in."""
    for odd in ("%C3%A9", "%F0%9F%98%80", "%00"):
        with (
            pytest.raises(WebSocketDisconnect),
            api.http.websocket_connect(f"/v1/agent-socket/{NOBODY}/{odd}") as line,
        ):
            line.receive_json()
