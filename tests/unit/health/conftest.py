"""What tests of the health check begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from tests.support.health_runner import StopOnlyApi
from tests.support.health_stopping import Clock


@pytest.fixture
def api() -> Iterator[StopOnlyApi]:
    api = StopOnlyApi()
    yield api
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


@pytest.fixture
def clock() -> Clock:
    return Clock()
