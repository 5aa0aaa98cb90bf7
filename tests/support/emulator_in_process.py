"""The emulator's API without a process: a fake clock, a studio that only takes notes, and a client."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from liveavatar_emulator.calls import CallLog
from liveavatar_emulator.conductor import Conductor
from liveavatar_emulator.faults import Fault, FaultBook
from liveavatar_emulator.holds import Holds
from liveavatar_emulator.http import CALLS_A_SECOND, create_app
from liveavatar_emulator.http.access import House
from liveavatar_emulator.jobs import Job
from liveavatar_emulator.network import conditions
from liveavatar_emulator.no_media import NoMedia
from liveavatar_emulator.store import Store
from liveavatar_emulator.way_in import Addresses
from liveavatar_emulator.world import Plan, World

if TYPE_CHECKING:
    import asyncio

API_KEY = "a-key-for-tests"
JUNE = "a1b2c3d4-0001-4000-8000-000000000001"
INES = "a1b2c3d4-0003-4000-8000-000000000003"
WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
NOBODY = "00000000-0000-4000-8000-000000000000"


class Clock:
    """Time that passes only when told to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class NotingStudio(NoMedia):
    """
    Notes what it is told; ``present`` holds the sessions that have a user in their room, ``networks`` the
    faults on the way of those that were given a detour.
    """

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Job] = {}
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self.closed: dict[str, str] = {}
        self.present: set[str] = set()
        self.networks: dict[str, list[str]] = {}
        self.slow: asyncio.Event | None = None

    async def open(self, job: Job) -> None:
        """Note the job, at once or when let."""
        if self.slow is not None:
            await self.slow.wait()
        self.jobs[job.session_id] = job

    async def tell(self, session_id: str, command: Mapping[str, object]) -> None:
        """Note the command."""
        self.told.append((session_id, command))

    async def address_for(self, session_id: str, faults: Iterable[Fault]) -> str:
        """An address of its own for a session with a network fault."""
        faults = list(faults)
        if conditions(faults) is None:
            return self.livekit_url
        self.networks[session_id] = [fault.name for fault in faults]
        return f"ws://127.0.0.1:9/{session_id}"

    def change_network(self, session_id: str, faults: Iterable[Fault]) -> bool:
        """Note the change, if there is a detour."""
        if session_id in self.networks:
            self.networks[session_id] = [fault.name for fault in faults]
        return session_id in self.networks

    async def close(self, session_id: str, reason: str) -> None:
        """Note the end."""
        self.closed[session_id] = reason

    async def user_in(self, session_id: str) -> bool:
        """Whether the test put a user there."""
        return session_id in self.present


@dataclass
class Desk:
    """Everything a test wants to reach: the client's side and the world behind it."""

    http: TestClient
    world: World
    conductor: Conductor
    studio: NotingStudio
    clock: Clock
    house: House
    key: dict[str, str] = field(default_factory=lambda: {"X-API-KEY": API_KEY})

    def call(self, method: str, path: str, body: object = None, *, key: bool = True, **kwargs: Any) -> Any:
        """One call with the API key; the raw answer."""
        headers = {**(self.key if key else {}), **kwargs.pop("headers", {})}
        return self.http.request(method, path, json=body, headers=headers, **kwargs)

    def data(self, method: str, path: str, body: object = None, **kwargs: Any) -> Any:
        """One call that must succeed; what the envelope holds."""
        answer = self.call(method, path, body, **kwargs)
        assert answer.status_code < 300, answer.text
        assert answer.json()["code"] == 1000
        return answer.json()["data"]

    def secret(self, name: str = "openai", value: str = "sk-test-value") -> str:
        """The id of a new secret."""
        body = {"secret_name": name, "secret_type": "OPENAI_API_KEY", "secret_value": value}
        return str(self.data("POST", "/v1/secrets", body)["id"])

    def context(self, name: str = "greeter", prompt: str = "You greet people.") -> str:
        """The id of a new context."""
        body = {"name": name, "prompt": prompt, "opening_text": "Hello!"}
        return str(self.data("POST", "/v1/contexts", body)["id"])

    def minted(self, **changes: object) -> tuple[str, dict[str, str]]:
        """A session ready to start, and the header that starts it; changes override the plain body."""
        body = {"mode": "LITE", "avatar_id": JUNE, **changes}
        made = self.data("POST", "/v1/sessions/token", body)
        return made["session_id"], {"Authorization": f"Bearer {made['session_token']}"}

    def started(self, **changes: object) -> tuple[str, dict[str, str]]:
        """A running session, and its holder's header."""
        session_id, holder = self.minted(**changes)
        self.data("POST", "/v1/sessions/start", key=False, headers=holder)
        return session_id, holder

    def session(self, session_id: str) -> dict[str, Any]:
        """One session, as the API shows it."""
        found: dict[str, Any] = self.data("GET", f"/v1/sessions/{session_id}")
        return found

    def wait(self, seconds: float) -> None:
        """Let time pass, a second at a time, with the conductor watching."""
        assert self.http.portal is not None
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.http.portal.call(self.conductor.look)


def desk(
    *, state: Path | None = None, plan: Plan | None = None, calls_a_second: int = CALLS_A_SECOND
) -> Desk:
    """A fresh emulator; use its ``http`` as a context manager."""
    clock = Clock()
    studio = NotingStudio()
    faults = FaultBook()
    world = World(Store(state), plan=plan, clock=clock)
    addresses = Addresses("http://testserver", "http://127.0.0.1:1/openai/v1", dead="ws://127.0.0.1:2")
    conductor = Conductor(world, studio, faults, addresses)
    house = House(world, conductor, faults, Holds(), CallLog(clock), API_KEY)
    http = TestClient(create_app(house, calls_a_second=calls_a_second))
    return Desk(http=http, world=world, conductor=conductor, studio=studio, clock=clock, house=house)
