"""LiveAvatar secrets: create, list, delete. The value is write-only (LiveAvatar API facts §2.1)."""

from typing import Literal

from pydantic import SecretStr

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.wire import Named, Wire, expect

SecretType = Literal["OPENAI_API_KEY", "ELEVENLABS_API_KEY", "GEMINI_API_KEY", "CARTESIA_API_KEY"]
SECRET_TYPES: tuple[str, ...] = ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "GEMINI_API_KEY", "CARTESIA_API_KEY")
LONGEST_NAME = 255


class WireSecret(Wire):
    """`secret_type` and `created_at` are absent from the answer to create."""

    id: Named
    secret_name: str
    secret_type: str | None = None
    created_at: str | None = None


class Secrets:
    """Names are not unique and nothing can be changed: a new value is a new secret."""

    def __init__(self, client: LiveAvatarClient) -> None:
        self._client = client

    def create(self, *, secret_name: str, secret_type: str, secret_value: SecretStr) -> WireSecret:
        """Store a value; LiveAvatar does not try it with its provider."""
        value = secret_value.get_secret_value()
        body = {"secret_name": secret_name, "secret_type": secret_type, "secret_value": value}
        data = self._client.call("POST", "/v1/secrets", body=body, hide=(value,))
        return expect(WireSecret, data, of="POST /v1/secrets")

    def list(self) -> list[WireSecret]:
        """All of the space, newest first."""
        return expect(list[WireSecret], self._client.call("GET", "/v1/secrets"), of="GET /v1/secrets")

    def find(self, secret_name: str, secret_type: str) -> WireSecret | None:
        """The newest of that name and type."""
        return next(
            (s for s in self.list() if (s.secret_name, s.secret_type) == (secret_name, secret_type)), None
        )

    def delete(self, secret_id: str) -> None:
        """Raises NotThere when it is gone already. Whatever still refers to it fails later, unwarned."""
        self._client.call("DELETE", f"/v1/secrets/{secret_id}")
