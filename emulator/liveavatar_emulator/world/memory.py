"""Rules for session memories (LiveAvatar API facts §2.10)."""

from collections.abc import Callable

from liveavatar_emulator.refusal import missing
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.records import MemoryRecord
from liveavatar_emulator.world.sessions import Sessions


class Memories:
    """What FULL sessions may remember of earlier ones."""

    def __init__(
        self, store: Store, sessions: Sessions, clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self._records = store.shelf("memory", MemoryRecord)
        self._sessions = sessions
        self._clock = clock
        self._new_id = new_id

    def create(self, session_id: str) -> MemoryRecord:
        """Remember a session; 404 if there was none such."""
        self._sessions.get(session_id)
        return self._records.put(
            MemoryRecord(
                id=self._new_id(), memory_type="session", session_id=session_id, created_at=self._clock()
            )
        )

    def newest_first(self) -> list[MemoryRecord]:
        """All of them."""
        return self._records.newest_first()

    def get(self, memory_id: str) -> MemoryRecord:
        """One of them; 404 if unknown."""
        found = self._records.get(memory_id)
        if found is None:
            raise missing("Memory")
        return found

    def delete(self, memory_id: str) -> None:
        """Forget one."""
        self.get(memory_id)
        self._records.remove(memory_id)

    def clear(self) -> None:
        """Forget them all."""
        self._records.clear()
