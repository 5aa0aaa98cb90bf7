"""The parent of a check: whatever its child does, there are facts, and nothing stays open."""

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.ledger import Ledger, LedgerError, Row, State
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.owner import Liveness, liveness
from liveavatar_ops.health.runner import Checked, Interrupted, Runner
from pulumi_liveavatar.settings import Settings
from tests.support.health import until

TARGET = TargetFacts(name="desk", depth=Depth.SESSION)
KEY = "canary-api-key-77"


class StopOnlyApi:
    """The stop call of LiveAvatar's API over real HTTP; remembers which sessions were stopped."""

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.refuse = False
        api = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.stopped.append(body["session_id"])
                answer = json.dumps({"code": 401 if api.refuse else 1000, "data": None, "message": "m"})
                self.send_response(401 if api.refuse else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def api() -> Iterator[StopOnlyApi]:
    api = StopOnlyApi()
    yield api
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


PRELUDE = """
import json, os, signal, sys, time
from pathlib import Path
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.job import Job
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.notebook import Notebook
job = Job.model_validate_json(sys.stdin.readline())
ledger = Ledger(job.ledger)
notes = Notebook(job.target)
def open_session():
    ledger.minted(job.check_id, "session-1")
    ledger.starting(job.check_id)
    ledger.started(job.check_id)
def finish():
    write_whole(job.workdir / "facts.json", notes.facts().model_dump_json())
"""


def run(
    tmp_path: Path, api: StopOnlyApi, ledger: Ledger, does: str, **seams: object
) -> tuple[Checked, list[str]]:
    """One check whose child does as told; what came out, and the phases that were announced."""
    script = tmp_path / "child.py"
    script.write_text(PRELUDE + textwrap.dedent(does))
    phases: list[str] = []
    named = {name: seams.pop(name) for name in list(seams) if name.isupper()}
    settings = Settings(LIVEAVATAR_API_KEY=KEY, LIVEAVATAR_API_URL=api.url, **named)
    runner = Runner(settings, ledger, child=(sys.executable, str(script)), on_phase=phases.append, **seams)
    return runner.check(TARGET, {"avatar_id": "x"}, Limits()), phases


def closed(ledger: Ledger) -> list[Row]:
    """The rows of the ledger, which holds no open one any more."""
    with sqlite3.connect(ledger.path) as db:
        ids = [row[0] for row in db.execute("SELECT check_id FROM probe_sessions")]
    return [row for each in ids if (row := ledger.get(each)) is not None]


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
    checked, _ = run(
        tmp_path,
        api,
        ledger,
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open_session()
        time.sleep(600)
        """,
        over_after_s=6.0,
    )

    assert api.stopped == ["session-1"]
    assert "was killed" in (checked.facts.probe_failure or "")


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


def test_an_interruption_is_told_to_the_child(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """The child hears `stop` on its standard input and ends in its own way."""
    wish = threading.Event()
    threading.Timer(1.0, wish.set).start()

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
            stop_wish=wish,
        )

    assert api.stopped == []
    assert ledger.open_rows() == []


def test_an_interruption_does_not_wait_for_a_deaf_child(tmp_path: Path, api: StopOnlyApi, ledger: Ledger):
    """After its grace the child is killed and the parent stops the session."""
    wish = threading.Event()
    threading.Timer(1.0, wish.set).start()

    with pytest.raises(Interrupted):
        run(tmp_path, api, ledger, "open_session()\ntime.sleep(600)", stop_wish=wish, grace_s=0.5)

    assert api.stopped == ["session-1"]


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
