"""Routes of contexts (LiveAvatar API facts §2.2)."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from liveavatar_emulator.http.access import InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.http.paging import Paged
from liveavatar_emulator.world.contexts import required_dynamic_variables
from liveavatar_emulator.world.records import ContextRecord, iso

router = APIRouter(prefix="/v1/contexts", dependencies=[NeedsKey])


class LinkBody(BaseModel):
    """A link on input; the id is given on output always."""

    url: str
    faq: str
    id: UUID | None = None


class ContextBody(BaseModel):
    """
    Body of create and of update: the same three demanded fields (LiveAvatar API facts §2.2).

    ``opening_text`` must be there but may be null, which is how the reference's generator reads.
    """

    name: str
    prompt: str
    opening_text: str | None
    links: list[LinkBody] | None = None


@router.get("")
async def list_all(here: InHouse, page: Paged) -> Answer:
    """Contexts, newest first, without prompts."""
    return ok(page.of(here.world.contexts.newest_first(), _short))


@router.post("")
async def create(body: ContextBody, here: InHouse) -> Answer:
    """Keep a context; 200, not 201 (LiveAvatar API facts §1.2)."""
    return ok(_detail(here.world.contexts.create(**body.model_dump(mode="json"))))


@router.get("/{context_id}")
async def get(context_id: UUID, here: InHouse) -> Answer:
    """One context."""
    return ok(_detail(here.world.contexts.get(str(context_id))))


@router.patch("/{context_id}")
async def update(context_id: UUID, body: ContextBody, here: InHouse) -> Answer:
    """Change a context as a whole."""
    return ok(_detail(here.world.contexts.update(str(context_id), **body.model_dump(mode="json"))))


@router.delete("/{context_id}")
async def delete(context_id: UUID, here: InHouse) -> Answer:
    """Forget a context."""
    here.world.contexts.delete(str(context_id))
    return ok()


def _short(one: ContextRecord) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }


def _detail(one: ContextRecord) -> dict[str, object]:
    return {
        **_short(one),
        "prompt": one.prompt,
        "opening_text": one.opening_text,
        "links": [link.model_dump() for link in one.links],
        "required_dynamic_variables": required_dynamic_variables(one),
    }
