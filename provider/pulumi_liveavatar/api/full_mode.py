"""FULL mode: LiveAvatar listens, thinks and talks itself (LiveAvatar API facts §2.9, §2.4, §2.3)."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, Tag

from pulumi_liveavatar.strict import StrictModel, Text, Uuid

Speed = Annotated[float, Field(ge=0.8, le=1.2)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]

DynamicVariables = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=64)],
        Annotated[str, StringConstraints(max_length=1000)],
    ],
    Field(max_length=50),
]


class ElevenLabsVoice(StrictModel):
    """`apply_language_text_normalization` is for Japanese only."""

    provider: Literal["elevenLabs"] = "elevenLabs"
    speed: Speed = 1.0
    stability: Share = 0.75
    similarity_boost: Share = 0.75
    style: Share = 0.0
    use_speaker_boost: bool = True
    model: Literal["eleven_flash_v2_5", "eleven_multilingual_v2"] = "eleven_flash_v2_5"
    apply_language_text_normalization: bool = False


class FishVoice(StrictModel):
    provider: Literal["fish"]
    speed: Speed = 1.0
    latency_mode: Literal["balanced", "normal"] = "balanced"
    model: Literal["s1", "s2"] = "s2"


class CartesiaVoice(StrictModel):
    """Newer than the documented fields, so further ones pass unchecked."""

    model_config = ConfigDict(extra="allow")

    provider: Literal["cartesia"]


VOICE_PROVIDERS = ("elevenLabs", "fish", "cartesia")


def _provider(value: object) -> str | None:
    """ElevenLabs where none is named; one that a preview does not know yet is taken for the freest."""
    if isinstance(value, dict):
        named = value.get("provider", "elevenLabs")
    else:
        named = getattr(value, "provider", None)
    if not isinstance(named, str):
        named = "cartesia"
    return f"~{named}" if named in VOICE_PROVIDERS else None


VoiceSettings = Annotated[
    Annotated[ElevenLabsVoice, Tag("~elevenLabs")]
    | Annotated[FishVoice, Tag("~fish")]
    | Annotated[CartesiaVoice, Tag("~cartesia")],
    Discriminator(
        _provider,
        custom_error_type="provider",
        custom_error_message="`provider` should be 'elevenLabs', 'fish' or 'cartesia'",
    ),
]


class SttConfig(StrictModel):
    """Who turns the user's speech into text."""

    provider: Literal["deepgram", "assembly_ai", "gladia", "elevenlabs"]


class LlmSettings(StrictModel):
    """A model of LiveAvatar's own catalogue (`GET /v1/llm-models`); another is answered with 422."""

    provider: Text = "openai"
    model: Text = "gpt-4o-mini"


class AvatarPersona(StrictModel):
    """Voice, context and language of a FULL session."""

    voice_id: Uuid | None = None
    context_id: Uuid | None = None
    language: Text = "en"
    voice_settings: VoiceSettings | None = None
    stt_config: SttConfig | None = None
    llm_settings: LlmSettings | None = None


class VoiceAgent(StrictModel):
    """A stored voice agent, made in the dashboard (facts §2.7)."""

    id: Uuid
    language: Text | None = None
    dynamic_variables: DynamicVariables | None = None


class Memory(StrictModel):
    """What the avatar remembers of an earlier session."""

    prev_session_id: Uuid | None = None
    session_memory_id: Uuid | None = None
