"""The world of the contract tests: a real emulator, a real Secrets Manager endpoint, and somebody's hands."""

import io
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from pulumi_liveavatar._base import LiveAvatarProvider
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.secrets import SECRET_TYPES, Secrets
from pulumi_liveavatar.settings import Settings
from tests.contract.pocket_engine import PocketEngine
from tests.support.emulator import RunningEmulator
from tests.support.secrets_manager import SecretsManager

OPENAI_KEY = "sk-contract-test-value-4f1d9b27c6"
"""The value that law 6 looks for."""


@dataclass
class World:
    emulator: RunningEmulator
    aws: SecretsManager
    said: io.StringIO = field(default_factory=io.StringIO)

    @property
    def settings(self) -> Settings:
        return Settings(
            api_key=SecretStr(self.emulator.api_key),
            api_url=self.emulator.api_url,
            aws_region="eu-central-1",
            aws_endpoint_url=self.aws.url,
            give_up_after_s=20,
        )

    @property
    def hands(self) -> LiveAvatarClient:
        """Somebody at the dashboard."""
        return LiveAvatarClient(self.settings)

    def engine(self, kind: type[LiveAvatarProvider]) -> PocketEngine:
        """An engine that has never heard of anything."""

        def process() -> LiveAvatarProvider:
            provider = kind()
            provider.use(LiveAvatarClient(self.settings, sleep=lambda _: None), self.settings)
            return provider

        return PocketEngine(process)

    def fault(self, name: str, *, path: str, method: str = "POST", times: int = 1, **params: Any) -> None:
        rule = {"fault": {"name": name, **params}, "on": "call", "method": method, "path": path}
        self.emulator.admin("POST", "/faults", {**rule, "times": times})

    def calls(self, method: str) -> list[str]:
        return [c["path"] for c in self.emulator.admin("GET", "/calls") if c["method"] == method]

    def count(self) -> int:
        """Objects at LiveAvatar, of every kind."""
        with self.hands as hands:
            return len(Secrets(hands).list()) + len(Contexts(hands).list())

    def a_secret(self, secret_type: str = SECRET_TYPES[0]) -> str:
        with self.hands as hands:
            made = Secrets(hands).create(
                secret_name=f"of {secret_type}", secret_type=secret_type, secret_value=SecretStr("a-value")
            )
        return made.id

    def a_context(self) -> str:
        with self.hands as hands:
            return Contexts(hands).create(name=f"by hand {uuid4()}", prompt="You exist.").id
