"""Routes of what the account finds: avatars, credits, models, languages (LiveAvatar API facts §2.3-2.10)."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from liveavatar_emulator.http.access import House, InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.http.paging import Paged
from liveavatar_emulator.world.catalog import LANGUAGES, LLM_MODELS
from liveavatar_emulator.world.records import AvatarRecord, iso

router = APIRouter()
_SPACE = "d1b2c3d4-0001-4000-8000-000000000001"


class AvatarChange(BaseModel):
    """Body of ``PATCH /v1/avatars/{id}``."""

    name: str | None = Field(default=None, min_length=1)
    default_voice_id: UUID | None = None


@router.get("/v1/users/credits", dependencies=[NeedsKey])
async def credits_left(here: InHouse) -> Answer:
    """Credits left, as a decimal string."""
    return ok({"credits_left": str(here.world.account.credits_left)})


@router.get("/v1/languages")
async def languages() -> Answer:
    """Languages; no key needed."""
    return ok(LANGUAGES)


@router.get("/v1/llm-models")
async def llm_models() -> Answer:
    """The static catalogue of models; no key needed."""
    return ok(LLM_MODELS, "LLM models retrieved successfully")


@router.get("/v1/avatars", dependencies=[NeedsKey])
async def own_avatars(here: InHouse, page: Paged) -> Answer:
    """The account's own avatars."""
    return ok(page.of(here.world.avatars.listed(public=False), lambda one: _avatar(here, one)))


@router.get("/v1/avatars/public")
async def public_avatars(here: InHouse, page: Paged) -> Answer:
    """Everybody's avatars; no key needed."""
    return ok(page.of(here.world.avatars.listed(public=True), lambda one: _avatar(here, one)))


@router.get("/v1/avatars/{avatar_id}", dependencies=[NeedsKey])
async def get_avatar(avatar_id: UUID, here: InHouse) -> Answer:
    """One avatar."""
    return ok(_avatar(here, here.world.avatars.get(str(avatar_id))))


@router.patch("/v1/avatars/{avatar_id}", dependencies=[NeedsKey])
async def update_avatar(avatar_id: UUID, body: AvatarChange, here: InHouse) -> Answer:
    """Rename an own avatar, or give it another voice."""
    changes = body.model_dump(mode="json", exclude_none=True)
    return ok(_avatar(here, here.world.avatars.update(str(avatar_id), changes)))


@router.delete("/v1/avatars/{avatar_id}", dependencies=[NeedsKey])
async def delete_avatar(avatar_id: UUID, here: InHouse) -> Answer:
    """Soft-delete an own avatar; its running sessions end AVATAR_DELETED."""
    here.world.avatars.delete(str(avatar_id))
    for session in here.world.sessions.active():
        if session.avatar_id == str(avatar_id):
            await here.conductor.stop(session.id, "AVATAR_DELETED")
    return ok()


def _avatar(_here: House, one: AvatarRecord) -> dict[str, object]:
    return {
        "id": one.id,
        "space_id": None if one.public else _SPACE,
        "type": "VIDEO",
        "status": "ACTIVE",
        "name": one.name,
        "preview_url": None,
        "is_expired": False,
        "default_voice": {"id": one.default_voice_id, "name": one.name} if one.default_voice_id else None,
        "is_1080p": one.is_1080p,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "error_message": None,
    }
