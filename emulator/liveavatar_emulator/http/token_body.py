"""The shape of ``POST /v1/sessions/token``: two bodies by mode (LiveAvatar API facts §2.9)."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Discriminator, Field, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from liveavatar_emulator.world.catalog import LLM_MODELS
from liveavatar_emulator.world.records import Encoding, Quality
from liveavatar_emulator.world.references import CONNECTORS

OpenAiVoice = Literal[
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "shimmer", "sage", "verse", "marin",
    "cedar",
]  # fmt: skip
GeminiVoice = Literal[
    "Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe",
    "Enceladus", "Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi",
    "Laomedeia", "Achernar", "Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi",
    "Vindemiatrix", "Sadachbia", "Sadaltager", "Sulafat",
]  # fmt: skip
DynamicVariables = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=64)],
        Annotated[str, StringConstraints(max_length=1000)],
    ],
    Field(max_length=50),
]


class VideoSettings(BaseModel):
    """How the picture is sent."""

    quality: Quality = "high"
    encoding: Encoding = "H264"


class LiveKitConfig(BaseModel):
    """Bring your own room."""

    livekit_url: str
    livekit_room: str
    livekit_client_token: str = Field(repr=False)


class AgoraConfig(BaseModel):
    """Bring your own Agora channel; the emulator takes it and shows nothing there."""

    agora_app_id: str
    agora_token: str = Field(repr=False)
    agora_channel: str
    agora_uid: str


class AgentConfig(BaseModel):
    """ElevenLabs and Cartesia agents."""

    secret_id: UUID
    agent_id: str
    voice_id: str | None = None
    dynamic_variables: dict[str, str | int | float | bool] | None = None


class OpenAiRealtimeConfig(BaseModel):
    """The OpenAI Realtime connector; ``model`` is a free string, so a typo passes."""

    secret_id: UUID
    context_id: UUID | None = None
    voice: OpenAiVoice = "alloy"
    temperature: float = Field(default=0.8, ge=0.6, le=1.2)
    model: str = "gpt-realtime"


class GeminiRealtimeConfig(BaseModel):
    """The Gemini connector."""

    secret_id: UUID
    context_id: UUID | None = None
    voice: GeminiVoice = "Puck"
    temperature: float = Field(default=0.8, ge=0, le=2)
    model: Literal["gemini-2.5-flash-native-audio-preview-12-2025", "gemini-3.1-flash-live-preview"] = (
        "gemini-3.1-flash-live-preview"
    )


class _Common(BaseModel):
    avatar_id: UUID
    is_sandbox: bool = False
    video_settings: VideoSettings | None = None
    max_session_duration: int | None = Field(default=None, gt=0)


class LiteBody(_Common):
    """A LITE session: at most one connector, or a room of the caller's own."""

    mode: Literal["LITE"]
    livekit_config: LiveKitConfig | None = None
    agora_config: AgoraConfig | None = None
    elevenlabs_agent_config: AgentConfig | None = None
    openai_realtime_config: OpenAiRealtimeConfig | None = None
    gemini_realtime_config: GeminiRealtimeConfig | None = None
    cartesia_agent_config: AgentConfig | None = None

    @model_validator(mode="after")
    def _one_connector(self) -> Self:
        if sum(getattr(self, name) is not None for name in CONNECTORS) > 1:
            raise PydanticCustomError("value_error", "Provide at most one connector configuration")
        return self


class LlmSettings(BaseModel):
    """A model of the catalogue (LiveAvatar API facts §2.3); anything else is refused."""

    provider: Literal["openai"] = "openai"
    model: str = "gpt-4o-mini"

    @model_validator(mode="after")
    def _in_catalogue(self) -> Self:
        if self.model not in LLM_MODELS[self.provider]:
            raise PydanticCustomError("value_error", f"Unsupported model '{self.model}' for {self.provider}")
        return self


class SttConfig(BaseModel):
    """Who transcribes the user."""

    provider: Literal["deepgram", "assembly_ai", "gladia", "elevenlabs"]


class Persona(BaseModel):
    """Voice and context of a FULL session."""

    voice_id: UUID | None = None
    context_id: UUID | None = None
    language: str = "en"
    voice_settings: dict[str, object] | None = None
    stt_config: SttConfig | None = None
    llm_settings: LlmSettings | None = None


class VoiceAgentChoice(BaseModel):
    """A voice agent made in the dashboard (LiveAvatar API facts §2.7)."""

    id: UUID
    language: str | None = None
    dynamic_variables: DynamicVariables | None = None


class MemoryChoice(BaseModel):
    """What to remember of an earlier session."""

    prev_session_id: UUID | None = None
    session_memory_id: UUID | None = None


class FullBody(_Common):
    """A FULL session: the service does the talking."""

    mode: Literal["FULL"] = "FULL"
    avatar_persona: Persona | None = None
    voice_agent: VoiceAgentChoice | None = None
    interactivity_type: Literal["CONVERSATIONAL", "PUSH_TO_TALK"] = "CONVERSATIONAL"
    llm_configuration_id: UUID | None = None
    dynamic_variables: DynamicVariables | None = None
    memory: MemoryChoice | None = None

    @model_validator(mode="after")
    def _one_speaker(self) -> Self:
        if (self.avatar_persona is None) == (self.voice_agent is None):
            # The sentence is the measured one (LiveAvatar API facts §1.3, row 422).
            raise PydanticCustomError("value_error", "Provide exactly one of avatar_persona or voice_agent")
        return self


def _mode(body: object) -> str | None:
    mode = body.get("mode", "FULL") if isinstance(body, dict) else getattr(body, "mode", None)
    return mode if mode in ("FULL", "LITE") else None


TokenBody = Annotated[
    Annotated[FullBody, Tag("FULL")] | Annotated[LiteBody, Tag("LITE")],
    Discriminator(
        _mode, custom_error_type="mode_error", custom_error_message="Input should be 'FULL' or 'LITE'"
    ),
]
