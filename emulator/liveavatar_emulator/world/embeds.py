"""Rules for embeds and for the voice agents they refer to (LiveAvatar API facts §2.6, §2.7)."""

from collections.abc import Callable

from liveavatar_emulator.refusal import Refusal, missing, not_in_space
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.avatars import Avatars
from liveavatar_emulator.world.catalog import voice_agents
from liveavatar_emulator.world.contexts import Contexts
from liveavatar_emulator.world.records import EmbedRecord, VoiceAgentRecord


class VoiceAgents:
    """Made in the dashboard; the API lists, shows and deletes them."""

    def __init__(self, store: Store) -> None:
        self._records = store.shelf("voice_agent", VoiceAgentRecord)
        self._seeded = store
        if store.setting("voice_agents_seeded") is None:
            self.reset()

    def listed(self) -> list[VoiceAgentRecord]:
        """All of them."""
        return self._records.newest_first()

    def get(self, agent_id: str) -> VoiceAgentRecord:
        """One of them; 404 if unknown."""
        found = self._records.get(agent_id)
        if found is None:
            raise missing("Voice agent")
        return found

    def demand(self, agent_id: str) -> VoiceAgentRecord:
        """The one that something refers to; 400 if it is not in the space."""
        found = self._records.get(agent_id)
        if found is None:
            raise not_in_space("Voice agent", agent_id)
        return found

    def delete(self, agent_id: str, embeds: "Embeds") -> None:
        """Forget one; 409 with the embeds' ids while any refers to it."""
        self.get(agent_id)
        users = embeds.using_agent(agent_id)
        if users:
            raise Refusal(409, "Voice agent is referenced by embeds", data={"embed_ids": users})
        self._records.remove(agent_id)

    def reset(self) -> None:
        """Back to what the dashboard made."""
        self._records.clear()
        for one in voice_agents():
            self._records.put(one)
        self._seeded.remember("voice_agents_seeded", "yes")


class Embeds:
    """The API can only make them: no list, no get, no delete."""

    def __init__(
        self,
        store: Store,
        avatars: Avatars,
        contexts: Contexts,
        agents: VoiceAgents,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._records = store.shelf("embed", EmbedRecord)
        self._avatars = avatars
        self._contexts = contexts
        self._agents = agents
        self._clock = clock
        self._new_id = new_id

    def create(self, request: dict[str, object]) -> EmbedRecord:
        """Keep an embed; 400 if it refers to what is not there (assumed)."""
        made = EmbedRecord.model_validate({**request, "id": self._new_id(), "created_at": self._clock()})
        self._avatars.demand(made.avatar_id)
        if made.context_id is not None:
            self._contexts.demand(made.context_id)
        if made.voice_agent_id is not None:
            self._agents.demand(made.voice_agent_id)
        return self._records.put(made)

    def using_agent(self, agent_id: str) -> list[str]:
        """Ids of the embeds that refer to a voice agent."""
        return [one.id for one in self._records.oldest_first() if one.voice_agent_id == agent_id]

    def clear(self) -> None:
        """Forget them all."""
        self._records.clear()
