"""Routes of sessions (LiveAvatar API facts §2.9)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import BaseModel

from liveavatar_emulator.http.access import InHouse, KeyOrHolder, NeedsKey, SessionHolder
from liveavatar_emulator.http.envelope import Answer, ok
from liveavatar_emulator.http.paging import Paged
from liveavatar_emulator.http.token_body import TokenBody
from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.tokens import session_token
from liveavatar_emulator.world.records import EndReason, SessionRecord, iso

router = APIRouter(prefix="/v1/sessions")


class StopBody(BaseModel):
    """Body of stop; a missing body means USER_CLOSED, a body without reason UNKNOWN."""

    session_id: UUID | None = None
    reason: EndReason = "UNKNOWN"


class WhichBody(BaseModel):
    """Body of keep-alive."""

    session_id: UUID | None = None


@router.post("/token", dependencies=[NeedsKey])
async def token(body: TokenBody, here: InHouse) -> Answer:
    """Freeze a session's configuration into a token; ids are checked for shape only (§3.1)."""
    request = body.model_dump(mode="json", exclude_none=True)
    session = here.world.sessions.mint(request)
    minted = session_token(here.world.signing_key, session.id, request, here.world.clock())
    return ok({"session_id": session.id, "session_token": minted})


@router.post("/start", status_code=201)
async def start(session_id: SessionHolder, here: InHouse) -> Answer:
    """Start the token's session. Whatever body comes is ignored: all clients' habits work (§2.9)."""
    return ok(await here.conductor.start(session_id))


@router.post("/stop")
async def stop(holder: KeyOrHolder, here: InHouse, body: Annotated[StopBody | None, Body()] = None) -> Answer:
    """End a session, by its token or by the API key with its id."""
    given = body or StopBody(reason="USER_CLOSED")
    await here.conductor.stop(_which(holder, given.session_id), given.reason)
    return ok()


@router.post("/keep-alive")
async def keep_alive(
    holder: KeyOrHolder, here: InHouse, body: Annotated[WhichBody | None, Body()] = None
) -> Answer:
    """A sign of life."""
    here.world.sessions.keep_alive(_which(holder, (body or WhichBody()).session_id))
    return ok()


@router.get("", dependencies=[NeedsKey])
async def list_some(
    here: InHouse,
    page: Paged,
    *,
    type: Literal["active", "historic"],  # noqa: A002 - the API's own name
    avatar_id: UUID | None = None,
    embed_id: UUID | None = None,
    context_id: UUID | None = None,
) -> Answer:
    """Running or past sessions."""
    rows = [
        one
        for one in here.world.sessions.in_state("active" if type == "active" else "ended")
        if one.started_at is not None
        and avatar_id in (None, UUID(one.avatar_id))
        and (context_id is None or one.context_id == str(context_id))
        and embed_id is None
    ]
    return ok(page.of(rows, lambda one: _row(one, here.world.clock())))


@router.get("/{session_id}", dependencies=[NeedsKey])
async def get(session_id: UUID, here: InHouse) -> Answer:
    """One session. The newer answer's exact schema is uncertain, so both families of names (§6.22)."""
    found = here.world.sessions.get(str(session_id))
    now = here.world.clock()
    return ok(
        {
            **_row(found, now),
            "status": found.state,
            "start_at": iso(found.started_at) if found.started_at else None,
            "end_at": iso(found.ended_at) if found.ended_at else None,
            "end_reason": found.end_reason,
            "credits_used": float(found.credits_consumed),
            "avatar_id": found.avatar_id,
            "context_id": found.context_id,
            "max_session_duration": found.max_session_duration,
        }
    )


@router.get("/{session_id}/transcript", dependencies=[NeedsKey])
async def transcript(
    session_id: UUID,
    here: InHouse,
    start_timestamp: float | None = None,
    end_timestamp: float | None = None,
) -> Answer:
    """What was said. Timestamps are milliseconds since the epoch; relative ones count from the start."""
    found = here.world.sessions.get(str(session_id))
    began = found.started_at or found.created_at
    lines = [
        {
            "role": line.role,
            "transcript": line.text,
            "absolute_timestamp": int(line.at * 1000),
            "relative_timestamp": int((line.at - began) * 1000),
        }
        for line in found.transcript
        if (start_timestamp is None or line.at * 1000 >= start_timestamp)
        and (end_timestamp is None or line.at * 1000 <= end_timestamp)
    ]
    following = int(found.transcript[-1].at * 1000) + 1 if found.transcript else None
    active = found.state == "active"
    return ok({"session_active": active, "next_timestamp": following, "transcript_data": lines})


@router.delete("/{session_id}/events")
async def delete_events(session_id: UUID, holder: KeyOrHolder, here: InHouse) -> Answer:
    """Hard-delete a session's stored events."""
    here.world.sessions.forget_events(_which(holder, session_id))
    return ok()


def _which(holder: str | None, named: UUID | None) -> str:
    """A token names its session; the API key must name one (LiveAvatar API facts §1.1)."""
    if holder is None and named is None:
        raise Refusal(400, "session_id is required when authenticating with an API key")
    if holder is not None and named is not None and str(named) != holder:
        raise Refusal(403, "Session token does not belong to this session")
    return holder or str(named)


def _row(one: SessionRecord, now: float) -> dict[str, object]:
    row: dict[str, object] = {
        "id": one.id,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "duration": one.duration(now),
        "source": "API",
        "mode": one.mode,
        "is_sandbox": one.is_sandbox,
        "credits_consumed": float(one.credits_consumed),
    }
    if one.state == "ended" and one.ended_at is not None:
        row |= {"end_at": iso(one.ended_at), "end_reason": one.end_reason}
    return row
