"""What a killed demo leaves in its ledger is closed by the next one, and nothing else is."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from liveavatar_ops.demo.lost import NOTE, close_lost_sessions
from liveavatar_ops.demo.run import services
from liveavatar_ops.demo.screen import Screen
from liveavatar_ops.demo.services import ServiceFailed
from liveavatar_ops.demo.surroundings import Surroundings
from liveavatar_ops.health.ledger import Ledger, State
from liveavatar_ops.health.owner import Liveness, Owner, this_process

GONE = Owner(**{**this_process().model_dump(), "started": "1"})
"""A process that had our number before us."""


def open_row(ledger: Ledger, parent: Owner, child: Owner | None = None) -> None:
    """A check that was killed, or is running, with its session open."""
    ledger.plan("a", target="desk", api_url="http://127.0.0.1:9", parent=parent, deadline_at=9e9, rate=1.0)
    if child is not None:
        ledger.taken_by("a", child)
    ledger.minted("a", "session-1")
    ledger.starting("a")
    ledger.started("a")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / ".demo" / "state" / "ledger.sqlite3")


def test_a_session_whose_emulator_died_is_void_and_says_why(ledger: Ledger):
    """Nobody can be asked to stop it, and it cost nothing."""
    open_row(ledger, GONE, GONE)

    assert close_lost_sessions(ledger.path) == 1
    row = ledger.get("a")
    assert row is not None
    assert (row.state, row.note, row.credits) == (State.void, NOTE, 0.0)
    assert close_lost_sessions(ledger.path) == 0


@pytest.mark.parametrize("child", [None, this_process()])
def test_a_check_that_still_runs_closes_its_own_row(ledger: Ledger, child: Owner | None):
    """A check outlives its demo for as long as it takes to see that the emulator is gone."""
    open_row(ledger, GONE if child else this_process(), child)

    assert close_lost_sessions(ledger.path) == 0


def test_what_cannot_be_seen_is_left(ledger: Ledger):
    """The checkout may be shared with a container."""
    open_row(ledger, GONE)

    assert close_lost_sessions(ledger.path, alive=lambda _: Liveness.out_of_sight) == 0


def test_no_ledger_is_no_trouble(tmp_path: Path):
    """Before the first demo; and looking makes no file."""
    assert close_lost_sessions(tmp_path / "none.sqlite3") == 0
    assert list(tmp_path.iterdir()) == []


def test_the_next_demo_closes_it_before_anything_else(tmp_path: Path, ledger: Ledger):
    """In the demo's own ledger, and says so in a line."""
    open_row(ledger, GONE)
    shown = io.StringIO()
    place = Surroundings(tmp_path)
    broken = NoServices(tmp_path)

    with (
        pytest.raises((ServiceFailed, OSError)),
        services(broken, Screen(Console(file=shown, width=100)), []),
    ):
        pass

    assert broken.state == place.state
    assert ledger.open_rows() == []
    assert "Closed 1 session of a demo that was killed" in shown.getvalue()


class NoServices(Surroundings):
    """A checkout in which no service can be started."""

    @property
    def bin(self) -> Path:
        return self.root / "nowhere"
