"""What a session's request refers to, looked up when the session starts (LiveAvatar API facts §3.7)."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.world.avatars import Avatars
from liveavatar_emulator.world.contexts import Contexts
from liveavatar_emulator.world.embeds import VoiceAgents
from liveavatar_emulator.world.llm import LlmConfigurations
from liveavatar_emulator.world.records import Encoding, Mode, Quality
from liveavatar_emulator.world.secrets import Secrets

CONNECTORS = (
    "openai_realtime_config",
    "gemini_realtime_config",
    "elevenlabs_agent_config",
    "cartesia_agent_config",
)


class Wanted(BaseModel):
    """The parts of a token request that rules look at; its shape was checked at the door."""

    model_config = ConfigDict(extra="ignore")

    mode: Mode
    avatar_id: str
    is_sandbox: bool = False
    max_session_duration: int | None = None
    quality: Quality = "high"
    encoding: Encoding = "H264"
    context_id: str | None = None
    secret_id: str | None = None
    llm_configuration_id: str | None = None
    voice_agent_id: str | None = None
    openai: dict[str, object] | None = None
    livekit: dict[str, str] | None = None
    connector: str | None = None


def read_request(request: dict[str, object]) -> Wanted:
    """Pick what the rules need out of a token request."""
    connector = next((name for name in CONNECTORS if request.get(name)), None)
    settings = _part(request, connector) if connector else _part(request, "avatar_persona")
    video = _part(request, "video_settings")
    return Wanted.model_validate(
        {
            **{name: request[name] for name in Wanted.model_fields if name in request},
            "quality": video.get("quality") or "high",
            "encoding": video.get("encoding") or "H264",
            "context_id": settings.get("context_id"),
            "secret_id": settings.get("secret_id"),
            "voice_agent_id": _part(request, "voice_agent").get("id"),
            "openai": _part(request, "openai_realtime_config") or None,
            "livekit": _part(request, "livekit_config") or None,
            "connector": connector,
        }
    )


@dataclass(frozen=True)
class References:
    """Knows where every kind of reference is looked up."""

    avatars: Avatars
    secrets: Secrets
    contexts: Contexts
    llm_configurations: LlmConfigurations
    voice_agents: VoiceAgents

    def check(self, wanted: Wanted) -> None:
        """
        Refuse with 400 a request that refers to what is not there.

        The text for LLM configurations was measured (LiveAvatar API facts §1.3), the others follow it.
        """
        avatar = self.avatars.demand(wanted.avatar_id)
        if wanted.is_sandbox and not avatar.sandbox:
            # LiveAvatar API facts §4, Sandbox.
            raise Refusal(400, f"Avatar '{wanted.avatar_id}' is not available in sandbox mode")
        if wanted.quality == "very_high" and not avatar.is_1080p:
            # §3.3: 1080p needs a 1080p avatar. That it is refused rather than scaled down is assumed.
            raise Refusal(400, f"Avatar '{wanted.avatar_id}' does not support 1080p (quality very_high)")
        if wanted.secret_id is not None:
            self.secrets.demand(wanted.secret_id)
        if wanted.context_id is not None:
            self.contexts.demand(wanted.context_id)
        if wanted.llm_configuration_id is not None:
            self.llm_configurations.demand(wanted.llm_configuration_id)
        if wanted.voice_agent_id is not None:
            self.voice_agents.demand(wanted.voice_agent_id)


def _part(request: dict[str, object], name: str) -> dict[str, object]:
    part = request.get(name)
    return part if isinstance(part, dict) else {}
