"""Routes of LiveAvatar secrets (LiveAvatar API facts §2.1). PATCH and PUT answer 405 by not being here."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from liveavatar_emulator.http.access import InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.world.records import SecretType, iso

router = APIRouter(prefix="/v1/secrets", dependencies=[NeedsKey])


class NewSecret(BaseModel):
    """Body of ``POST /v1/secrets``."""

    secret_name: str = Field(min_length=1, max_length=255)
    secret_value: str = Field(min_length=1, repr=False)
    secret_type: SecretType


@router.post("")
async def create(body: NewSecret, here: InHouse) -> Answer:
    """Keep a secret; the answer never repeats its value."""
    made = here.world.secrets.create(**body.model_dump())
    return ok({"id": made.id, "secret_name": made.secret_name})


@router.get("")
async def list_all(here: InHouse) -> Answer:
    """All secrets, newest first, without values and without pages."""
    return ok(
        [
            {
                "id": one.id,
                "secret_name": one.secret_name,
                "secret_type": one.secret_type,
                "created_at": iso(one.created_at),
            }
            for one in here.world.secrets.newest_first()
        ]
    )


@router.delete("/{secret_id}")
async def delete(secret_id: str, here: InHouse) -> Answer:
    """Forget a secret."""
    here.world.secrets.delete(secret_id)
    return ok()
