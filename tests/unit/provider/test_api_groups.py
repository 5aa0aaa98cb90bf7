"""The endpoint groups: the calls they make and how they read the answers."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from pulumi_liveavatar.api.account import Account
from pulumi_liveavatar.api.avatars import Avatars
from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.errors import Unreadable
from pulumi_liveavatar.api.secrets import Secrets
from pulumi_liveavatar.api.sessions import Sessions
from pulumi_liveavatar.api.voices import Voices
from tests.unit.provider.conftest import Line, ok

Maker = Callable[..., Line]


def called(line: Line) -> list[tuple[str, str]]:
    return [(request.method, request.url.raw_path.decode()) for request in line.sent]


def page(*results: Any) -> httpx.Response:
    return ok({"count": len(results), "results": list(results)})


def test_a_context_is_sent_whole(line: Maker) -> None:
    """The schema demands opening_text, also where there is none."""
    made = line([ok({"id": "1", "name": "n", "prompt": "p", "opening_text": None, "links": None})])

    got = Contexts(made.client).create(name="n", prompt="p")

    assert json.loads(made.sent[0].content) == {"name": "n", "prompt": "p", "opening_text": "", "links": []}
    assert (got.opening_text, got.links, got.required_dynamic_variables) == ("", (), ())


def test_a_context_is_found_by_its_name_on_any_page(line: Maker) -> None:
    """The list has no prompt, so the found one is read whole."""
    made = line([page({"id": "1", "name": "a"}, {"id": "2", "name": "b"}), ok({"id": "2", "name": "b"})])

    found = Contexts(made.client).find("b")

    assert found is not None
    assert called(made)[-1] == ("GET", "/v1/contexts/2")


def test_the_newest_secret_of_name_and_type_is_found(line: Maker) -> None:
    """Names are not unique; the list is newest first."""
    rows = [
        {"id": "3", "secret_name": "n", "secret_type": "GEMINI_API_KEY"},
        {"id": "2", "secret_name": "n", "secret_type": "OPENAI_API_KEY"},
        {"id": "1", "secret_name": "n", "secret_type": "OPENAI_API_KEY"},
    ]

    found = Secrets(line([ok(rows)]).client).find("n", "OPENAI_API_KEY")

    assert found is not None
    assert found.id == "2"


def test_a_session_is_minted_started_kept_and_stopped(line: Maker) -> None:
    """Start with the session token alone, answered with 201; the rest with the API key."""
    made = line(
        [
            ok({"session_id": "s", "session_token": "t.o.k"}),
            ok({"session_id": "s", "livekit_url": "wss://x", "livekit_client_token": "c.l.t"}, status=201),
            ok(None),
        ]
    )
    sessions = Sessions(made.client)

    minted = sessions.mint({"mode": "LITE"})
    started = sessions.start(minted.session_token)
    sessions.keep_alive(started.session_id)
    sessions.stop(started.session_id)

    assert called(made) == [
        ("POST", "/v1/sessions/token"),
        ("POST", "/v1/sessions/start"),
        ("POST", "/v1/sessions/keep-alive"),
        ("POST", "/v1/sessions/stop"),
    ]
    assert made.sent[1].headers["Authorization"] == "Bearer t.o.k"
    assert json.loads(made.sent[3].content) == {"session_id": "s", "reason": "USER_CLOSED"}
    assert started.livekit_client_token.get_secret_value() == "c.l.t"
    assert "t.o.k" not in repr(minted)
    assert "c.l.t" not in repr(started)


def test_sessions_are_listed_by_type(line: Maker) -> None:
    """`type` is required by the API."""
    made = line([page({"id": "s", "duration": 12, "credits_consumed": 1.5, "end_reason": "USER_CLOSED"})])

    (listed,) = Sessions(made.client).list("historic", context_id="c")

    assert dict(made.sent[0].url.params)["type"] == "historic"
    assert dict(made.sent[0].url.params)["context_id"] == "c"
    assert (listed.duration, listed.credits_consumed, listed.end_reason) == (12, 1.5, "USER_CLOSED")


def test_a_transcript_is_read(line: Maker) -> None:
    """Roles are user and avatar."""
    data = {"session_active": False, "transcript_data": [{"role": "avatar", "transcript": "Hello!"}]}

    got = Sessions(line([ok(data)]).client).transcript("s")

    assert [(row.role, row.transcript) for row in got.transcript_data] == [("avatar", "Hello!")]


def test_credits_are_exact(line: Maker) -> None:
    """A decimal string; money is never a float."""
    assert Account(line([ok({"credits_left": "12.35"})]).client).credits() == Decimal("12.35")


def test_an_avatar_is_looked_for_everywhere(line: Maker) -> None:
    """Whether GET finds public avatars is not documented, so both lists are asked as well."""
    missing = httpx.Response(404, json={"code": 404, "message": "Avatar not found"})
    made = line([missing, page(), page({"id": "a", "name": "Wayne"})])

    found = Avatars(made.client).find("a")

    assert found is not None
    assert [path.split("?")[0] for _, path in called(made)] == [
        "/v1/avatars/a",
        "/v1/avatars",
        "/v1/avatars/public",
    ]


def test_voices_are_listed_by_type(line: Maker) -> None:
    """Public ones unless asked otherwise."""
    made = line([page({"id": "v", "name": "Ann", "tags": None})])

    assert Voices(made.client).list("private")[0].name == "Ann"
    assert made.sent[0].url.params["voice_type"] == "private"


def test_an_answer_that_lacks_a_field_is_unreadable_and_unquoted(line: Maker) -> None:
    """The field is named, values are not: one of them may be a token."""
    made = line([ok({"session_token": "t.o.k-very-secret"})])

    with pytest.raises(Unreadable, match="session_id") as failed:
        Sessions(made.client).mint({})

    assert "t.o.k" not in str(failed.value)
    assert failed.value.__context__ is None


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"session_id": "", "session_token": "t"}, "session_id"),
        ({"session_id": "s", "session_token": ""}, "session_token"),
        ({"session_id": "s", "session_token": "tok\u20acn"}, "session_token"),
    ],
)
def test_a_session_that_nobody_could_start_is_unreadable(line: Maker, data: Any, field: str) -> None:
    """An empty id cannot be stopped; a token of odd letters fits no header, and is not quoted."""
    with pytest.raises(Unreadable, match=field) as failed:
        Sessions(line([ok(data)]).client).mint({})

    assert failed.value.status == 200, "it has answered"
    assert "\u20ac" not in str(failed.value)


@pytest.mark.parametrize(
    ("gone", "value"), [("session_id", ""), ("livekit_url", ""), ("livekit_client_token", "")]
)
def test_a_room_that_nobody_could_join_is_unreadable(line: Maker, gone: str, value: str) -> None:
    """Better than a healthy session without a room."""
    data = {"session_id": "s", "livekit_url": "wss://x", "livekit_client_token": "t", gone: value}

    with pytest.raises(Unreadable, match=gone):
        Sessions(line([ok(data)]).client).start(SecretStr("t"))


def test_an_object_without_an_id_is_unreadable(line: Maker) -> None:
    """Pulumi would keep the empty id and never find the object again."""
    with pytest.raises(Unreadable, match="id"):
        Contexts(line([ok({"id": "", "name": "n"})]).client).create(name="n", prompt="p")


def test_a_rooms_token_is_hidden(line: Maker) -> None:
    """A token one brings along may be quoted by the answer."""
    token = "room-token-0123456789"
    made = line([httpx.Response(400, json={"code": 1, "message": f"bad token {token}"})])

    with pytest.raises(Exception, match="redacted") as failed:
        Sessions(made.client).mint({"livekit_config": {"livekit_client_token": token}})

    assert token not in str(failed.value)


def test_a_stored_value_is_hidden(line: Maker) -> None:
    """The one thing that POST /v1/secrets sends and nobody may see."""
    made = line([httpx.Response(500, text="could not encrypt sk-1234-the-value")])

    with pytest.raises(Exception, match="redacted") as failed:
        Secrets(made.client).create(
            secret_name="n", secret_type="T", secret_value=SecretStr("sk-1234-the-value")
        )

    assert "sk-1234" not in str(failed.value)
