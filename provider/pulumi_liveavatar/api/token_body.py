"""
The body of `POST /v1/sessions/token`: a session's whole configuration (LiveAvatar API facts §2.9).

`token_body(raw).model_dump(exclude_none=True)` is exactly what is sent. Defaults of the API are written out,
so that a template means the same tomorrow, and its digest does not hang on what the vendor changes.

There is no `region` in this body, nor anywhere else in the API: the only region in this product is that of
the AWS secret (`pulumi_liveavatar.aws`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pulumi_liveavatar.api.avatars import SANDBOX_AVATARS
from pulumi_liveavatar.api.connectors import (
    CONNECTORS,
    OPENAI_DEFAULT_MODEL,
    ROOMS,
    AgoraConfig,
    CartesiaAgentConfig,
    ElevenLabsAgentConfig,
    GeminiRealtimeConfig,
    LiveKitConfig,
    OpenAIRealtimeConfig,
    OpenAIVoice,
    present,
)
from pulumi_liveavatar.api.full_mode import AvatarPersona, DynamicVariables, Memory, VoiceAgent
from pulumi_liveavatar.strict import Flag, Problem, Seconds, StrictModel, Uuid

SANDBOX_LONGEST_S = 60

_LITE_ONLY = "belongs to LITE mode: set mode to LITE, or leave it out"
_FULL_ONLY = "belongs to FULL mode: set mode to FULL, or leave it out"
_QUALITY = "write it as video_settings.quality; a flat one is dropped by the API without a word"
_REGION = "LiveAvatar has none; the region of an AWS secret goes into AwsSecret(region=…)"

__all__ = [
    "FullBody",
    "LiteBody",
    "OpenAIRealtimeConfig",
    "TokenBody",
    "VideoSettings",
    "Voice",
    "canonical",
    "digest",
    "token_body",
    "warnings_about",
]


class VideoSettings(StrictModel):
    """very_high 1080p (needs a 1080p avatar), high 720p, medium 480p, low 360p; VP8 is deprecated."""

    quality: Literal["very_high", "high", "medium", "low"] = "high"
    encoding: Literal["VP8", "H264"] = "H264"


class Body(StrictModel):
    """What LITE and FULL have in common."""

    avatar_id: Uuid
    is_sandbox: Flag = False
    video_settings: VideoSettings | None = None
    max_session_duration: Seconds | None = Field(default=None, description="seconds; the plan sets a limit")

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:
        seconds = raw.get("max_session_duration")
        too_long = isinstance(seconds, int | float) and seconds > SANDBOX_LONGEST_S
        if raw.get("is_sandbox") is True and too_long:
            words = f"should be at most {SANDBOX_LONGEST_S} where is_sandbox is true"
            yield "max_session_duration", Problem(words, ["is_sandbox", "max_session_duration"])


class LiteBody(Body):
    """LITE: a connector, or your own room and agent, does the talking; one credit a minute."""

    elsewhere: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("avatar_persona", "voice_agent", "interactivity_type"), _FULL_ONLY),
        **dict.fromkeys(("llm_configuration_id", "dynamic_variables", "memory"), _FULL_ONLY),
        "video_quality": _QUALITY,
        "region": _REGION,
    }

    instead: ClassVar[Mapping[str, str]] = {"mode": "should be 'LITE' or 'FULL'"}

    mode: Literal["LITE"] = "LITE"
    openai_realtime_config: OpenAIRealtimeConfig | None = None
    gemini_realtime_config: GeminiRealtimeConfig | None = None
    elevenlabs_agent_config: ElevenLabsAgentConfig | None = None
    cartesia_agent_config: CartesiaAgentConfig | None = None
    livekit_config: LiveKitConfig | None = None
    agora_config: AgoraConfig | None = None

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:
        yield from super().across(raw)
        for group, word in ((CONNECTORS, "connector"), (ROOMS, "room")):
            named = present(raw, group)
            if len(named) > 1:
                words = f"give at most one {word}: there are {' and '.join(named)}"
                yield named[1], Problem(words, named)


class FullBody(Body):
    """FULL: LiveAvatar does the talking; two credits a minute."""

    elsewhere: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys((*CONNECTORS, *ROOMS), _LITE_ONLY),
        "video_quality": _QUALITY,
        "region": _REGION,
    }

    mode: Literal["FULL"] = "FULL"
    avatar_persona: AvatarPersona | None = None
    voice_agent: VoiceAgent | None = None
    interactivity_type: Literal["CONVERSATIONAL", "PUSH_TO_TALK"] = "CONVERSATIONAL"
    llm_configuration_id: Uuid | None = None
    dynamic_variables: DynamicVariables | None = None
    memory: Memory | None = None

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:
        yield from super().across(raw)
        both = ("avatar_persona", "voice_agent")
        named = present(raw, both)
        if len(named) != 1:
            words = "give exactly one of avatar_persona and voice_agent"
            yield both[0], Problem(words, both)


TokenBody = LiteBody | FullBody
Voice = OpenAIVoice


def body_model(raw: Mapping[str, Any]) -> type[LiteBody] | type[FullBody]:
    """FULL where `mode` says so; LITE else, which also reports a mode that does not exist."""
    return FullBody if raw.get("mode") == "FULL" else LiteBody


def token_body(raw: Mapping[str, Any]) -> TokenBody:
    """
    Check a body; raises pydantic's ValidationError with every mistake
    (`pulumi_liveavatar.strict.sentences` reads them out).
    """
    return body_model(raw).model_validate(dict(raw))


def canonical(body: Mapping[str, Any]) -> str:
    """One spelling for one meaning: sorted keys, no blanks; 60.0 and 60 are the same number."""
    return json.dumps(_plain(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(body: Mapping[str, Any]) -> str:
    """sha256 of the canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(body).encode()).hexdigest()


def warnings_about(body: Mapping[str, Any]) -> list[str]:
    """What the API accepts and an operator would regret. `body` is a checked one."""
    said = []
    if body.get("is_sandbox") and body.get("avatar_id") not in SANDBOX_AVATARS:
        said.append(f"avatar_id: the sandbox shows only its own avatar ({SANDBOX_AVATARS[0]})")
    if (body.get("video_settings") or {}).get("encoding") == "VP8":
        said.append("video_settings.encoding: VP8 is deprecated; H264 is what LiveAvatar sends by default")
    model = (body.get("openai_realtime_config") or {}).get("model", "")
    if model and "realtime" not in model:
        said.append(
            f"openai_realtime_config.model: {model!r} does not look like an OpenAI Realtime model "
            f"(such as {OPENAI_DEFAULT_MODEL}); nobody checks it, and the avatar would stay silent"
        )
    if body.get("mode") == "LITE" and not present(body, (*CONNECTORS, *ROOMS)):
        said.append("no connector is given: the avatar shows and says only what your own agent sends it")
    return said


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
