"""The ledger: what is written survives any death, and its states only go forward."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger, LedgerError, State
from liveavatar_ops.health.owner import Liveness, Owner, identity_of, liveness, this_process

API = "http://127.0.0.1:9"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite3")


def planned(ledger: Ledger, check_id: str = "check-1") -> str:
    ledger.plan(check_id, target="desk", api_url=API, parent=this_process(), deadline_at=2e9)
    return check_id


def test_a_session_walks_through_its_states_and_leaves_the_open_list(ledger: Ledger):
    """A row is open from plan to stopped, and knows when each step was."""
    check = planned(ledger)
    seen = [ledger.open_rows()[0].state]
    ledger.minted(check, "session-1")
    seen.append(ledger.open_rows()[0].state)
    ledger.starting(check)
    seen.append(ledger.open_rows()[0].state)
    ledger.started(check)
    seen.append(ledger.open_rows()[0].state)
    ledger.stopped(check, "stopped", credits_spent=1.0)
    row = ledger.get(check)

    assert seen == [State.planned, State.minted, State.starting, State.started]
    assert ledger.open_rows() == []
    assert row is not None
    assert (row.session_id, row.state, row.credits) == ("session-1", State.stopped, 1.0)
    assert row.planned_at <= row.minted_at <= row.starting_at <= row.started_at <= row.closed_at


def test_a_closed_row_is_never_opened_again(ledger: Ledger):
    """A child that comes back to life after the janitor closed its row may not start a session."""
    check = planned(ledger)
    ledger.minted(check, "session-1")
    ledger.stopped(check, "stopped by the janitor")

    with pytest.raises(LedgerError, match="does not let"):
        ledger.starting(check)


def test_no_step_can_be_left_out(ledger: Ledger):
    """Start may not be sent before the session id is on disk."""
    check = planned(ledger)

    with pytest.raises(LedgerError):
        ledger.starting(check)
    with pytest.raises(LedgerError):
        ledger.started(check)


def test_closing_twice_keeps_the_first_reason(ledger: Ledger):
    """Child and parent may both stop; the row says what happened first."""
    check = planned(ledger)
    ledger.minted(check, "session-1")
    ledger.stopped(check, "stopped by the child")
    ledger.stopped(check, "stopped by the parent")

    row = ledger.get(check)

    assert row is not None
    assert row.note == "stopped by the child"


def test_a_ledger_that_cannot_be_written_says_where_and_what_to_do(tmp_path: Path):
    """No ledger, no session: the sentence names the file and the setting."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a directory")

    with pytest.raises(LedgerError, match=r"ledger\.sqlite3 cannot be used.*LIVEAVATAR_OPS_STATE"):
        planned(Ledger(in_the_way / "ledger.sqlite3"))


def test_a_ledger_that_may_not_be_looked_at_is_not_taken_for_none(tmp_path: Path):
    """As in the folder of another user; here by a name too long, which not even root may have."""
    ledger = Ledger(tmp_path / ("x" * 300) / "ledger.sqlite3")

    for look in (ledger.open_rows, lambda: ledger.forget_closed(older_than_s=0)):
        with pytest.raises(LedgerError, match=r"sqlite3 cannot be used: file name too long\. No session is"):
            look()


def test_a_damaged_ledger_is_refused_with_a_sentence(ledger: Ledger):
    """Garbage in the file is a LedgerError, not a traceback."""
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(b"garbage" * 1000)

    with pytest.raises(LedgerError, match=r"cannot be used: file is not a database.*Move that file away"):
        ledger.open_rows()


def test_a_ledger_of_a_newer_version_is_left_alone(ledger: Ledger):
    """An old tool does not write into a layout it does not know."""
    planned(ledger)
    with sqlite3.connect(ledger.path) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(LedgerError, match="newer liveavatar-ops"):
        planned(ledger, "check-2")


def test_looking_makes_no_file(ledger: Ledger):
    """Asking for open rows on a fresh machine leaves no trace."""
    assert ledger.open_rows() == []
    assert not ledger.path.exists()


def test_only_old_closed_rows_are_forgotten(tmp_path: Path):
    """Open rows stay for ever, closed ones until they are old."""
    at = [1000.0]
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=lambda: at[0])
    for name in ("open", "old"):
        planned(ledger, name)
    ledger.void("old", "nothing came to be")
    at[0] = 5000.0
    planned(ledger, "new")
    ledger.void("new", "nothing came to be")

    dropped = ledger.forget_closed(older_than_s=3000)

    assert dropped == 1
    assert ledger.get("old") is None
    assert ledger.get("new") is not None
    assert ledger.get("open") is not None


WRITER = """
import sys
from pathlib import Path
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import this_process
ledger = Ledger(Path(sys.argv[1]))
for i in range(4):
    check = f"{sys.argv[2]}-{i}"
    ledger.plan(check, target="t", api_url="u", parent=this_process(), deadline_at=1.0)
    ledger.minted(check, check)
    ledger.starting(check)
    ledger.started(check)
    if i % 2:
        ledger.stopped(check, "stopped")
"""


def test_many_processes_write_at_once_and_nothing_is_lost(ledger: Ledger):
    """Four processes that meet on a file which does not exist yet: every row arrives, the file is whole."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(ledger.path), str(n)]) for n in range(4)]
    codes = [each.wait(120) for each in writers]

    with sqlite3.connect(ledger.path) as db:
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
        total = db.execute("SELECT count(*) FROM probe_sessions").fetchone()[0]

    assert codes == [0, 0, 0, 0]
    assert verdict == "ok"
    assert total == 16
    assert len(ledger.open_rows()) == 8


KILLED = """
import os, signal, sys
from pathlib import Path
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import this_process
ledger = Ledger(Path(sys.argv[1]))
steps = [
    lambda: ledger.plan("c", target="t", api_url="u", parent=this_process(), deadline_at=2e9),
    lambda: ledger.minted("c", "session-1"),
    lambda: ledger.starting("c"),
    lambda: ledger.started("c"),
]
for step in steps[: int(sys.argv[2])]:
    step()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("steps", "state"),
    [(1, State.planned), (2, State.minted), (3, State.starting), (4, State.started)],
)
def test_what_was_written_survives_sigkill(ledger: Ledger, steps: int, state: State):
    """Each step is on disk when its call returns, and the dead owner is known for dead."""
    subprocess.run([sys.executable, "-c", KILLED, str(ledger.path), str(steps)], check=False)

    [row] = ledger.open_rows()

    assert row.state is state
    assert liveness(row.parent) is Liveness.dead


def test_a_process_that_runs_is_alive():
    """The test's own process is seen."""
    assert liveness(this_process()) is Liveness.alive


def test_a_zombie_is_dead():
    """A process that ended and was not waited for does nothing any more."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    who = identity_of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert liveness(who) is Liveness.dead
    child.wait()


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        pytest.param({"started": "1"}, Liveness.dead, id="its number was given to another process"),
        pytest.param({"boot_id": "last week"}, Liveness.dead, id="the machine was restarted"),
        pytest.param({"host": "elsewhere"}, Liveness.out_of_sight, id="another machine"),
        pytest.param({"pid_namespace": "pid:[1]"}, Liveness.out_of_sight, id="another container"),
    ],
)
def test_a_process_is_more_than_its_number(change: dict[str, str], answer: Liveness):
    """Number, start, boot, machine and container all have to agree."""
    other = Owner(**{**this_process().model_dump(), **change})

    assert liveness(other) is answer


@pytest.mark.parametrize(
    ("open_for_s", "rate", "spent"), [(59.0, 1.0, 1.0), (61.0, 1.0, 2.0), (61.0, 2.0, 4.0), (61.0, 0.0, 0.0)]
)
def test_a_row_that_a_janitor_closes_knows_what_it_cost(
    tmp_path: Path, open_for_s: float, rate: float, spent: float
):
    """Begun minutes since start was sent, at what the row says that a minute costs."""
    at = [1000.0]
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=lambda: at[0])
    ledger.plan("a", target="desk", api_url=API, parent=this_process(), deadline_at=2e9, rate=rate)
    ledger.minted("a", "session-1")
    ledger.starting("a")
    ledger.started("a")
    at[0] += open_for_s
    ledger.stopped("a", "stopped by the janitor")
    row = ledger.get("a")

    assert row is not None
    assert row.credits == spent


def test_a_janitor_that_comes_hours_later_does_not_make_the_check_dearer(tmp_path: Path):
    """The service ended the session long ago; the day's budget must not be spent by our being late."""
    clock = [1000.0]
    ledger = Ledger(tmp_path / "ledger.sqlite3", now=lambda: clock[0])
    ledger.plan("check-1", target="desk", api_url=API, parent=this_process(), deadline_at=1100.0, rate=1.0)
    ledger.minted("check-1", "session-1")
    ledger.starting("check-1")
    ledger.started("check-1")
    clock[0] += 6 * 3600
    ledger.stopped("check-1", "was already over")

    row = ledger.get("check-1")
    assert row is not None
    assert row.credits == 5.0, "100 s to the deadline and 200 s in an empty room"


def test_what_the_check_reports_is_what_counts(ledger: Ledger):
    """And nothing is counted for a session that never came to be."""
    check, other = planned(ledger), planned(ledger, "check-2")
    ledger.minted(check, "session-1")
    ledger.stopped(check, "stopped", credits_spent=1.0)
    ledger.spent(check, 3.0)
    ledger.void(other, "no session was opened")
    ledger.spent(other, 3.0)

    assert [ledger.get(each).credits for each in (check, other)] == [3.0, 0.0]  # type: ignore[union-attr] # both are there


def test_a_ledger_of_the_earlier_layout_goes_on_and_keeps_its_rows(ledger: Ledger):
    """An open session of yesterday's version is still stopped by today's janitor."""
    planned(ledger)
    with sqlite3.connect(ledger.path) as db:
        db.execute("ALTER TABLE probe_sessions DROP COLUMN rate")
        db.execute("PRAGMA user_version = 1")
    db.close()
    rows = Ledger(ledger.path).open_rows()

    assert [(row.check_id, row.rate) for row in rows] == [("check-1", None)]
    assert planned(ledger, "check-2")
