"""What tests of the health command share: a clean emulator, settings of a check, its ledger."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from deploy.aws.client import Aws

from liveavatar_ops.health.ledger import Ledger
from tests.support.aws_here import aws_here, emptied
from tests.support.emulator import RunningEmulator
from tests.support.health import settings_of


@pytest.fixture
def emulator(warm: RunningEmulator) -> Iterator[RunningEmulator]:
    """
    Empty, without faults; and whatever the test did, no session may be open after it.

    `warm` is the module's own: one emulator for all of its tests, with media or without.
    """
    warm.admin("POST", "/reset")
    yield warm
    warm.admin("DELETE", "/faults")
    assert warm.active_sessions() == []


@pytest.fixture
def env(emulator: RunningEmulator, tmp_path: Path) -> dict[str, str]:
    """The environment of a check, with a state directory of this test's own."""
    return settings_of(emulator, tmp_path / "state")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """The ledger of that check."""
    return Ledger(tmp_path / "state" / "ledger.sqlite3")


@pytest.fixture(scope="session")
def aws_address() -> Iterator[str]:
    """The address of an AWS on this machine."""
    with aws_here() as address:
        yield address


@pytest.fixture
def url(aws_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, with nothing in it."""
    emptied(aws_address, monkeypatch)
    return aws_address


@pytest.fixture
def aws(url: str) -> Aws:
    """Its clients."""
    return Aws("eu-central-1", session=boto3.Session(), endpoint_url=url)
