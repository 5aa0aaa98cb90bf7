"""LiveAvatar contexts: what an avatar knows and says first (LiveAvatar API facts §2.2)."""

from collections.abc import Sequence
from typing import Any

from pydantic import field_validator

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.wire import Named, Wire, expect


class WireLink(Wire):
    id: str | None = None
    url: str
    faq: str


class ContextSummary(Wire):
    """What the list shows: no prompt."""

    id: Named
    name: str


class WireContext(ContextSummary):
    prompt: str = ""
    opening_text: str = ""
    links: tuple[WireLink, ...] = ()
    required_dynamic_variables: tuple[str, ...] = ()

    @field_validator("prompt", "opening_text", "links", "required_dynamic_variables", mode="before")
    @classmethod
    def _nothing_is_empty(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].default if value is None else value


class Contexts:
    """Names are unique in the account: a second one is answered with 400."""

    def __init__(self, client: LiveAvatarClient) -> None:
        self._client = client

    def create(
        self, *, name: str, prompt: str, opening_text: str = "", links: Sequence[dict[str, str]] = ()
    ) -> WireContext:
        data = self._client.call("POST", "/v1/contexts", body=_body(name, prompt, opening_text, links))
        return expect(WireContext, data, of="POST /v1/contexts")

    def get(self, context_id: str) -> WireContext:
        data = self._client.call("GET", f"/v1/contexts/{context_id}")
        return expect(WireContext, data, of="GET /v1/contexts/{id}")

    def list(self) -> list[ContextSummary]:
        """All pages."""
        return expect(list[ContextSummary], self._client.pages("/v1/contexts"), of="GET /v1/contexts")

    def find(self, name: str) -> WireContext | None:
        """The whole context of that name, if there is one."""
        found = next((c for c in self.list() if c.name == name), None)
        return self.get(found.id) if found else None

    def update(
        self, context_id: str, *, name: str, prompt: str, opening_text: str, links: Sequence[dict[str, str]]
    ) -> WireContext:
        """PATCH demands the whole object."""
        body = _body(name, prompt, opening_text, links)
        data = self._client.call("PATCH", f"/v1/contexts/{context_id}", body=body)
        return expect(WireContext, data, of="PATCH /v1/contexts/{id}")

    def delete(self, context_id: str) -> None:
        """Raises NotThere when it is gone already."""
        self._client.call("DELETE", f"/v1/contexts/{context_id}")


def _body(name: str, prompt: str, opening_text: str, links: Sequence[dict[str, str]]) -> dict[str, Any]:
    # The schema demands opening_text; an empty one says "none" (facts §2.2).
    return {"name": name, "prompt": prompt, "opening_text": opening_text, "links": list(links)}
