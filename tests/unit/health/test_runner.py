"""The parent of a check: whatever its child does, there are facts, and nothing stays open."""

import json
import os
import time
from pathlib import Path

import pytest

from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.runner import Checked
from tests.support.attempts import first_that_counts
from tests.support.health_runner import KEY, StopOnlyApi, closed, run


def test_a_good_child_gives_its_facts(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """What the child wrote is what the parent returns; the row is the child's to close."""
    checked, phases = run(
        tmp_path,
        api,
        ledger,
        """
        print(json.dumps({"phase": "look"}), flush=True)
        notes.call("credits", lambda: 1)
        ledger.void(job.check_id, "api only")
        finish()
        """,
    )

    assert checked.facts.probe_failure is None
    assert [step.name for step in checked.facts.steps] == ["credits"]
    assert phases == ["look"]
    assert api.stopped == []
    assert ledger.open_rows() == []


def test_parent_and_child_are_named_in_their_folder(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """Before the child has its job: a janitor that comes now must see that both live."""
    run(
        tmp_path,
        api,
        ledger,
        f"""
        import shutil
        shutil.copy(job.workdir / "owners.json", {str(tmp_path / "owners.json")!r})
        ledger.void(job.check_id, "x")
        finish()
        """,
    )
    owners = json.loads((tmp_path / "owners.json").read_text())

    assert len({owner["pid"] for owner in owners}) == 2
    assert os.getpid() in {owner["pid"] for owner in owners}


@pytest.mark.parametrize("end", ["os._exit(134)", "os.abort()", "os.kill(os.getpid(), signal.SIGTERM)"])
def test_the_way_a_child_ends_means_nothing_once_its_facts_are_there(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger, end: str
):
    """The media library may abort the interpreter at exit."""
    checked, _ = run(tmp_path, api, ledger, f"ledger.void(job.check_id, 'x')\nfinish()\n{end}")

    assert checked.facts.probe_failure is None


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "by SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "by SIGTERM"),
        ("os._exit(0)", "with exit code 0 and left no facts"),
        ("sys.exit('the decoder is missing')", "the decoder is missing"),
        ("write_whole(job.workdir / 'facts.json', '{\"verdict\": 1}'); os._exit(0)", "left no facts"),
    ],
)
def test_a_child_that_dies_with_an_open_session_has_it_stopped_by_the_parent(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger, end: str, said: str
):
    """The parent stops by session id with the API key, and says how the probe ended."""
    checked, _ = run(tmp_path, api, ledger, f"open_session()\n{end}")

    assert api.stopped == ["session-1"]
    assert ledger.open_rows() == []
    assert [row.credits for row in closed(ledger)] == [1.0], "one begun minute of a LITE session"
    assert checked.facts.session_id == "session-1"
    assert (checked.facts.stop.stopped, checked.facts.stop.by) == (True, "parent")
    assert checked.facts.probe_failure is not None
    assert said in checked.facts.probe_failure


def test_a_stop_call_that_the_child_got_no_answer_to_is_remembered(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """The parent's came through seconds later; at the check's end our network was gone all the same."""
    checked, _ = run(
        tmp_path,
        api,
        ledger,
        """
        from liveavatar_ops.health.facts import StopFacts
        open_session()
        notes.stop = StopFacts(needed=True, sentence="no answer", unheard=True)
        finish()
        """,
    )

    stop = checked.facts.stop
    assert (stop.stopped, stop.by, stop.unheard) == (True, "parent", True)


@pytest.mark.parametrize(("does", "cost"), [("open_session()", 1), ("", 0)])
def test_a_child_that_dies_leaves_what_its_session_cost(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger, does: str, cost: int
):
    """By the ledger's row: a begun minute of a session, nothing where none was asked for."""
    checked, _ = run(tmp_path, api, ledger, f"{does}\nos._exit(1)")

    assert checked.facts.credits.estimate == cost


def test_a_ledger_that_is_lost_during_the_check_costs_no_verdict(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """What was seen is told, and what is to be done."""
    checked, _ = run(
        tmp_path,
        api,
        ledger,
        """
        notes.call("credits", lambda: 1)
        ledger.void(job.check_id, "api only")
        finish()
        for each in job.ledger.parent.glob("ledger.sqlite3*"):
            each.write_bytes(b"garbage" * 1000)
        """,
    )

    assert checked.facts.probe_failure is None
    assert [step.name for step in checked.facts.steps] == ["credits"]
    assert "health janitor" in checked.facts.notes[0]


@pytest.mark.parametrize("log", ["debug", "off"])
def test_the_childs_requests_are_shown_where_that_was_asked_for(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger, capsys: pytest.CaptureFixture[str], log: str
):
    """Its stderr is a file in a folder that is removed."""
    does = f"print('GET /v1/avatars 200 {KEY}', file=sys.stderr)\nledger.void(job.check_id, 'x')\nfinish()"
    run(tmp_path, api, ledger, does, LIVEAVATAR_LOG=log)
    said = capsys.readouterr().err

    assert ("GET /v1/avatars 200" in said) is (log == "debug")
    assert KEY not in said


def test_a_start_whose_answer_was_lost_is_stopped_all_the_same(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """Sent and not answered may well be open and billing."""
    run(
        tmp_path,
        api,
        ledger,
        """
        ledger.minted(job.check_id, "session-1")
        ledger.starting(job.check_id)
        os._exit(1)
        """,
    )

    assert "session-1" in api.stopped
    assert ledger.open_rows() == []


def test_a_child_that_dies_before_a_token_leaves_nothing_to_stop(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """The row is closed as void, no call is made."""
    checked, _ = run(tmp_path, api, ledger, "os._exit(1)")

    assert api.stopped == []
    assert ledger.open_rows() == []
    assert checked.facts.stop.needed is False


def test_a_child_that_hangs_is_killed_and_its_session_stopped(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger
):
    """Deaf to everything: signals ignored, deadline passed."""
    deaf = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open_session()
    time.sleep(600)
    """

    def attempt(over_after_s: float) -> Checked | None:
        checked, _ = run(tmp_path, api, ledger, deaf, over_after_s=over_after_s)
        return checked if api.stopped else None  # else it was killed before there was a session

    checked = first_that_counts(attempt)

    assert api.stopped == ["session-1"]
    assert "was killed" in (checked.facts.probe_failure or "")


def test_a_child_that_says_no_more_is_still_waited_for(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """The end of its output is not its own end; and waiting for that costs next to nothing."""
    before_s = time.process_time()
    checked, _ = run(tmp_path, api, ledger, "os.close(1); time.sleep(3); finish()")

    assert checked.facts.probe_failure is None
    assert time.process_time() - before_s < 1.0, "three seconds of looking without a pause"


def test_what_a_dying_child_knew_is_kept(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """Facts so far survive, marked as unfinished."""
    checked, _ = run(
        tmp_path,
        api,
        ledger,
        """
        notes.call("credits", lambda: 1)
        write_whole(job.workdir / "facts-so-far.json", notes.facts().model_dump_json())
        os._exit(1)
        """,
    )

    assert [step.name for step in checked.facts.steps] == ["credits"]
    assert checked.facts.probe_failure is not None


def test_a_session_that_cannot_be_stopped_is_loud(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """The facts carry the sentence with session and command, and the row stays for the janitor."""
    api.refuse = True

    checked, _ = run(tmp_path, api, ledger, "open_session()\nos._exit(1)")

    stop = checked.facts.stop
    assert (stop.needed, stop.stopped) == (True, False)
    assert "liveavatar-ops health janitor" in (stop.sentence or "")
    assert len(ledger.open_rows()) == 1


def test_no_ledger_no_session(tmp_path: Path, api: StopOnlyApi):
    """If the row cannot be written, the child is not even started."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    started = tmp_path / "started"

    with pytest.raises(LedgerError):
        run(tmp_path, api, Ledger(in_the_way / "l"), f"Path({str(started)!r}).touch()")

    assert not started.exists()


def test_the_key_is_in_no_argument_no_job_and_no_facts(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """A known key value is searched for in the child's command line, its job, its last words, the ledger."""
    seen = tmp_path / "seen.json"

    checked, _ = run(
        tmp_path,
        api,
        ledger,
        f"""
        arguments = Path("/proc/self/cmdline").read_text()
        Path({str(seen)!r}).write_text(json.dumps([arguments, job.model_dump_json()]))
        assert os.environ["LIVEAVATAR_API_KEY"]
        sys.exit("it broke with " + os.environ["LIVEAVATAR_API_KEY"])
        """,
    )

    assert "it broke with" in (checked.facts.probe_failure or "")
    assert KEY not in seen.read_text()
    assert KEY not in checked.facts.model_dump_json()
    for path in ledger.path.parent.glob("ledger.sqlite3*"):
        assert KEY.encode() not in path.read_bytes()
