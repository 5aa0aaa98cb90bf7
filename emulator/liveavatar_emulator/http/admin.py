"""The emulator's own door, ``/_emulator``: faults, what happened, the account. No key needed."""

from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from liveavatar_emulator.faults import Rule
from liveavatar_emulator.http.access import InHouse
from liveavatar_emulator.world.account import MOST_CREDITS
from liveavatar_emulator.world.records import SessionRecord

router = APIRouter(prefix="/_emulator")


class AccountChange(BaseModel):
    """Body of ``PATCH /_emulator/account``."""

    model_config = ConfigDict(extra="forbid")

    credits: Decimal | None = Field(default=None, ge=0, le=MOST_CREDITS)
    concurrency: int | None = Field(default=None, ge=0)


@router.get("/health")
async def health(here: InHouse) -> dict[str, object]:
    """Says that the emulator is up, and how many sessions run."""
    return {"ok": True, "active_sessions": len(here.world.sessions.active())}


@router.post("/faults")
async def add_fault(rule: Rule, here: InHouse) -> dict[str, object]:
    """Put a fault in force; with ``session_id`` of a running session it strikes at once."""
    running = {session.id for session in here.world.sessions.active()}
    if rule.session_id in running:
        await here.conductor.play(str(rule.session_id), rule.fault)
    else:
        here.faults.add(rule)
    return rule.model_dump(exclude_none=True)


@router.get("/faults")
async def list_faults(here: InHouse) -> dict[str, object]:
    """Faults in force, and the requests that are held back right now."""
    rules = [rule.model_dump(exclude_none=True) for rule in here.faults.rules()]
    return {"faults": rules, "held": here.holds.listed()}


@router.delete("/faults")
async def clear_faults(here: InHouse) -> dict[str, object]:
    """No fault is in force any more; held requests go on."""
    here.faults.clear()
    await here.conductor.clear_faults()
    return {"released": here.holds.release()}


@router.post("/release")
async def release(here: InHouse) -> dict[str, object]:
    """Let held requests go on."""
    return {"released": here.holds.release()}


@router.get("/sessions")
async def sessions(here: InHouse) -> list[dict[str, object]]:
    """Every session there was, newest first; states are minted, active, ended."""
    found = here.world.sessions.in_state("minted", "active", "ended")
    now, studio = here.world.clock(), here.conductor.studio
    return [{**_view(one, now), "worker_pid": studio.worker_pid(one.id)} for one in found]


@router.get("/calls")
async def calls(here: InHouse) -> list[dict[str, object]]:
    """The latest API calls, oldest first."""
    return here.calls.listed()


@router.get("/account")
async def account(here: InHouse) -> dict[str, object]:
    """Credits left and sessions allowed at once."""
    return {
        "credits": str(here.world.account.credits_left),
        "concurrency": here.world.account.concurrency,
    }


@router.patch("/account")
async def change_account(body: AccountChange, here: InHouse) -> dict[str, object]:
    """Set credits or concurrency."""
    here.world.account.set(credits_left=body.credits, concurrency=body.concurrency)
    return await account(here)


@router.post("/reset")
async def reset(here: InHouse) -> dict[str, object]:
    """A fresh account: sessions ended, objects gone, no faults, no calls."""
    here.faults.clear()
    here.holds.release()
    await here.conductor.end_all("SERVER_ERROR")
    here.world.reset()
    here.calls.clear()
    return {"ok": True}


def _view(one: SessionRecord, now: float) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state,
        "mode": one.mode,
        "avatar_id": one.avatar_id,
        "is_sandbox": one.is_sandbox,
        "created_at": one.created_at,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "end_reason": one.end_reason,
        "duration": one.duration(now),
        "credits_consumed": one.credits_consumed,
        "user_present": one.user_present,
        "bridge": one.bridge,
        "bridge_detail": one.bridge_detail,
        "request": _without_tokens(one.request),
    }


def _without_tokens(request: dict[str, object]) -> dict[str, object]:
    return {name: part for name, part in request.items() if name not in ("livekit_config", "agora_config")}
