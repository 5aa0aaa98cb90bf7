"""The two doors of the stand-in: a list of models by HTTP, conversations by WebSocket."""

import asyncio
import json
import re
from collections.abc import Callable, Collection
from typing import Any

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from liveavatar_emulator.openai_stand_in.seen import Seen, SeenSession
from liveavatar_emulator.openai_stand_in.talk import Talk
from liveavatar_emulator.openai_stand_in.wire import MODELS, Refused, error_body, new_id
from liveavatar_emulator.reading import object_of

REALTIME = re.compile(r"gpt-[a-z0-9.-]*realtime[a-z0-9.-]*")
REFUSED_MODEL = 4000  # WebSocket close code


def create_app(
    accepts: Callable[[str], bool],
    *,
    models: Collection[str] | None = None,
    takes_temperature: bool = True,
    think_s: float = 0.25,
    pace: float = 3.0,
) -> FastAPI:
    """
    The application: `/v1/models`, `/v1/realtime` and `/v1/_seen`.

    `accepts` says whether a key is good. `models` are those it has; unless given, a few well-known ones, and
    any other that is named like a Realtime model. `takes_temperature=False` refuses
    `session.temperature`, as a service does that knows the generally available session only.
    """
    app = FastAPI(title="OpenAI stand-in", docs_url=None, redoc_url=None, openapi_url=None)
    seen = Seen()

    @app.get("/v1/models")
    async def list_models(request: Request) -> Any:
        refusal = _refuse(request.headers.get("authorization"), accepts)
        if refusal:
            return JSONResponse({"error": refusal}, 401)
        data = [
            {"id": m, "object": "model", "created": 1756339200, "owned_by": "system"}
            for m in models or MODELS
        ]
        return {"object": "list", "data": data}

    @app.get("/v1/_seen")
    async def what_arrived() -> Any:
        return {"sessions": seen.as_json()}

    @app.websocket("/v1/realtime")
    async def realtime(socket: WebSocket) -> None:
        refusal = _refuse(socket.headers.get("authorization"), accepts)
        if refusal:
            await socket.send_denial_response(JSONResponse({"error": refusal}, 401))
            return
        await socket.accept()
        model = socket.query_params.get("model", "")
        if not _has(model, models):
            await _no_such_model(socket, model)
            return
        record = seen.begin(new_id("sess"), model)
        line = _Line(socket)
        talk = Talk(line.send, record, takes_temperature=takes_temperature, think_s=think_s, pace=pace)
        try:
            await talk.begin()
            await _converse(line, talk, record)
        except WebSocketDisconnect:
            pass
        finally:
            record.open = False
            line.gone = True
            await talk.end()

    return app


def _has(model: str, models: Collection[str] | None) -> bool:
    return model in models if models is not None else bool(model in MODELS or REALTIME.fullmatch(model))


class _Line:
    """A socket that takes events from several tasks at once, one after the other."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket, self.gone = socket, False
        self._lock = asyncio.Lock()

    async def send(self, event: dict[str, Any]) -> None:
        async with self._lock:
            if self.gone:
                return
            try:
                await self.socket.send_text(json.dumps(event))
            except (WebSocketDisconnect, RuntimeError):
                self.gone = True

    async def hear(self) -> str:
        """The next message; bytes, which the protocol has no use for, are an empty one."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return str(message.get("text") or "")

    async def refuse(self, body: dict[str, Any], event_id: str | None = None) -> None:
        error = {**body, "event_id": event_id}
        await self.send({"type": "error", "event_id": new_id("event"), "error": error})


async def _converse(line: _Line, talk: Talk, record: SeenSession) -> None:
    while True:
        event = object_of(await line.hear())
        if event is None:
            await line.refuse(error_body("The message is no JSON object.", code="invalid_json"))
            continue
        try:
            await talk.take(event)
        except Refused as refused:
            record.refused.append(str(refused.body["code"]))
            await line.refuse(refused.body, event.get("event_id"))


async def _no_such_model(socket: WebSocket, model: str) -> None:
    message = f"The model `{model[:80]}` does not exist or you do not have access to it."
    await _Line(socket).refuse(error_body(message, code="model_not_found"))
    await socket.close(REFUSED_MODEL, "invalid_request_error.model_not_found")


def _refuse(authorization: str | None, accepts: Callable[[str], bool]) -> dict[str, Any] | None:
    """OpenAI's words for a missing or wrong key; unlike OpenAI's, they never repeat a part of it."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        message = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header."
        )
        return {**error_body(message, code="invalid_api_key"), "code": None}
    if not accepts(key.strip()):
        where = "You can find your API key at https://platform.openai.com/account/api-keys."
        return error_body(f"Incorrect API key provided. {where}", code="invalid_api_key")
    return None
