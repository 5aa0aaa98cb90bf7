"""Rules for voices: list, get, bind a third party's, rename, delete (LiveAvatar API facts §2.4)."""

from collections.abc import Callable

from liveavatar_emulator.refusal import missing
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.catalog import voices
from liveavatar_emulator.world.records import VoiceRecord
from liveavatar_emulator.world.secrets import Secrets


class Voices:
    """Public voices and the account's private ones."""

    def __init__(
        self, store: Store, secrets: Secrets, clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self._records = store.shelf("voice", VoiceRecord)
        self._secrets = secrets
        self._clock = clock
        self._new_id = new_id
        if not len(self._records):
            self.reset()

    def listed(self, *, public: bool) -> list[VoiceRecord]:
        """The public ones, or the account's own."""
        return [one for one in self._records.newest_first() if one.public == public]

    def bind(self, *, provider_voice_id: str, secret_id: str, name: str | None) -> VoiceRecord:
        """
        Make a private voice of a third party's; 400 if the secret is not in the space.

        The service asks the provider whether the key is good; there is no provider here to ask.
        """
        self._secrets.demand(secret_id)
        now = self._clock()
        return self._records.put(
            VoiceRecord(
                id=self._new_id(),
                name=name or provider_voice_id,
                language="multi",
                gender="unknown",
                public=False,
                created_at=now,
                updated_at=now,
            )
        )

    def get(self, voice_id: str) -> VoiceRecord:
        """One voice; 404 if unknown (assumed, LiveAvatar API facts §1.3)."""
        found = self._records.get(voice_id)
        if found is None:
            raise missing("Voice")
        return found

    def rename(self, voice_id: str, name: str) -> VoiceRecord:
        """Only the name can change."""
        found = self._own(voice_id)
        return self._records.put(found.model_copy(update={"name": name, "updated_at": self._clock()}))

    def delete(self, voice_id: str) -> None:
        """Forget a private voice."""
        self._own(voice_id)
        self._records.remove(voice_id)

    def reset(self) -> None:
        """Back to the catalogue."""
        self._records.clear()
        for one in voices():
            self._records.put(one)

    def _own(self, voice_id: str) -> VoiceRecord:
        found = self.get(voice_id)
        if found.public:
            raise missing("Voice")
        return found
