"""A studio without rooms, for work on the API alone (``--no-media``)."""

import secrets
import time
from collections.abc import Iterable, Mapping

from liveavatar_emulator.faults import Fault
from liveavatar_emulator.jobs import Job
from liveavatar_emulator.tokens import room_token


class NoMedia:
    """
    Sessions start, run and end as always, but nobody can join them: the address answers nothing.

    Without a room nobody can be seen there, so only keep-alive holds such a session.
    """

    livekit_url = "ws://127.0.0.1:9"  # the discard port

    def __init__(self) -> None:
        self._secret = secrets.token_hex(32)

    async def ready(self) -> None:
        """Always ready."""

    def token(self, identity: str, room: str) -> str:
        """A token of the right shape for a server that does not exist."""
        return room_token("emulator", self._secret, identity=identity, room=room, now=time.time())

    async def open(self, job: Job) -> None:
        """Nobody is sent."""

    async def tell(self, session_id: str, command: Mapping[str, object]) -> None:
        """Nobody listens."""

    async def address_for(self, session_id: str, faults: Iterable[Fault]) -> str:
        """The same for all."""
        del session_id, faults
        return self.livekit_url

    def change_network(self, session_id: str, faults: Iterable[Fault]) -> bool:
        """There is none."""
        del session_id, faults
        return False

    async def close(self, session_id: str, reason: str) -> None:
        """Nothing is open."""

    def worker_pid(self, session_id: str) -> int | None:
        """There is none."""
        del session_id
        return None

    async def user_in(self, session_id: str) -> bool:
        """Nobody is in a room that does not exist."""
        del session_id
        return False

    async def shut(self) -> None:
        """Nothing to end."""
