"""The account behind the API key (LiveAvatar API facts §2.10)."""

from decimal import Decimal

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.wire import Wire, expect


class Credits(Wire):
    credits_left: Decimal


class Account:
    def __init__(self, client: LiveAvatarClient) -> None:
        self._client = client

    def credits(self) -> Decimal:
        """What is left; LITE costs 1 a minute, FULL 2, sandbox nothing (facts §4)."""
        data = self._client.call("GET", "/v1/users/credits")
        return expect(Credits, data, of="GET /v1/users/credits").credits_left
