"""Routes of embeds and voice agents (LiveAvatar API facts §2.6, §2.7)."""

from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from liveavatar_emulator.http.access import InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.world.records import VoiceAgentRecord, iso

router = APIRouter(dependencies=[NeedsKey])


class NewEmbed(BaseModel):
    """Body of ``POST /v2/embeddings``."""

    avatar_id: UUID
    context_id: UUID | None = None
    voice_agent_id: UUID | None = None
    voice_id: UUID | None = None
    type: Literal["DEFAULT", "WIDGET"] = "DEFAULT"
    max_session_duration: int | None = Field(default=None, gt=0)
    default_language: str | None = Field(default=None, max_length=5)
    is_sandbox: bool = False
    orientation: Literal["horizontal", "vertical"] = "horizontal"

    @model_validator(mode="after")
    def _one_speaker(self) -> Self:
        if (self.context_id is None) == (self.voice_agent_id is None):
            raise PydanticCustomError("value_error", "Provide exactly one of context_id or voice_agent_id")
        if self.voice_agent_id is not None and self.voice_id is not None:
            raise PydanticCustomError("value_error", "voice_id cannot be combined with voice_agent_id")
        return self


@router.post("/v2/embeddings")
async def create(body: NewEmbed, here: InHouse) -> Answer:
    """Make an embed; there is no way to read it again."""
    made = here.world.embeds.create(body.model_dump(mode="json"))
    url = f"https://embed.liveavatar.com/v1/{made.id}"
    answer: dict[str, object] = {"embed_id": made.id, "url": url, "orientation": made.orientation}
    if made.type == "WIDGET":
        answer["script"] = f'<script src="{url}/widget.js" async></script>'
    return ok(answer)


@router.get("/v1/voice_agents")
async def list_agents(here: InHouse) -> Answer:
    """All voice agents, without their configuration."""
    return ok([_agent(one) for one in here.world.voice_agents.listed()])


@router.get("/v1/voice_agents/{agent_id}")
async def get_agent(agent_id: UUID, here: InHouse) -> Answer:
    """One voice agent, with its configuration."""
    found = here.world.voice_agents.get(str(agent_id))
    return ok({**_agent(found), "agent_configuration": found.agent_configuration})


@router.delete("/v1/voice_agents/{agent_id}")
async def delete_agent(agent_id: UUID, here: InHouse) -> Answer:
    """Forget a voice agent; 409 while embeds refer to it."""
    here.world.voice_agents.delete(str(agent_id), here.world.embeds)
    return ok()


def _agent(one: VoiceAgentRecord) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "agent_type": one.agent_type,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }
