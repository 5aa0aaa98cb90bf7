"""What tests of the watcher begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.watch_site import Site
from tests.support.watching import Clock


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, "prod/desk")
    yield made
    made.server.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "watch.sqlite3"


@pytest.fixture
def clock() -> Clock:
    return Clock()
