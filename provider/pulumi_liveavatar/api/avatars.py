"""Avatars: read only, they are made in the dashboard (LiveAvatar API facts §2.5)."""

from typing import TYPE_CHECKING, Any

from pulumi_liveavatar.api.errors import NotThere
from pulumi_liveavatar.api.wire import Named, Wire, expect

if TYPE_CHECKING:  # token_body takes the sandbox avatars from here, and needs no HTTP
    from pulumi_liveavatar.api.client import LiveAvatarClient

SANDBOX_AVATARS = ("dd73ea75-1218-4ef3-92ce-606d5f7fbc0a", "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0")
"""Wayne first; which of the two a sandbox session takes differs between sources (facts §4)."""


class WireAvatar(Wire):
    id: Named
    name: str | None = None
    type: str | None = None
    status: str | None = None
    is_expired: bool | None = None
    is_1080p: bool | None = None
    preview_url: str | None = None
    default_voice: dict[str, Any] | None = None
    error_message: str | None = None


class Avatars:
    def __init__(self, client: "LiveAvatarClient") -> None:
        self._client = client

    def public(self) -> list[WireAvatar]:
        """All pages."""
        return expect(list[WireAvatar], self._client.pages("/v1/avatars/public"), of="GET /v1/avatars/public")

    def own(self) -> list[WireAvatar]:
        """All pages."""
        return expect(list[WireAvatar], self._client.pages("/v1/avatars"), of="GET /v1/avatars")

    def get(self, avatar_id: str) -> WireAvatar:
        data = self._client.call("GET", f"/v1/avatars/{avatar_id}")
        return expect(WireAvatar, data, of="GET /v1/avatars/{id}")

    def find(self, avatar_id: str) -> WireAvatar | None:
        """Among the account's own and the public ones; whether GET finds public ones is not documented."""
        try:
            return self.get(avatar_id)
        except NotThere:
            everywhere = (*self.own(), *self.public())
            return next((a for a in everywhere if a.id == avatar_id), None)
