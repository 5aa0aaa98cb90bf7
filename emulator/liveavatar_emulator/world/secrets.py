"""Rules for LiveAvatar secrets: create, list, delete; nothing else (LiveAvatar API facts §2.1)."""

from collections.abc import Callable

from liveavatar_emulator.refusal import missing, not_in_space
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.records import SecretRecord, SecretType


class Secrets:
    """The space's secrets. Names may repeat; values are never given out."""

    def __init__(self, store: Store, clock: Callable[[], float], new_id: Callable[[], str]) -> None:
        self._records = store.shelf("secret", SecretRecord)
        self._clock = clock
        self._new_id = new_id

    def create(self, *, secret_name: str, secret_type: SecretType, secret_value: str) -> SecretRecord:
        """Keep a secret. A name in use is fine: two calls give two ids (LiveAvatar API facts §2.1)."""
        return self._records.put(
            SecretRecord(
                id=self._new_id(),
                secret_name=secret_name,
                secret_type=secret_type,
                secret_value=secret_value,
                created_at=self._clock(),
            )
        )

    def newest_first(self) -> list[SecretRecord]:
        """All secrets, newest first."""
        return self._records.newest_first()

    def delete(self, secret_id: str) -> None:
        """Forget a secret; users of it fail later (LiveAvatar API facts §2.1). 404 if unknown."""
        if self._records.get(secret_id) is None:
            raise missing("Secret")
        self._records.remove(secret_id)

    def demand(self, secret_id: str) -> SecretRecord:
        """The secret that something refers to; 400 if it is not in the space."""
        found = self._records.get(secret_id)
        if found is None:
            raise not_in_space("Secret", secret_id)
        return found

    def clear(self) -> None:
        """Forget all secrets."""
        self._records.clear()
