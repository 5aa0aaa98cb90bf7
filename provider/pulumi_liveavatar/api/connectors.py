"""
The connectors of LITE mode: who listens and talks while LiveAvatar draws (LiveAvatar API facts §2.9).

A body takes at most one of them.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pulumi_liveavatar.strict import StrictModel, Text, Uuid

OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "shimmer", "sage", "verse", "marin",
    "cedar",
)  # fmt: skip
OPENAI_DEFAULT_MODEL = "gpt-realtime"

OpenAIVoice = Literal[
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "shimmer", "sage", "verse", "marin",
    "cedar",
]  # fmt: skip
GeminiVoice = Literal[
    "Achernar", "Achird", "Algenib", "Algieba", "Alnilam", "Aoede", "Autonoe", "Callirrhoe", "Charon",
    "Despina", "Enceladus", "Erinome", "Fenrir", "Gacrux", "Iapetus", "Kore", "Laomedeia", "Leda", "Orus",
    "Puck", "Pulcherrima", "Rasalgethi", "Sadachbia", "Sadaltager", "Schedar", "Sulafat", "Umbriel",
    "Vindemiatrix", "Zephyr", "Zubenelgenubi",
]  # fmt: skip
GeminiModel = Literal["gemini-2.5-flash-native-audio-preview-12-2025", "gemini-3.1-flash-live-preview"]

Plain = str | bool | int | float


class OpenAIRealtimeConfig(StrictModel):
    """
    OpenAI Realtime talks, LiveAvatar draws.

    `model` is any string to the API, so a misspelt one is noticed only by an avatar that never speaks.
    """

    secret_id: Uuid = Field(description="a LiveAvatar secret of type OPENAI_API_KEY")
    context_id: Uuid | None = Field(default=None, description="supplies the instructions")
    voice: OpenAIVoice = "alloy"
    model: Text = OPENAI_DEFAULT_MODEL
    temperature: float = Field(default=0.8, ge=0.6, le=1.2)


class GeminiRealtimeConfig(StrictModel):
    """Gemini Live talks, LiveAvatar draws."""

    secret_id: Uuid = Field(description="a LiveAvatar secret of type GEMINI_API_KEY")
    context_id: Uuid | None = None
    voice: GeminiVoice = "Puck"
    model: GeminiModel = "gemini-3.1-flash-live-preview"
    temperature: float = Field(default=0.8, ge=0.0, le=2.0)


class ElevenLabsAgentConfig(StrictModel):
    """An ElevenLabs agent talks, LiveAvatar draws."""

    secret_id: Uuid = Field(description="a LiveAvatar secret of type ELEVENLABS_API_KEY")
    agent_id: Text
    voice_id: Text | None = None
    dynamic_variables: dict[str, Plain] | None = None


class CartesiaAgentConfig(StrictModel):
    """A Cartesia agent talks. Its other fields are not documented, so further ones pass unchecked."""

    model_config = ConfigDict(extra="allow")

    secret_id: Uuid = Field(description="a LiveAvatar secret of type CARTESIA_API_KEY")
    agent_id: Text


class LiveKitConfig(StrictModel):
    """Bring your own LiveKit room; its token needs roomJoin, canPublish, canSubscribe, canPublishData."""

    livekit_url: Annotated[str, Field(pattern=r"^wss?://")]
    livekit_room: Text
    livekit_client_token: Text


class AgoraConfig(StrictModel):
    """Bring your own Agora channel."""

    agora_app_id: Text
    agora_token: Text
    agora_channel: Text
    agora_uid: Text


CONNECTORS: dict[str, str] = {
    "openai_realtime_config": "OPENAI_API_KEY",
    "gemini_realtime_config": "GEMINI_API_KEY",
    "elevenlabs_agent_config": "ELEVENLABS_API_KEY",
    "cartesia_agent_config": "CARTESIA_API_KEY",
}
"""Each connector's field and the type of the secret it needs."""

ROOMS = {"livekit_config": "livekit_client_token", "agora_config": "agora_token"}
"""Each bring-your-own room's field, and which of its fields is a secret value."""


def present(body: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Which of the named fields the body really holds; None counts as left out."""
    return [name for name in names if body.get(name) is not None]
