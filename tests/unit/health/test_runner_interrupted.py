"""The parent of a check that is interrupted, and the child whose parent died."""

import _thread
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger, State
from liveavatar_ops.health.owner import Liveness, liveness
from liveavatar_ops.health.runner import Interrupted
from tests.support.health import until
from tests.support.health_runner import KEY, PRELUDE, StopOnlyApi, closed, run


def wish_once_open(ledger: Ledger) -> threading.Event:
    """The wish to stop, which comes as soon as the child's session is open."""
    wish = threading.Event()

    def wait() -> None:
        until(lambda: any(row.state is State.started for row in ledger.open_rows()))
        wish.set()

    threading.Thread(target=wait, daemon=True).start()
    return wish


def test_an_interruption_is_told_to_the_child(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """The child hears `stop` on its standard input and ends in its own way."""
    with pytest.raises(Interrupted):
        run(
            tmp_path,
            api,
            ledger,
            """
            open_session()
            said = sys.stdin.readline()
            ledger.stopped(job.check_id, "told to " + said.strip())
            finish()
            """,
            stop_wish=wish_once_open(ledger),
            grace_s=60.0,
        )

    assert api.stopped == []
    assert ledger.open_rows() == []
    assert [row.note for row in closed(ledger)] == ["told to stop"]


def test_an_interruption_does_not_wait_for_a_deaf_child(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """After its grace the child is killed and the parent stops the session."""
    wish = wish_once_open(ledger)

    with pytest.raises(Interrupted):
        run(tmp_path, api, ledger, "open_session()\ntime.sleep(600)", stop_wish=wish, grace_s=0.5)

    assert api.stopped == ["session-1"]


@pytest.mark.parametrize(("reached", "stopped"), [("starting", []), ("started", ["session-1"])])
def test_who_gives_up_does_not_wait_for_what_may_still_come(
    reached: str, stopped: list[str], tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """A second Ctrl-C: an open session is stopped all the same, one whose start hangs is the janitor's."""

    def give_up() -> None:
        until(lambda: any(row.state.value == reached for row in ledger.open_rows()))
        _thread.interrupt_main()

    threading.Thread(target=give_up, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run(
            tmp_path,
            api,
            ledger,
            f"""
            ledger.minted(job.check_id, "session-1")
            ledger.starting(job.check_id)
            if {reached!r} == "started":
                ledger.started(job.check_id)
            time.sleep(600)
            """,
        )

    assert api.stopped == stopped
    assert [row.state.value for row in ledger.open_rows()] == ([] if stopped else ["starting"])


def test_a_dead_parent_is_heard_by_the_child_as_the_end_of_its_input(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """The child holds the reading end; nothing else keeps the writing end open."""
    script = tmp_path / "child.py"
    script.write_text(
        PRELUDE + "open_session()\nsys.stdin.readline()\nledger.stopped(job.check_id, 'alone')\n"
    )
    code = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from liveavatar_ops.health.facts import Depth, TargetFacts
        from liveavatar_ops.health.ledger import Ledger
        from liveavatar_ops.health.limits import Limits
        from liveavatar_ops.health.runner import Runner
        from pulumi_liveavatar.settings import load_settings
        target = TargetFacts(name="desk", depth=Depth.SESSION)
        child = (sys.executable, {str(script)!r})
        Runner(load_settings(), Ledger(Path({str(ledger.path)!r})), child=child).check(target, {{}}, Limits())
        """
    )
    env = {**os.environ, "LIVEAVATAR_API_KEY": KEY, "LIVEAVATAR_API_URL": api.url}
    parent = subprocess.Popen([sys.executable, "-c", code], env=env)
    until(lambda: any(row.state is State.started for row in ledger.open_rows()))
    [row] = ledger.open_rows()

    parent.kill()
    parent.wait()
    until(lambda: not ledger.open_rows())

    found = ledger.get(row.check_id)
    assert found is not None
    assert found.note == "alone"
    assert found.child is not None
    child = found.child
    until(lambda: liveness(child) is Liveness.dead)
