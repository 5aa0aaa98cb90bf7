"""LLM configurations, voices, avatars, embeds, agents, memory (LiveAvatar API facts §2.3-2.7, §2.10)."""

from collections.abc import Iterator

import pytest

from liveavatar_emulator.world.catalog import AGENT, VOICE_WAYNE
from tests.support.emulator_in_process import JUNE, NOBODY, WAYNE, Desk, desk


@pytest.fixture
def api() -> Iterator[Desk]:
    made = desk()
    with made.http:
        yield made


def test_llm_configurations_live_a_full_life(api: Desk) -> None:
    """
    Create, list (without base_url), partial update, delete, 404 after.
    """
    body = {"display_name": "mine", "model_name": "gpt-4o", "secret_id": api.secret()}
    made = api.data("POST", "/v1/llm-configurations", body)
    path = f"/v1/llm-configurations/{made['id']}"

    assert made["base_url"] == "https://api.openai.com/v1"
    assert set(api.data("GET", "/v1/llm-configurations")[0]) == {
        "id", "display_name", "model_name", "secret_id",
    }  # fmt: skip
    assert api.data("PATCH", path, {"display_name": "ours"})["model_name"] == "gpt-4o"
    assert api.data("GET", path)["display_name"] == "ours"
    assert api.data("DELETE", path) is None
    assert [api.call(method, path, {}).status_code for method in ("GET", "PATCH", "DELETE")] == [404] * 3


def test_an_llm_configuration_needs_a_secret_of_the_space(api: Desk) -> None:
    """
    An unknown secret is 400, at create and at update; too long an id is 422.
    """
    body = {"display_name": "mine", "model_name": "gpt-4o", "secret_id": api.secret()}
    made = api.data("POST", "/v1/llm-configurations", body)
    path = f"/v1/llm-configurations/{made['id']}"

    assert api.call("POST", "/v1/llm-configurations", {**body, "secret_id": NOBODY}).status_code == 400
    assert api.call("PATCH", path, {"secret_id": NOBODY}).status_code == 400
    assert api.call("POST", "/v1/llm-configurations", {**body, "secret_id": "x" * 37}).status_code == 422


def test_llm_models_are_a_fixed_list(api: Desk) -> None:
    """
    The catalogue and its sentence are the documented ones.
    """
    answer = api.call("GET", "/v1/llm-models").json()

    assert answer["message"] == "LLM models retrieved successfully"
    assert "gpt-4o-mini" in answer["data"]["openai"]


def test_a_bound_voice_can_be_renamed_and_deleted(api: Desk) -> None:
    """
    Binding gives an id of its own; only the name changes; neither provider id nor secret is told.
    """
    body = {"provider_voice_id": "eleven-1", "secret_id": api.secret()}
    voice = api.data("POST", "/v1/voices/third_party", body)["voice_id"]

    assert voice != "eleven-1"
    assert [one["id"] for one in api.data("GET", "/v1/voices?voice_type=private")["results"]] == [voice]
    renamed = api.data("PATCH", f"/v1/voices/{voice}", {"name": "Front desk"})
    assert renamed["name"] == "Front desk"
    assert not {"provider_voice_id", "secret_id", "public"} & set(renamed)
    assert api.call("PATCH", f"/v1/voices/{voice}", {"name": "n" * 65}).status_code == 422
    assert api.data("GET", f"/v1/voices/{voice}/preview")["audio_base64"].startswith("UklGR")
    assert api.data("DELETE", f"/v1/voices/{voice}") is None
    assert api.call("GET", f"/v1/voices/{voice}").status_code == 404


def test_public_voices_are_nobodys_to_change(api: Desk) -> None:
    """
    The default list is public; those voices cannot be deleted.
    """
    assert VOICE_WAYNE in [one["id"] for one in api.data("GET", "/v1/voices")["results"]]
    assert api.call("DELETE", f"/v1/voices/{VOICE_WAYNE}").status_code == 404
    assert (
        api.call(
            "POST", "/v1/voices/third_party", {"provider_voice_id": "x", "secret_id": NOBODY}
        ).status_code
        == 400
    )


def test_own_and_public_avatars_are_two_lists(api: Desk) -> None:
    """
    Wayne is public; June is the account's own and 1080p.
    """
    public = {one["id"] for one in api.data("GET", "/v1/avatars/public")["results"]}
    own = {one["id"]: one for one in api.data("GET", "/v1/avatars")["results"]}

    assert WAYNE in public
    assert own[JUNE]["is_1080p"] is True
    assert set(own[JUNE]) >= {"space_id", "type", "status", "preview_url", "default_voice", "error_message"}
    assert not public & set(own)


def test_a_deleted_avatar_ends_its_sessions(api: Desk) -> None:
    """
    Soft delete takes the avatar out of lists and ends what shows it.
    """
    session_id, _ = api.started()

    api.data("DELETE", f"/v1/avatars/{JUNE}")

    assert api.session(session_id)["end_reason"] == "AVATAR_DELETED"
    assert JUNE not in {one["id"] for one in api.data("GET", "/v1/avatars")["results"]}
    assert api.call("GET", f"/v1/avatars/{JUNE}").status_code == 404


def test_an_avatar_can_be_renamed_but_not_a_public_one(api: Desk) -> None:
    """
    Update changes what it names.
    """
    assert api.data("PATCH", f"/v1/avatars/{JUNE}", {"name": "June II"})["name"] == "June II"
    assert api.call("PATCH", f"/v1/avatars/{WAYNE}", {"name": "Mine"}).status_code == 404


def test_an_embed_is_made_and_never_seen_again(api: Desk) -> None:
    """
    Create answers id, address and orientation, a script for widgets; there is no other endpoint.
    """
    plain = api.data("POST", "/v2/embeddings", {"avatar_id": JUNE, "context_id": api.context()})
    widget = api.data(
        "POST", "/v2/embeddings", {"avatar_id": JUNE, "voice_agent_id": AGENT, "type": "WIDGET"}
    )

    assert plain["url"].endswith(plain["embed_id"])
    assert ("script" in plain, "script" in widget) == (False, True)
    assert api.call("GET", f"/v2/embeddings/{plain['embed_id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"context_id": NOBODY, "voice_agent_id": AGENT},
        {"voice_agent_id": AGENT, "voice_id": VOICE_WAYNE},
        {"context_id": NOBODY, "default_language": "toolong"},
        {"context_id": NOBODY, "max_session_duration": 0},
    ],
)
def test_an_embed_names_one_speaker(api: Desk, body: dict[str, object]) -> None:
    """
    A context or a voice agent, not both, not neither; ranges hold.
    """
    assert api.call("POST", "/v2/embeddings", {"avatar_id": JUNE, **body}).status_code == 422


def test_a_voice_agent_in_use_stays(api: Desk) -> None:
    """
    Delete is 409 with the embeds' ids while one refers to it; its configuration shows in the detail only.
    """
    embed = api.data("POST", "/v2/embeddings", {"avatar_id": JUNE, "voice_agent_id": AGENT})["embed_id"]
    others = [one["id"] for one in api.data("GET", "/v1/voice_agents") if one["id"] != AGENT]

    refused = api.call("DELETE", f"/v1/voice_agents/{AGENT}")

    assert (refused.status_code, refused.json()["data"]) == (409, {"embed_ids": [embed]})
    assert "agent_configuration" in api.data("GET", f"/v1/voice_agents/{AGENT}")
    assert "agent_configuration" not in api.data("GET", "/v1/voice_agents")[0]
    assert api.data("DELETE", f"/v1/voice_agents/{others[0]}") is None


def test_a_memory_remembers_a_session(api: Desk) -> None:
    """
    Delete of a memory is the one that answers 204 with nothing.
    """
    session_id, _ = api.started()
    made = api.data("POST", "/v1/memory", {"memory_type": "session", "session_id": session_id})

    assert api.data("GET", "/v1/memory")["count"] == 1
    gone = api.call("DELETE", f"/v1/memory/{made['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert api.call("GET", f"/v1/memory/{made['id']}").status_code == 404


def test_credits_are_a_decimal_string(api: Desk) -> None:
    """
    Credits come as text, so that no digit is lost.
    """
    api.call("PATCH", "/_emulator/account", {"credits": "12.5"})

    assert api.data("GET", "/v1/users/credits") == {"credits_left": "12.5"}
