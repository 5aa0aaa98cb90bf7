"""What tests of the health check begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from tests.support.health_runner import StopOnlyApi
from tests.support.health_stopping import Clock
from tests.support.ports import shut_tcp_port


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
def shut_port() -> Iterator[int]:
    """A port that refuses whoever knocks."""
    with shut_tcp_port() as port:
        yield port


@pytest.fixture
def clock() -> Clock:
    return Clock()
