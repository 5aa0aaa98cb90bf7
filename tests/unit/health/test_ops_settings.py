"""Where state is kept, however that was written."""

from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import this_process
from liveavatar_ops.health.settings import OpsSettings
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.elsewhere import Elsewhere


@pytest.mark.parametrize(
    ("variable", "written", "meant"),
    [
        ("LIVEAVATAR_OPS_STATE", "state", "{here}/state"),
        ("LIVEAVATAR_OPS_STATE", "~/state", "{home}/state"),
        ("LIVEAVATAR_OPS_STATE", "/var/state", "/var/state"),
        ("XDG_STATE_HOME", "state", "{here}/state/liveavatar-ops"),
        ("XDG_STATE_HOME", "", "{home}/.local/state/liveavatar-ops"),
    ],
)
def test_the_place_of_state_is_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, written: str, meant: str
) -> None:
    """A process that is started elsewhere later finds the same ledger."""
    monkeypatch.delenv("LIVEAVATAR_OPS_STATE", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, written)

    assert str(OpsSettings().state_dir) == meant.format(here=tmp_path, home=tmp_path / "home")


def test_a_watcher_reads_a_ledger_whose_place_was_written_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once there is one: what others spent is known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIVEAVATAR_OPS_STATE", "state")
    ledger = Ledger(OpsSettings().ledger_path)
    ledger.plan("c", target="desk", api_url="", parent=this_process(), deadline_at=2e9, rate=1.0)
    database = Database(OpsSettings().state_dir / "watch.sqlite3")
    database.prepare()
    ledger.minted("c", "session-1")
    ledger.starting("c")

    assert Elsewhere(ledger.path, database).credits_since(0.0) == 1.0
