"""The body of POST /v1/sessions/token: every field, its type, range and words, and every mistake at once."""

from typing import Any, get_args

import pytest
from pulumi.output import UNKNOWN, Unknown
from pydantic import ValidationError

from pulumi_liveavatar.api.connectors import OPENAI_VOICES, GeminiVoice, OpenAIVoice
from pulumi_liveavatar.api.token_body import (
    FullBody,
    LiteBody,
    canonical,
    digest,
    token_body,
    warnings_about,
)
from pulumi_liveavatar.strict import plain, sentences

WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
ID = "11111111-2222-4333-8444-555555555555"
OPENAI: dict[str, Any] = {"secret_id": ID}
ROOM = {"livekit_url": "wss://x", "livekit_room": "r", "livekit_client_token": "t"}
PERSONA: dict[str, Any] = {"language": "en"}


def lite(**more: Any) -> dict[str, Any]:
    return {"avatar_id": WAYNE, **more}


def full(**more: Any) -> dict[str, Any]:
    return {"mode": "FULL", "avatar_id": WAYNE, **({"avatar_persona": PERSONA} | more)}


def mistakes(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        token_body(raw)
    return dict(sentences(refused.value))


def test_the_vendors_own_example_is_taken_as_it_is() -> None:
    """The connector page's body, with ids in place of its placeholders."""
    example = {
        "mode": "LITE",
        "avatar_id": WAYNE,
        "openai_realtime_config": {
            "secret_id": ID,
            "context_id": ID,
            "voice": "alloy",
            "model": "gpt-realtime",
            "temperature": 0.8,
        },
    }

    assert token_body(example).model_dump(exclude_none=True) == {**example, "is_sandbox": False}


def test_the_connectors_defaults_are_written_out() -> None:
    """A template means the same tomorrow, whatever the vendor's defaults become."""
    made = token_body(lite(openai_realtime_config=OPENAI)).model_dump(exclude_none=True)

    assert made["openai_realtime_config"] == {
        "secret_id": ID,
        "voice": "alloy",
        "model": "gpt-realtime",
        "temperature": 0.8,
    }


def test_thirteen_voices_are_known() -> None:
    """Of OpenAI; thirty of Gemini."""
    assert len(OPENAI_VOICES) == 13
    assert get_args(OpenAIVoice) == OPENAI_VOICES
    assert len(set(get_args(GeminiVoice))) == 30


@pytest.mark.parametrize(
    "raw",
    [
        lite(openai_realtime_config={**OPENAI, "temperature": 0.6}),
        lite(openai_realtime_config={**OPENAI, "temperature": 1.2}),
        lite(openai_realtime_config={**OPENAI, "temperature": 1}),
        lite(openai_realtime_config={**OPENAI, "model": "gpt-realtime-2.1"}),
        lite(gemini_realtime_config={**OPENAI, "voice": "Kore", "temperature": 2.0}),
        lite(elevenlabs_agent_config={**OPENAI, "agent_id": "a", "dynamic_variables": {"n": 1, "b": True}}),
        lite(cartesia_agent_config={**OPENAI, "agent_id": "a", "something_new": 1}),
        lite(livekit_config=ROOM),
        lite(
            agora_config={"agora_app_id": "a", "agora_token": "t", "agora_channel": "c", "agora_uid": "1"},
            elevenlabs_agent_config={**OPENAI, "agent_id": "a"},
        ),
        lite(is_sandbox=True, max_session_duration=60.0),
        lite(max_session_duration=86400),
        lite(video_settings={"quality": "very_high", "encoding": "VP8"}),
        full(),
        full(avatar_persona={"voice_settings": {"speed": 0.8, "stability": 1}}),
        full(avatar_persona={"voice_settings": {"provider": "fish", "model": "s2", "speed": 1.2}}),
        full(avatar_persona={"voice_settings": {"provider": "cartesia", "speed": 1}}),
        full(avatar_persona={"stt_config": {"provider": "assembly_ai"}, "llm_settings": {}}),
        full(avatar_persona=None, voice_agent={"id": ID, "language": "de"}),
        full(interactivity_type="PUSH_TO_TALK", llm_configuration_id=ID, memory={"prev_session_id": ID}),
        full(dynamic_variables={"k" * 64: "v" * 1000}),
        full(dynamic_variables={str(n): "" for n in range(50)}),
    ],
)
def test_what_the_facts_allow_passes_and_comes_out_as_it_went_in(raw: dict[str, Any]) -> None:
    """Checking adds defaults and changes nothing."""
    made = plain(token_body(raw))

    assert made == {**made, **{k: made[k] for k in raw if raw[k] is not None}}
    assert plain(token_body(made)) == made, "a checked body passes again, unchanged"


@pytest.mark.parametrize(
    ("raw", "place", "says"),
    [
        (lite(avatar_id="wayne"), "avatar_id", "must be a UUID"),
        ({}, "avatar_id", "is missing"),
        (lite(is_sandbox="true"), "is_sandbox", "valid boolean"),
        (lite(is_sandbox=1), "is_sandbox", "valid boolean"),
        (lite(max_session_duration=0), "max_session_duration", "greater than 0"),
        (lite(max_session_duration=1.5), "max_session_duration", "valid integer"),
        (lite(max_session_duration="60"), "max_session_duration", "valid integer"),
        (lite(max_session_duration=86401), "max_session_duration", "less than or equal to 86400"),
        (lite(max_session_duration=10**400), "max_session_duration", "less than or equal to 86400"),
        (lite(is_sandbox=True, max_session_duration=61), "max_session_duration", "at most 60"),
        (lite(mode="lite"), "mode", "should be 'LITE' or 'FULL'"),
        (lite(video_settings={"quality": "hd"}), "video_settings.quality", "'very_high', 'high'"),
        (lite(video_settings={"encoding": "h264"}), "video_settings.encoding", "did you mean 'H264'?"),
        (lite(video_quality="high"), "video_quality", "video_settings.quality"),
        (lite(region="eu"), "region", "AwsSecret(region=…)"),
        (lite(avatar_persona={}), "avatar_persona", "belongs to FULL mode"),
        (full(openai_realtime_config=OPENAI), "openai_realtime_config", "belongs to LITE mode"),
        (lite(openai_realtime_config={}), "openai_realtime_config.secret_id", "is missing"),
        (lite(openai_realtime_config={**OPENAI, "model": ""}), "openai_realtime_config.model", "at least 1"),
        (
            lite(openai_realtime_config={**OPENAI, "temperature": 0.59}),
            "openai_realtime_config.temperature",
            "greater than or equal to 0.6",
        ),
        (
            lite(openai_realtime_config={**OPENAI, "temperature": 1.21}),
            "openai_realtime_config.temperature",
            "less than or equal to 1.2",
        ),
        (
            lite(openai_realtime_config={**OPENAI, "voice": "Marin"}),
            "openai_realtime_config.voice",
            "did you mean 'marin'?",
        ),
        (
            lite(openai_realtime_config={**OPENAI, "temprature": 1}),
            "openai_realtime_config.temprature",
            "did you mean 'temperature'?",
        ),
        (
            lite(openai_realtime_config=OPENAI, gemini_realtime_config=OPENAI),
            "gemini_realtime_config",
            "at most one connector",
        ),
        (
            lite(gemini_realtime_config={**OPENAI, "temperature": 2.1}),
            "gemini_realtime_config.temperature",
            "2",
        ),
        (lite(gemini_realtime_config={**OPENAI, "model": "x"}), "gemini_realtime_config.model", "gemini-"),
        (lite(elevenlabs_agent_config=OPENAI), "elevenlabs_agent_config.agent_id", "is missing"),
        (
            lite(
                livekit_config={"livekit_url": "https://x", "livekit_room": "r", "livekit_client_token": "t"}
            ),
            "livekit_config.livekit_url",
            "pattern",
        ),
        (full(avatar_persona=None), "avatar_persona", "exactly one of"),
        (full(voice_agent={"id": ID}), "avatar_persona", "exactly one of"),
        (
            full(avatar_persona={"voice_settings": {"provider": "fish", "speed": 1.3}}),
            "avatar_persona.voice_settings.speed",
            "less than or equal to 1.2",
        ),
        (
            full(avatar_persona={"voice_settings": {"provider": "openai"}}),
            "avatar_persona.voice_settings",
            "'elevenLabs', 'fish' or 'cartesia'",
        ),
        (
            full(avatar_persona={"stt_config": {"provider": "whisper"}}),
            "avatar_persona.stt_config.provider",
            "'deepgram'",
        ),
        (full(dynamic_variables={str(n): "" for n in range(51)}), "dynamic_variables", "at most 50"),
        (full(dynamic_variables={"a": "v" * 1001}), "dynamic_variables.a", "at most 1000"),
        (full(interactivity_type="PTT"), "interactivity_type", "'CONVERSATIONAL' or 'PUSH_TO_TALK'"),
        (full(llm_configuration_id="x"), "llm_configuration_id", "must be a UUID"),
    ],
)
def test_what_the_facts_forbid_is_refused_at_its_place(raw: dict[str, Any], place: str, says: str) -> None:
    """The place, and what would be right."""
    found = mistakes(raw)

    assert set(found) == {place}
    assert says in found[place]


def test_all_mistakes_come_at_once() -> None:
    """Also those across fields beside those inside one."""
    found = mistakes(
        lite(
            avatar_id="x",
            is_sandbox=True,
            max_session_duration=90,
            openai_realtime_config={**OPENAI, "voice": "x", "temperature": 9},
            gemini_realtime_config=OPENAI,
            memory={},
        )
    )

    assert set(found) == {
        "avatar_id",
        "max_session_duration",
        "openai_realtime_config.voice",
        "openai_realtime_config.temperature",
        "gemini_realtime_config",
        "memory",
    }


@pytest.mark.parametrize("field", ["secret_id", "voice", "model", "temperature", "context_id"])
def test_a_key_in_the_wrong_field_is_not_quoted(field: str) -> None:
    """Somebody will paste the OpenAI key where its secret's id belongs."""
    key = "sk-pasted-into-the-wrong-field"
    raw = lite(openai_realtime_config={**OPENAI, field: [key] if field == "model" else key})

    with pytest.raises(ValidationError) as refused:
        token_body(raw)

    assert key not in str(refused.value)
    assert key not in str(sentences(refused.value))


def test_braces_in_a_message_are_no_placeholders() -> None:
    """pydantic's templates would fail on them."""
    assert mistakes(lite(**{"{x}": 1}))["{x}"].startswith("there is no such field; it takes avatar_id")


def test_one_meaning_has_one_digest() -> None:
    """Order of keys, 60 or 60.0, None or left out: the same template."""
    one = {"b": 60, "a": {"x": 0.8, "y": None}, "c": [1, 2]}
    other = {"c": [1.0, 2], "a": {"x": 0.8}, "b": 60.0}

    assert digest(one) == digest(other)
    assert digest(one) != digest({**one, "b": 61})
    assert canonical(one) == '{"a":{"x":0.8},"b":60,"c":[1,2]}'


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (lite(is_sandbox=True, openai_realtime_config=OPENAI), None),
        (
            lite(avatar_id=ID, is_sandbox=True, openai_realtime_config=OPENAI),
            "sandbox shows only its own avatar",
        ),
        (lite(openai_realtime_config=OPENAI, video_settings={"encoding": "VP8"}), "VP8 is deprecated"),
        (lite(openai_realtime_config={**OPENAI, "model": "gpt-4o"}), "the avatar would stay silent"),
        (lite(), "no connector is given"),
        (full(), None),
    ],
)
def test_what_an_operator_would_regret_is_a_warning(raw: dict[str, Any], says: str | None) -> None:
    """The API takes it; so do we, with a word."""
    said = warnings_about(plain(token_body(raw)))

    assert said == [] if says is None else says in " ".join(said)


@pytest.mark.parametrize("model", [LiteBody, FullBody])
def test_unknown_values_pass_and_stay(model: type[LiteBody] | type[FullBody]) -> None:
    """Each field alone, and all of them, in a preview."""
    context = {"unknown": Unknown}
    base = lite() if model is LiteBody else full()
    for name in model.model_fields:
        made = plain(model.model_validate({**base, name: UNKNOWN}, context=context))
        assert made[name] is UNKNOWN
    everything = plain(model.model_validate(dict.fromkeys(model.model_fields, UNKNOWN), context=context))
    assert set(everything) == set(model.model_fields)


def test_an_unknown_value_hides_no_other_mistake() -> None:
    """What is known is checked, also in a preview."""
    raw = lite(
        openai_realtime_config={"secret_id": UNKNOWN, "voice": "x"},
        gemini_realtime_config={"secret_id": UNKNOWN},
    )

    with pytest.raises(ValidationError) as refused:
        LiteBody.model_validate(raw, context={"unknown": Unknown})

    assert set(dict(sentences(refused.value))) == {"openai_realtime_config.voice", "gemini_realtime_config"}
