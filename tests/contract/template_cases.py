"""Session templates for the contract: one change for each field of the token body, LITE and FULL."""

from collections.abc import Mapping

from tests.contract.pocket_engine import Props
from tests.contract.world import World

WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
JUNE = "a1b2c3d4-0001-4000-8000-000000000001"
ANY_ID = "11111111-2222-4333-8444-555555555555"


def desk(world: World) -> Props:
    """A LITE template with the OpenAI connector, all five fields."""
    connector = {
        "secret_id": world.a_secret(),
        "context_id": world.a_context(),
        "voice": "marin",
        "model": "gpt-realtime",
        "temperature": 0.7,
    }
    return {
        "name": "p-s-desk",
        "avatar_id": WAYNE,
        "is_sandbox": True,
        "max_session_duration": 60,
        "video_settings": {"quality": "high", "encoding": "H264"},
        "openai_realtime_config": connector,
        "health": {"first_frame_s": 8},
    }


def full() -> Props:
    return {
        "name": "p-s-full",
        "mode": "FULL",
        "avatar_id": WAYNE,
        "avatar_persona": {"language": "en", "voice_settings": {"provider": "fish", "model": "s1"}},
        "interactivity_type": "CONVERSATIONAL",
        "dynamic_variables": {"guest": "Mia"},
    }


def changes(world: World) -> Mapping[str, tuple[Props, Props]]:
    lite, more = desk(world), full()
    bare = {key: value for key, value in lite.items() if key != "openai_realtime_config"}
    gemini, eleven, cartesia = (
        world.a_secret(f"{kind}_API_KEY") for kind in ("GEMINI", "ELEVENLABS", "CARTESIA")
    )
    livekit = {"livekit_url": "wss://x.example", "livekit_room": "r", "livekit_client_token": "t"}
    agora = {"agora_app_id": "a", "agora_token": "t", "agora_channel": "c", "agora_uid": "1"}
    connector = lite["openai_realtime_config"]
    without_persona = {key: value for key, value in more.items() if key != "avatar_persona"}
    return {
        "name": (lite, {**lite, "name": "p-s-other"}),
        "mode": (bare, {**more, "name": bare["name"]}),
        "avatar_id": (lite, {**lite, "avatar_id": JUNE}),
        "is_sandbox": (lite, {**lite, "is_sandbox": False}),
        "video_settings": (lite, {**lite, "video_settings": {"quality": "low"}}),
        "max_session_duration": (lite, {**lite, "max_session_duration": 30}),
        "openai_realtime_config": (lite, {**lite, "openai_realtime_config": {**connector, "voice": "ash"}}),
        "gemini_realtime_config": (lite, {**bare, "gemini_realtime_config": {"secret_id": gemini}}),
        "elevenlabs_agent_config": (
            bare,
            {**bare, "elevenlabs_agent_config": {"secret_id": eleven, "agent_id": "a"}},
        ),
        "cartesia_agent_config": (
            bare,
            {**bare, "cartesia_agent_config": {"secret_id": cartesia, "agent_id": "a"}},
        ),
        "livekit_config": (bare, {**bare, "livekit_config": livekit}),
        "agora_config": (bare, {**bare, "agora_config": agora}),
        "avatar_persona": (more, {**more, "avatar_persona": {"language": "de"}}),
        "voice_agent": (more, {**without_persona, "voice_agent": {"id": ANY_ID}}),
        "interactivity_type": (more, {**more, "interactivity_type": "PUSH_TO_TALK"}),
        "llm_configuration_id": (more, {**more, "llm_configuration_id": ANY_ID}),
        "dynamic_variables": (more, {**more, "dynamic_variables": {"guest": "Ben"}}),
        "memory": (more, {**more, "memory": {"prev_session_id": ANY_ID}}),
        "health": (lite, {**lite, "health": {"first_frame_s": 5}}),
    }
