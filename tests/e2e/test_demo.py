"""`liveavatar-ops demo` as a newcomer runs it: twice, with a fault, and interrupted at bad moments."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from liveavatar_ops.demo.surroundings import API_KEY, OPENAI_KEY, Surroundings, only_one
from tests.support.engine import shipped_copy, tidy_env
from tests.support.processes import processes_of, until

pytestmark = [pytest.mark.engine, pytest.mark.media]

BUSY_MOST = 5
COMMAND = [str(Path(sys.executable).parent / "liveavatar-ops"), "demo"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One copy of the project for all demos of this file: the second finds what the first left."""
    folder = shipped_copy(tmp_path_factory.mktemp("demo"))
    yield folder
    until(lambda: processes_of(folder) == [])


@dataclass(frozen=True)
class First:
    """The checkout's first demo: files before it, what it printed, and what the one that proved printed."""

    files: dict[Path, bytes]
    printed: str
    proved: str


@pytest.fixture(scope="module")
def first(checkout: Path) -> First:
    """Run once; what the other tests of this file look at is there, whichever of them are run."""
    files = shipped(checkout)
    done = demo(checkout)
    return First(files, done.stdout, conclusive(checkout, done))


def shipped(checkout: Path) -> dict[Path, bytes]:
    """Every file but the demo's own."""
    return {p: p.read_bytes() for p in checkout.rglob("*") if p.is_file() and ".demo" not in p.parts}


def demo(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=checkout,
        env=tidy_env() | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def conclusive(checkout: Path, done: "subprocess.CompletedProcess[str] | None" = None) -> str:
    """What a demo printed that ended well; tried again while the check says that this machine is too busy."""
    done = done or demo(checkout)
    for _ in range(BUSY_MOST):
        if done.returncode != 3 or "our own host" not in done.stdout:
            break
        done = demo(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def unlocked(checkout: Path) -> bool:
    return not list((checkout / ".demo" / "backend").rglob("locks/**/*.json"))


def open_sessions(checkout: Path) -> list[tuple[str, str]]:
    """Sessions that the ledger, or the emulator itself, still holds for running."""
    ledger = checkout / ".demo" / "state" / "ledger.sqlite3"
    if not ledger.exists():
        return []
    with sqlite3.connect(ledger) as db:
        return list(
            db.execute("SELECT check_id, state FROM probe_sessions WHERE state NOT IN ('stopped', 'void')")
        )


def test_a_demo_ends_with_a_healthy_verdict_and_a_second_one_changes_nothing(
    checkout: Path, first: First
) -> None:
    """First: everything is made and an avatar is proven. Second: nothing to change. Nothing keeps running."""
    assert "5 created" in first.printed
    assert "Try next" in first.printed
    assert "A viewer sees a living avatar." in first.proved
    assert (checkout / ".demo/evidence/latest/contact-sheet.png").read_bytes().startswith(b"\x89PNG")
    result = json.loads((checkout / ".demo/evidence/latest/result.json").read_text())
    assert result["judgement"]["verdict"] == "healthy"
    assert result["facts"]["video"]["frames"] > 50

    assert "nothing to change" in conclusive(checkout)
    now = shipped(checkout)
    assert {p.name for p in now if now[p] != first.files.get(p) and "__pycache__" not in p.parts} == {
        "Pulumi.demo.yaml"
    }
    until(lambda: processes_of(checkout) == [])
    assert unlocked(checkout)
    assert open_sessions(checkout) == []


def test_a_fault_gives_its_verdict_and_cause(checkout: Path) -> None:
    """The rehearsal that the last screen offers does what it says; a starved machine may not tell."""
    done = demo(checkout, "--fault", "no_video")

    assert (done.returncode, "UNHEALTHY" in done.stdout) in {(1, True), (3, False)}, done.stdout
    assert "no video" in done.stdout.lower()


def test_a_template_that_is_not_there_is_named(checkout: Path) -> None:
    """The answer lists what there is."""
    done = demo(checkout, "--template", "front-dsk")

    assert done.returncode == 2
    assert "There is no session template 'front-dsk'. There are: front-desk, night-desk." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_outside_a_checkout_the_demo_says_where_to_go(tmp_path: Path) -> None:
    """No half-made folder, one sentence."""
    done = demo(tmp_path)

    assert done.returncode == 2
    assert "not inside a checkout" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_second_demo_beside_a_first_is_refused(checkout: Path) -> None:
    """It says whose turn it is, and starts nothing; the mark of a dead one holds nobody up."""
    place = Surroundings(checkout)
    place.folder.mkdir(exist_ok=True)
    with only_one(place):
        done = demo(checkout)

    assert done.returncode == 2
    assert "running already (process" in done.stdout
    with only_one(place):
        assert (place.folder / "running").read_text().isdigit()


def running(word: str) -> Callable[[Path], bool]:
    return lambda checkout: any(word in line for line in processes_of(checkout))


def started(checkout: Path) -> bool:
    return any(state == "started" for _, state in open_sessions(checkout))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(running("demo.secrets_manager"), id="as the services start"),
        pytest.param(running("pulumi up"), id="as the engine runs"),
        pytest.param(started, id="as the avatar is watched"),
    ],
)
def test_an_interrupted_demo_leaves_nothing(
    checkout: Path, moment: Callable[[Path], bool], how: signal.Signals
) -> None:
    """At any moment: no process, no session, no locked stack; and the next demo works."""
    child = subprocess.Popen(
        COMMAND,
        cwd=checkout,
        env=tidy_env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: moment(checkout) or child.poll() is not None)
        assert child.poll() is None, child.communicate()[0]
        child.send_signal(how)
        said, _ = child.communicate(timeout=120)
    finally:
        child.kill()

    assert child.returncode == 128 + how, said
    assert "Everything that was started has been ended" in said
    assert "Traceback" not in said
    until(lambda: processes_of(checkout) == [])
    assert unlocked(checkout)
    assert open_sessions(checkout) == []


@pytest.mark.usefixtures("first")
def test_after_all_that_the_demo_still_works(checkout: Path) -> None:
    """Interrupted runs leave nothing that the next has to stumble over."""
    assert "nothing to change" in conclusive(checkout)


@pytest.mark.usefixtures("first")
def test_no_key_is_kept_by_a_demo(checkout: Path) -> None:
    """State, logs, ledger and evidence hold neither of the keys; the emulator's own store may."""
    folder = checkout / ".demo"
    own = [p for p in (folder / "emulator").rglob("*") if p.is_file()]
    kept = [p for p in folder.rglob("*") if p.is_file() and p not in own]
    wanted = [key.encode() for key in (OPENAI_KEY, API_KEY)]

    assert {"result.json", "contact-sheet.png", "ledger.sqlite3"} <= {p.name for p in kept}
    assert [p for p in kept if any(key in p.read_bytes() for key in wanted)] == []
    assert any(wanted[0] in p.read_bytes() for p in own), "the search would find it"
