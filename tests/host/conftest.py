"""What tests of the health command share: a clean emulator, settings of a check, its ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
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
