"""What every account finds on the service: avatars, voices, voice agents, models, languages."""

from liveavatar_emulator.world.records import AvatarRecord, VoiceAgentRecord, VoiceRecord

_MADE = 1_767_225_600.0  # 2026-01-01T00:00:00Z: catalogue entries are older than any account

WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
STARTER = "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0"
JUNE = "a1b2c3d4-0001-4000-8000-000000000001"
MAREK = "a1b2c3d4-0002-4000-8000-000000000002"
INES = "a1b2c3d4-0003-4000-8000-000000000003"

VOICE_WAYNE = "b1b2c3d4-0001-4000-8000-000000000001"
VOICE_JUNE = "b1b2c3d4-0002-4000-8000-000000000002"
VOICE_MAREK = "b1b2c3d4-0003-4000-8000-000000000003"
AGENT = "c1b2c3d4-0001-4000-8000-000000000001"
CARTESIA_AGENT = "c1b2c3d4-0002-4000-8000-000000000002"


def avatars() -> list[AvatarRecord]:
    """
    Two public avatars and three of the account's own.

    Sources disagree which of the public two runs in sandbox, and public clients use either
    (LiveAvatar API facts §4, Sandbox), so both do here.
    """
    return [
        _avatar(WAYNE, "Wayne", "studio", public=True, sandbox=True, voice=VOICE_WAYNE),
        _avatar(STARTER, "Starter", "plain", public=True, sandbox=True, voice=VOICE_WAYNE),
        _avatar(JUNE, "June, concierge", "studio", hd=True, voice=VOICE_JUNE),
        _avatar(MAREK, "Marek, night desk", "dark", voice=VOICE_MAREK),
        _avatar(INES, "Ines, lobby portrait", "vertical", voice=VOICE_JUNE),
    ]


def voices() -> list[VoiceRecord]:
    """Three public voices."""
    return [
        _voice(VOICE_WAYNE, "Wayne - Warm", "en", "male"),
        _voice(VOICE_JUNE, "June - Clear", "en", "female"),
        _voice(VOICE_MAREK, "Marek - Calm", "multi", "male"),
    ]


def voice_agents() -> list[VoiceAgentRecord]:
    """Two voice agents, as if made in the dashboard (LiveAvatar API facts §2.7)."""
    return [
        VoiceAgentRecord(
            id=AGENT,
            name="Front desk",
            agent_type="liveavatar_agent",
            agent_configuration={"voice_id": VOICE_JUNE, "context_id": None},
            created_at=_MADE,
            updated_at=_MADE,
        ),
        VoiceAgentRecord(
            id=CARTESIA_AGENT,
            name="Front desk, Cartesia",
            agent_type="cartesia_agent",
            agent_configuration={"agent_id": "agent_front_desk"},
            created_at=_MADE,
            updated_at=_MADE,
        ),
    ]


# LiveAvatar API facts §2.3, "LLM models".
LLM_MODELS = {"openai": ["gpt-4o", "gpt-4o-mini", "gpt-5-nano", "gpt-5.4-nano"]}

# LiveAvatar API facts §2.10; the real list is longer.
LANGUAGES = [
    {"language": "English", "code": "en"},
    {"language": "French", "code": "fr"},
    {"language": "German", "code": "de"},
    {"language": "Japanese", "code": "ja"},
    {"language": "Portuguese", "code": "pt"},
    {"language": "Spanish", "code": "es"},
    {"language": "Multilingual", "code": "multi"},
]


def _avatar(
    identifier: str,
    name: str,
    look: str,
    *,
    voice: str,
    public: bool = False,
    sandbox: bool = False,
    hd: bool = False,
) -> AvatarRecord:
    return AvatarRecord.model_validate(
        {
            "id": identifier,
            "name": name,
            "look": look,
            "public": public,
            "sandbox": sandbox,
            "is_1080p": hd,
            "default_voice_id": voice,
            "created_at": _MADE,
            "updated_at": _MADE,
        }
    )


def _voice(identifier: str, name: str, language: str, gender: str) -> VoiceRecord:
    return VoiceRecord(
        id=identifier,
        name=name,
        language=language,
        gender=gender,
        tags=["emulator"],
        public=True,
        created_at=_MADE,
        updated_at=_MADE,
    )
