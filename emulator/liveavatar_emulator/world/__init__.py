"""The service's state and rules. Nothing here knows HTTP; every rule cites its row of the API facts."""

import secrets as randomness
import time
import uuid
from collections.abc import Callable

from liveavatar_emulator.store import Store
from liveavatar_emulator.world.account import Account, Plan
from liveavatar_emulator.world.avatars import Avatars
from liveavatar_emulator.world.contexts import Contexts
from liveavatar_emulator.world.embeds import Embeds, VoiceAgents
from liveavatar_emulator.world.llm import LlmConfigurations
from liveavatar_emulator.world.memory import Memories
from liveavatar_emulator.world.references import References
from liveavatar_emulator.world.secrets import Secrets
from liveavatar_emulator.world.sessions import Patience, Sessions
from liveavatar_emulator.world.voices import Voices

__all__ = ["Patience", "Plan", "World"]


def _uuid() -> str:
    return str(uuid.uuid4())


class World:
    """
    One account of the service: what it holds and what it allows.

    Clock and ids come in as arguments, so that tests own time. Not thread-safe: one event loop uses it.
    """

    def __init__(
        self,
        store: Store,
        *,
        plan: Plan | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = _uuid,
    ) -> None:
        self.clock = clock
        self.account = Account(store, plan or Plan())
        self.secrets = Secrets(store, clock, new_id)
        self.contexts = Contexts(store, clock, new_id)
        self.llm_configurations = LlmConfigurations(store, self.secrets, clock, new_id)
        self.avatars = Avatars(store, clock)
        self.voices = Voices(store, self.secrets, clock, new_id)
        self.voice_agents = VoiceAgents(store)
        self.embeds = Embeds(
            store, self.avatars, self.contexts, self.voice_agents, clock=clock, new_id=new_id
        )
        references = References(
            self.avatars, self.secrets, self.contexts, self.llm_configurations, self.voice_agents
        )
        self.sessions = Sessions(
            store, self.account, references, clock=clock, new_id=new_id, patience=patience or Patience()
        )
        self.memories = Memories(store, self.sessions, clock, new_id)
        self.signing_key = _remembered_key(store)

    def reset(self) -> None:
        """Back to a fresh account."""
        for filled in (self.sessions, self.secrets, self.contexts, self.llm_configurations):
            filled.clear()
        for made in (self.embeds, self.memories):
            made.clear()
        for given in (self.avatars, self.voices, self.voice_agents, self.account):
            given.reset()


def _remembered_key(store: Store) -> str:
    """The key that signs session tokens; it outlives a restart, as the tokens do."""
    key = store.setting("signing_key")
    if key is None:
        key = randomness.token_hex(32)
        store.remember("signing_key", key)
    return key
