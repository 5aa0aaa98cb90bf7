"""The door: FastAPI routes that turn calls into the world's rules and back."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.types import ASGIApp

from liveavatar_emulator.http import (
    admin,
    agent_socket,
    catalogue,
    contexts,
    embeds,
    llm,
    memory,
    secrets,
    sessions,
    voices,
)
from liveavatar_emulator.http.access import House
from liveavatar_emulator.http.bodies import WritableBody
from liveavatar_emulator.http.envelope import invalid, refused
from liveavatar_emulator.http.pages import OpenToPages
from liveavatar_emulator.http.rate_limits import RateLimits
from liveavatar_emulator.http.striking import Striking
from liveavatar_emulator.refusal import Refusal

CALLS_A_SECOND = 200


def create_app(
    house: House, *, calls_a_second: int = CALLS_A_SECOND, openai_stand_in: ASGIApp | None = None
) -> FastAPI:
    """
    The API, the admin API and, where given, the OpenAI-compatible endpoint at ``/openai``.

    The API is open to browser pages, because the vendor's web SDK calls it from one.
    """
    app = FastAPI(
        title="LiveAvatar emulator", docs_url="/_emulator/docs", openapi_url="/_emulator/openapi.json"
    )
    app.state.house = house
    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    for room in (secrets, contexts, llm, voices, embeds, sessions, memory, catalogue, admin):
        app.include_router(room.router, dependencies=[WritableBody])
    app.include_router(agent_socket.router)
    if openai_stand_in is not None:
        app.mount("/openai", openai_stand_in)
    # The last one added is the first to see a call.
    app.add_middleware(RateLimits, limit=calls_a_second, clock=house.world.clock)
    app.add_middleware(Striking, house=house)
    app.add_middleware(OpenToPages)
    return app
