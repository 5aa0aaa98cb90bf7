"""The WebSocket behind ``ws_url``: whoever holds it can make the avatar speak (LiveAvatar API facts §3.5)."""

import asyncio
import hmac
from contextlib import suppress

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from liveavatar_emulator.agent_line import AgentLine, Event, session_state
from liveavatar_emulator.http.access import House
from liveavatar_emulator.reading import object_of
from liveavatar_emulator.way_in import agent_pass

router = APIRouter()
_TICK_S = 0.05
_NOT_ALLOWED = 1008
_OVER = 1000


@router.websocket("/v1/agent-socket/{session_id}/{given}")
async def agent_socket(socket: WebSocket, session_id: str, given: str) -> None:
    """Hold the line until the caller hangs up or the session ends."""
    here: House = socket.app.state.house
    if not hmac.compare_digest(given.encode(), agent_pass(here.world.signing_key, session_id).encode()):
        await socket.close(_NOT_ALLOWED)
        return
    await socket.accept()
    line = AgentLine(here.world.clock)
    listening = asyncio.create_task(_listen(socket, here, line, session_id))
    with suppress(WebSocketDisconnect, RuntimeError):
        await _send(socket, [session_state("connected")])
        while not listening.done() and here.world.sessions.get(session_id).state == "active":
            await _send(socket, line.tick())
            await asyncio.wait({listening}, timeout=_TICK_S)
        if not listening.done():
            await _send(socket, [session_state("closed")])
            await socket.close(_OVER)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def _listen(socket: WebSocket, here: House, line: AgentLine, session_id: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            received = await socket.receive()
            if received["type"] == "websocket.disconnect":
                return
            events, command = line.take(object_of(received.get("text") or ""))
            here.conductor.sign_of_life(session_id)
            if command is not None:
                await here.conductor.studio.tell(session_id, command)
            await _send(socket, events)


async def _send(socket: WebSocket, events: list[Event]) -> None:
    for event in events:
        await socket.send_json(event)
