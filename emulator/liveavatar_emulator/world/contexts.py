"""Rules for contexts: full CRUD, name unique in the account (LiveAvatar API facts §2.2)."""

import re
from collections.abc import Callable

from liveavatar_emulator.refusal import Refusal, missing, not_in_space
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.records import ContextRecord, Link

_VARIABLE = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}")
LinkInput = dict[str, str | None]


class Contexts:
    """The space's contexts."""

    def __init__(self, store: Store, clock: Callable[[], float], new_id: Callable[[], str]) -> None:
        self._records = store.shelf("context", ContextRecord)
        self._clock = clock
        self._new_id = new_id

    def create(
        self, *, name: str, prompt: str, opening_text: str | None, links: list[LinkInput] | None = None
    ) -> ContextRecord:
        """Keep a context; 400 if its name is in use."""
        self._demand_free(name)
        now = self._clock()
        return self._records.put(
            ContextRecord(
                id=self._new_id(),
                name=name,
                prompt=prompt,
                opening_text=opening_text,
                links=self._links(links or []),
                created_at=now,
                updated_at=now,
            )
        )

    def get(self, context_id: str) -> ContextRecord:
        """One context; 404 if unknown (assumed, LiveAvatar API facts §1.3)."""
        found = self._records.get(context_id)
        if found is None:
            raise missing("Context")
        return found

    def newest_first(self) -> list[ContextRecord]:
        """All contexts, newest first."""
        return self._records.newest_first()

    def update(
        self,
        context_id: str,
        *,
        name: str,
        prompt: str,
        opening_text: str | None,
        links: list[LinkInput] | None = None,
    ) -> ContextRecord:
        """Change a context as a whole; links stay as they are when the call does not name them."""
        found = self.get(context_id)
        if name != found.name:
            self._demand_free(name)
        changed = found.model_copy(
            update={
                "name": name,
                "prompt": prompt,
                "opening_text": opening_text,
                "links": found.links if links is None else self._links(links),
                "updated_at": self._clock(),
            }
        )
        return self._records.put(changed)

    def delete(self, context_id: str) -> None:
        """Forget a context; 404 if unknown."""
        self.get(context_id)
        self._records.remove(context_id)

    def demand(self, context_id: str) -> ContextRecord:
        """The context that something refers to; 400 if it is not in the space."""
        found = self._records.get(context_id)
        if found is None:
            raise not_in_space("Context", context_id)
        return found

    def clear(self) -> None:
        """Forget all contexts."""
        self._records.clear()

    def _demand_free(self, name: str) -> None:
        if any(one.name == name for one in self._records.oldest_first()):
            raise Refusal(400, "Context with this name already exists")

    def _links(self, links: list[LinkInput]) -> list[Link]:
        return [
            Link(id=one.get("id") or self._new_id(), url=str(one["url"]), faq=str(one["faq"]))
            for one in links
        ]


def required_dynamic_variables(context: ContextRecord) -> list[str]:
    """The ``${var}`` names found in prompt and opening text, in the order of their first use."""
    text = f"{context.prompt}\n{context.opening_text or ''}"
    return list(dict.fromkeys(_VARIABLE.findall(text)))
