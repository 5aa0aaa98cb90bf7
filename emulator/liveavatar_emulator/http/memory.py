"""Routes of session memories and feedback (LiveAvatar API facts §2.10)."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from liveavatar_emulator.http.access import InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.http.paging import Paged
from liveavatar_emulator.world.records import MemoryRecord, iso

router = APIRouter(dependencies=[NeedsKey])


class NewMemory(BaseModel):
    """Body of ``POST /v1/memory``."""

    memory_type: Literal["session"]
    session_id: UUID


class FeedbackData(BaseModel):
    """What an agent's author tells the service."""

    use_case: str | None = None
    blockers: str | None = None
    additional_feedback: str | None = None


class Feedback(BaseModel):
    """Body of ``POST /v1/feedback/agents``."""

    feedback_data: FeedbackData


@router.get("/v1/memory")
async def list_all(here: InHouse, page: Paged, type: Literal["session"] | None = None) -> Answer:  # noqa: A002 - the API's own name
    """All memories."""
    del type  # there is only one type yet
    return ok(page.of(here.world.memories.newest_first(), _memory))


@router.post("/v1/memory")
async def create(body: NewMemory, here: InHouse) -> Answer:
    """Remember a session."""
    return ok(_memory(here.world.memories.create(str(body.session_id))))


@router.get("/v1/memory/{memory_id}")
async def get(memory_id: UUID, here: InHouse) -> Answer:
    """One memory."""
    return ok(_memory(here.world.memories.get(str(memory_id))))


@router.delete("/v1/memory/{memory_id}", status_code=204)
async def delete(memory_id: UUID, here: InHouse) -> None:
    """Forget a memory; the one delete that answers 204 (LiveAvatar API facts §1.2)."""
    here.world.memories.delete(str(memory_id))


@router.post("/v1/feedback/agents")
async def feedback(body: Feedback) -> Answer:
    """Take feedback, and throw it away."""
    del body
    return ok()


def _memory(one: MemoryRecord) -> dict[str, object]:
    return {
        "id": one.id,
        "memory_type": one.memory_type,
        "session_id": one.session_id,
        "created_at": iso(one.created_at),
    }
