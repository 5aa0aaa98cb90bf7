"""From token to start, as callers of the API meet it (LiveAvatar API facts §2.9, §3)."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.support.emulator_in_process import INES, JUNE, NOBODY, WAYNE, Desk, desk

UNSIGNED = {"verify_signature": False}


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def openai(api: Desk, **changes: object) -> dict[str, object]:
    """A connector configuration whose references exist."""
    return {"secret_id": api.secret(), "context_id": api.context(), **changes}


def test_the_session_token_repeats_the_request(api: Desk) -> None:
    """
    The token is a three-part JWT whose ``start_session_data`` holds the request, defaults filled in.
    """
    config = openai(api)
    _, holder = api.minted(openai_realtime_config=config)

    claims = jwt.decode(holder["Authorization"].split()[1], options=UNSIGNED)

    assert claims["start_session_data"]["mode"] == "LITE"
    assert claims["start_session_data"]["openai_realtime_config"] == {
        **config,
        "voice": "alloy",
        "temperature": 0.8,
        "model": "gpt-realtime",
    }


def test_start_answers_201_with_where_to_join(api: Desk) -> None:
    """
    Start gives the room's address and a token for identity ``client``: 24 hours and the measured grants.
    """
    session_id, holder = api.minted(openai_realtime_config=openai(api), max_session_duration=90)

    answer = api.call("POST", "/v1/sessions/start", key=False, headers=holder)
    data = answer.json()["data"]
    claims = jwt.decode(data["livekit_client_token"], options=UNSIGNED)

    assert answer.status_code == 201
    assert set(data) == {"session_id", "livekit_url", "livekit_client_token", "max_session_duration"}
    assert (data["session_id"], data["max_session_duration"]) == (session_id, 90)
    assert (claims["sub"], claims["name"]) == ("client", "client")
    assert claims["video"] == {
        "room": session_id,
        "roomJoin": True,
        "canPublish": True,
        "canPublishData": True,
        "canSubscribe": True,
    }
    assert 86_000 < claims["exp"] - claims["nbf"] <= 86_410


@pytest.mark.parametrize("body", [None, {}, {"session_id": NOBODY}, {"anything": 1}])
def test_start_takes_whatever_body_clients_send(api: Desk, body: object) -> None:
    """
    The web SDK sends no body, other clients send an empty one or the session's id: all work.
    """
    _, holder = api.minted()

    assert api.call("POST", "/v1/sessions/start", body, key=False, headers=holder).status_code == 201


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"secret_id": "not-a-uuid"}, "secret_id"),
        ({}, "secret_id"),
        ({"secret_id": NOBODY, "temperature": 0.5}, "temperature"),
        ({"secret_id": NOBODY, "temperature": 1.3}, "temperature"),
        ({"secret_id": NOBODY, "voice": "nobody"}, "voice"),
        ({"secret_id": NOBODY, "context_id": "x"}, "context_id"),
    ],
)
def test_a_bad_connector_is_422_at_token(api: Desk, config: dict[str, object], problem: str) -> None:
    """
    Shapes, ranges and enums are checked when the token is minted.
    """
    body = {"mode": "LITE", "avatar_id": JUNE, "openai_realtime_config": config}

    answer = api.call("POST", "/v1/sessions/token", body)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == problem


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mode": "LITE"}, "Field required"),
        ({"mode": "LITE", "avatar_id": "june"}, "Input should be a valid UUID"),
        ({"mode": "CUSTOM", "avatar_id": JUNE}, "Input should be 'FULL' or 'LITE'"),
        ({"mode": "FULL", "avatar_id": JUNE}, "Provide exactly one of avatar_persona or voice_agent"),
        ({"mode": "LITE", "avatar_id": JUNE, "video_settings": {"quality": "ultra"}}, "Input should be"),
        (
            {
                "mode": "LITE",
                "avatar_id": JUNE,
                "openai_realtime_config": {"secret_id": NOBODY},
                "gemini_realtime_config": {"secret_id": NOBODY},
            },
            "at most one connector",
        ),
        (
            {"mode": "FULL", "avatar_id": JUNE, "avatar_persona": {"llm_settings": {"model": "gpt-1"}}},
            "Unsupported model",
        ),
    ],
)
def test_a_bad_token_body_says_why(api: Desk, body: dict[str, object], says: str) -> None:
    """
    422 carries the measured sentences.
    """
    answer = api.call("POST", "/v1/sessions/token", body)

    assert answer.status_code == 422
    assert says in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("sandbox", [True, False])
def test_too_long_a_session_is_refused_at_token(api: Desk, sandbox: bool) -> None:
    """
    The plan's longest session, and 60 s in sandbox, is the limit: 400 with the measured words.
    """
    longest = 60 if sandbox else 3600
    body = {"mode": "LITE", "avatar_id": WAYNE, "is_sandbox": sandbox}

    assert (
        api.call("POST", "/v1/sessions/token", {**body, "max_session_duration": longest}).status_code == 200
    )
    answer = api.call("POST", "/v1/sessions/token", {**body, "max_session_duration": longest + 1})
    assert answer.status_code == 400
    assert f"maximum allowed ({longest}s)" in answer.json()["message"]


@pytest.mark.parametrize(
    ("request_body", "what"),
    [
        ({"avatar_id": NOBODY}, "Avatar"),
        ({"openai_realtime_config": {"secret_id": NOBODY}}, "Secret"),
        (
            {
                "mode": "FULL",
                "avatar_persona": {},
                "llm_configuration_id": NOBODY,
            },
            "LLM configuration",
        ),
        ({"mode": "FULL", "avatar_persona": {"context_id": NOBODY}}, "Context"),
        ({"mode": "FULL", "voice_agent": {"id": NOBODY}}, "Voice agent"),
    ],
)
def test_a_reference_to_nothing_fails_at_start(api: Desk, request_body: dict[str, Any], what: str) -> None:
    """
    Well-formed ids pass the token call and fail the start with 400, in the measured sentence's form.
    """
    _, holder = api.minted(**request_body)

    answer = api.call("POST", "/v1/sessions/start", key=False, headers=holder)

    assert answer.status_code == 400
    assert answer.json()["message"] == f"{what} with id '{NOBODY}' not found in your space"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"avatar_id": JUNE, "is_sandbox": True}, "not available in sandbox"),
        ({"avatar_id": INES, "video_settings": {"quality": "very_high"}}, "does not support 1080p"),
    ],
)
def test_an_avatar_that_cannot_is_refused_at_start(api: Desk, body: dict[str, Any], says: str) -> None:
    """
    Sandbox has its own avatars; 1080p needs a 1080p avatar.
    """
    _, holder = api.minted(**body)

    answer = api.call("POST", "/v1/sessions/start", key=False, headers=holder)

    assert answer.status_code == 400
    assert says in answer.json()["message"]


def test_a_session_starts_once(api: Desk) -> None:
    """
    A token that has started its session starts nothing more, before and after the end.
    """
    session_id, holder = api.started()

    for _ in range(2):
        assert api.call("POST", "/v1/sessions/start", key=False, headers=holder).status_code == 400
        api.call("POST", "/v1/sessions/stop", {"session_id": session_id})


def test_the_worker_is_told_everything(api: Desk) -> None:
    """
    The job holds size and codec, context, and the model's settings with the secret's value.
    """
    session_id, _ = api.started(
        avatar_id=INES,
        video_settings={"quality": "medium", "encoding": "VP8"},
        openai_realtime_config=openai(api, voice="marin", temperature=1.1, model="gpt-realtime-2"),
    )
    job = api.studio.jobs[session_id].model_dump()

    assert job["video"] == {"width": 480, "height": 854, "fps": 25, "codec": "VP8"}
    assert job["avatar"] == {"id": INES, "name": "Ines, lobby portrait", "look": "vertical"}
    assert job["context"]["opening_text"] == "Hello!"
    assert job["openai"] == {
        "base_url": "http://127.0.0.1:1/openai/v1",
        "api_key": "sk-test-value",
        "model": "gpt-realtime-2",
        "voice": "marin",
        "temperature": 1.1,
    }
    assert "sk-test-value" not in repr(api.studio.jobs[session_id])


def test_a_room_of_ones_own_is_used(api: Desk) -> None:
    """
    With ``livekit_config`` the avatar goes into the caller's room with the caller's token.
    """
    own = {"livekit_url": "wss://own.example", "livekit_room": "room", "livekit_client_token": "own-token"}
    session_id, _ = api.started(livekit_config=own)

    job = api.studio.jobs[session_id]

    assert (job.livekit_url, job.token) == ("wss://own.example", "own-token")
    assert "own-token" not in api.call("GET", "/_emulator/sessions").text
