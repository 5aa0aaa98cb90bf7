"""Requests that a fault holds back until somebody lets them go."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Literal


@dataclass
class Hold:
    """One held request; ``when`` says whether the call has acted yet."""

    id: int
    method: str
    path: str
    when: Literal["before", "after"]
    released: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


class Holds:
    """All requests that are held right now."""

    def __init__(self) -> None:
        self._holds: dict[int, Hold] = {}
        self._ids = count(1)

    async def hold(self, method: str, path: str, when: Literal["before", "after"]) -> None:
        """Wait here until released."""
        held = Hold(next(self._ids), method, path, when)
        self._holds[held.id] = held
        try:
            await held.released.wait()
        finally:
            self._holds.pop(held.id, None)

    def release(self) -> int:
        """Let all held requests go on; how many there were."""
        for held in self._holds.values():
            held.released.set()
        return len(self._holds)

    def listed(self) -> list[dict[str, object]]:
        """What is held."""
        return [
            {"id": one.id, "method": one.method, "path": one.path, "when": one.when}
            for one in self._holds.values()
        ]
