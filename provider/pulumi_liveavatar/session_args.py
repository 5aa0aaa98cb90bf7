"""What an author may write into a SessionTemplate: the shapes, for editors and type checkers."""

from collections.abc import Mapping
from typing import Any, TypedDict

from pulumi import Input


class VideoSettingsArgs(TypedDict, total=False):
    quality: Input[str]
    encoding: Input[str]


class _Keyed(TypedDict):
    secret_id: Input[str]


class OpenAIRealtimeArgs(_Keyed, total=False):
    """`voice` alloy …, `temperature` 0.6 to 1.2, `model` any OpenAI Realtime model."""

    context_id: Input[str]
    voice: Input[str]
    model: Input[str]
    temperature: Input[float]


class GeminiRealtimeArgs(_Keyed, total=False):
    """`temperature` 0 to 2."""

    context_id: Input[str]
    voice: Input[str]
    model: Input[str]
    temperature: Input[float]


class _Agent(_Keyed):
    agent_id: Input[str]


class ElevenLabsAgentArgs(_Agent, total=False):
    voice_id: Input[str]
    dynamic_variables: Input[Mapping[str, Input[str | int | float | bool]]]


class CartesiaAgentArgs(_Agent, total=False):
    """Its further fields are not documented; a plain mapping may hold them."""


class LiveKitArgs(TypedDict):
    livekit_url: Input[str]
    livekit_room: Input[str]
    livekit_client_token: Input[str]


class AgoraArgs(TypedDict):
    agora_app_id: Input[str]
    agora_token: Input[str]
    agora_channel: Input[str]
    agora_uid: Input[str]


class AvatarPersonaArgs(TypedDict, total=False):
    voice_id: Input[str]
    context_id: Input[str]
    language: Input[str]
    voice_settings: Input[Mapping[str, Any]]
    stt_config: Input[Mapping[str, Any]]
    llm_settings: Input[Mapping[str, Any]]


class _Named(TypedDict):
    id: Input[str]


class VoiceAgentArgs(_Named, total=False):
    language: Input[str]
    dynamic_variables: Input[Mapping[str, Input[str]]]


class MemoryArgs(TypedDict, total=False):
    prev_session_id: Input[str]
    session_memory_id: Input[str]
