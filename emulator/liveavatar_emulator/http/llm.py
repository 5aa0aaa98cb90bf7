"""Routes of LLM configurations (LiveAvatar API facts §2.3)."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from liveavatar_emulator.http.access import InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.world.records import LlmRecord, iso

router = APIRouter(prefix="/v1/llm-configurations", dependencies=[NeedsKey])


class NewLlm(BaseModel):
    """Body of create."""

    display_name: str = Field(min_length=1, max_length=255)
    model_name: str = Field(min_length=1, max_length=255)
    secret_id: str = Field(min_length=1, max_length=36)
    base_url: str | None = Field(default=None, min_length=1)


class LlmChange(BaseModel):
    """Body of update: any subset."""

    display_name: str | None = Field(default=None, min_length=1, max_length=255)
    model_name: str | None = Field(default=None, min_length=1, max_length=255)
    secret_id: str | None = Field(default=None, min_length=1, max_length=36)
    base_url: str | None = Field(default=None, min_length=1)


@router.get("")
async def list_all(here: InHouse) -> Answer:
    """All of them, newest first, without ``base_url``."""
    return ok([_short(one) for one in here.world.llm_configurations.newest_first()])


@router.post("")
async def create(body: NewLlm, here: InHouse) -> Answer:
    """Keep one."""
    return ok(_full(here.world.llm_configurations.create(**body.model_dump())))


@router.get("/{config_id}")
async def get(config_id: str, here: InHouse) -> Answer:
    """One of them."""
    return ok(_full(here.world.llm_configurations.get(config_id)))


@router.patch("/{config_id}")
async def update(config_id: str, body: LlmChange, here: InHouse) -> Answer:
    """Change the named fields."""
    changes = body.model_dump(exclude_none=True)
    return ok(_full(here.world.llm_configurations.update(config_id, changes)))


@router.delete("/{config_id}")
async def delete(config_id: str, here: InHouse) -> Answer:
    """Forget one."""
    here.world.llm_configurations.delete(config_id)
    return ok()


def _short(one: LlmRecord) -> dict[str, object]:
    return {
        "id": one.id,
        "display_name": one.display_name,
        "model_name": one.model_name,
        "secret_id": one.secret_id,
    }


def _full(one: LlmRecord) -> dict[str, object]:
    return {
        **_short(one),
        "base_url": one.base_url,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }
