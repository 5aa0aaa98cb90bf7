"""Routes of voices (LiveAvatar API facts §2.4)."""

import base64
import io
import wave
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from liveavatar_emulator.http.access import InHouse, NeedsKey
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.http.paging import Paged
from liveavatar_emulator.world.records import VoiceRecord, iso

router = APIRouter(prefix="/v1/voices", dependencies=[NeedsKey])
_RATE = 24_000


class Binding(BaseModel):
    """Body of ``POST /v1/voices/third_party``."""

    provider_voice_id: str = Field(min_length=1)
    secret_id: str = Field(min_length=1)
    name: str | None = None


class Renaming(BaseModel):
    """Body of ``PATCH /v1/voices/{voice_id}``."""

    name: str = Field(min_length=1, max_length=64)


@router.get("")
async def list_some(
    here: InHouse, page: Paged, voice_type: Literal["public", "private"] = "public"
) -> Answer:
    """Public or private voices."""
    return ok(page.of(here.world.voices.listed(public=voice_type == "public"), _voice))


@router.post("/third_party")
async def bind(body: Binding, here: InHouse) -> Answer:
    """Bind a third party's voice; its id here is another than there."""
    return ok({"voice_id": here.world.voices.bind(**body.model_dump()).id})


@router.get("/{voice_id}")
async def get(voice_id: UUID, here: InHouse) -> Answer:
    """One voice; neither the provider's id nor the secret's is told."""
    return ok(_voice(here.world.voices.get(str(voice_id))))


@router.patch("/{voice_id}")
async def rename(voice_id: UUID, body: Renaming, here: InHouse) -> Answer:
    """Rename a private voice."""
    return ok(_voice(here.world.voices.rename(str(voice_id), body.name)))


@router.delete("/{voice_id}")
async def delete(voice_id: UUID, here: InHouse) -> Answer:
    """Forget a private voice."""
    here.world.voices.delete(str(voice_id))
    return ok()


@router.get("/{voice_id}/preview")
async def preview(voice_id: UUID, here: InHouse) -> Answer:
    """A sound file; half a second of silence here."""
    here.world.voices.get(str(voice_id))
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(bytes(_RATE))
    return ok({"audio_base64": base64.b64encode(sound.getvalue()).decode()})


def _voice(one: VoiceRecord) -> dict[str, object]:
    return {
        **one.model_dump(exclude={"public", "created_at", "updated_at"}),
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }
