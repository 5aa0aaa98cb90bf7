"""Rules for LLM configurations: full CRUD, PATCH may be partial (LiveAvatar API facts §2.3)."""

from collections.abc import Callable

from liveavatar_emulator.refusal import missing, not_in_space
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.records import LlmRecord
from liveavatar_emulator.world.secrets import Secrets

DEFAULT_BASE_URL = "https://api.openai.com/v1"


class LlmConfigurations:
    """The space's LLM configurations (FULL mode only)."""

    def __init__(
        self, store: Store, secrets: Secrets, clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self._records = store.shelf("llm_configuration", LlmRecord)
        self._secrets = secrets
        self._clock = clock
        self._new_id = new_id

    def create(
        self, *, display_name: str, model_name: str, secret_id: str, base_url: str | None
    ) -> LlmRecord:
        """Keep a configuration; 400 if its secret is not in the space."""
        self._secrets.demand(secret_id)
        now = self._clock()
        return self._records.put(
            LlmRecord(
                id=self._new_id(),
                display_name=display_name,
                model_name=model_name,
                secret_id=secret_id,
                base_url=base_url or DEFAULT_BASE_URL,
                created_at=now,
                updated_at=now,
            )
        )

    def newest_first(self) -> list[LlmRecord]:
        """All configurations."""
        return self._records.newest_first()

    def get(self, config_id: str) -> LlmRecord:
        """One configuration; 404 if unknown."""
        found = self._records.get(config_id)
        if found is None:
            raise missing("LLM configuration")
        return found

    def update(self, config_id: str, changes: dict[str, object]) -> LlmRecord:
        """Change the named fields only."""
        found = self.get(config_id)
        if "secret_id" in changes:
            self._secrets.demand(str(changes["secret_id"]))
        return self._records.put(found.model_copy(update={**changes, "updated_at": self._clock()}))

    def delete(self, config_id: str) -> None:
        """Forget a configuration; 404 if unknown."""
        self.get(config_id)
        self._records.remove(config_id)

    def demand(self, config_id: str) -> LlmRecord:
        """The configuration that a session wants; 400 if it is not in the space."""
        found = self._records.get(config_id)
        if found is None:
            raise not_in_space("LLM configuration", config_id)
        return found

    def clear(self) -> None:
        """Forget all configurations."""
        self._records.clear()
