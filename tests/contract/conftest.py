"""One emulator and one Secrets Manager for the whole folder; a fresh account for every test."""

from collections.abc import Iterator

import pytest

from tests.contract.world import World
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.secrets_manager import SecretsManager


@pytest.fixture(scope="session")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as running:
        yield running


@pytest.fixture(scope="session")
def secrets_manager() -> Iterator[SecretsManager]:
    manager = SecretsManager()
    yield manager
    manager.stop()


@pytest.fixture
def world(
    emulator: RunningEmulator, secrets_manager: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> World:
    """An empty account, and AWS credentials that moto believes."""
    emulator.admin("POST", "/reset")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return World(emulator, secrets_manager)
