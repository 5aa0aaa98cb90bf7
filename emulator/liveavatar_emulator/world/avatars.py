"""Rules for avatars: list, get, rename, soft delete (LiveAvatar API facts §2.5)."""

from collections.abc import Callable

from liveavatar_emulator.refusal import missing, not_in_space
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.catalog import avatars
from liveavatar_emulator.world.records import AvatarRecord


class Avatars:
    """Public avatars and the account's own; making one is a dashboard matter."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._records = store.shelf("avatar", AvatarRecord)
        self._clock = clock
        if not len(self._records):
            self.reset()

    def listed(self, *, public: bool) -> list[AvatarRecord]:
        """The public ones or the account's own, without the deleted."""
        return [one for one in self._records.oldest_first() if one.public == public and not one.deleted]

    def get(self, avatar_id: str) -> AvatarRecord:
        """One avatar; 404 if unknown or deleted (assumed, LiveAvatar API facts §1.3)."""
        found = self._records.get(avatar_id)
        if found is None or found.deleted:
            raise missing("Avatar")
        return found

    def demand(self, avatar_id: str) -> AvatarRecord:
        """The avatar that a session wants; 400 if there is none such."""
        found = self._records.get(avatar_id)
        if found is None or found.deleted:
            raise not_in_space("Avatar", avatar_id)
        return found

    def update(self, avatar_id: str, changes: dict[str, object]) -> AvatarRecord:
        """Rename an own avatar or give it another default voice."""
        found = self._own(avatar_id)
        return self._records.put(found.model_copy(update={**changes, "updated_at": self._clock()}))

    def delete(self, avatar_id: str) -> None:
        """Soft delete: gone from every list, kept in the books."""
        found = self._own(avatar_id)
        self._records.put(found.model_copy(update={"deleted": True, "updated_at": self._clock()}))

    def reset(self) -> None:
        """Back to the catalogue."""
        self._records.clear()
        for one in avatars():
            self._records.put(one)

    def _own(self, avatar_id: str) -> AvatarRecord:
        found = self.get(avatar_id)
        if found.public:
            raise missing("Avatar")
        return found
