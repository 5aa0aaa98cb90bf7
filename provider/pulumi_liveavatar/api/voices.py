"""Voices of FULL mode; the OpenAI connector speaks with OpenAI's own (LiveAvatar API facts §2.4)."""

from typing import Literal

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.wire import Wire, expect


class WireVoice(Wire):
    id: str
    name: str
    description: str | None = None
    language: str | None = None
    gender: str | None = None
    tags: tuple[str, ...] | None = None


class Voices:
    def __init__(self, client: LiveAvatarClient) -> None:
        self._client = client

    def list(self, voice_type: Literal["public", "private"] = "public") -> list[WireVoice]:
        """All pages."""
        data = self._client.pages("/v1/voices", params={"voice_type": voice_type})
        return expect(list[WireVoice], data, of="GET /v1/voices")

    def get(self, voice_id: str) -> WireVoice:
        return expect(WireVoice, self._client.call("GET", f"/v1/voices/{voice_id}"), of="GET /v1/voices/{id}")
