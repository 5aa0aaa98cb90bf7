"""
The flow on a real Prefect server: never more sessions than there are, history, retries, failure, schedule.

Prefect has an environment of its own (deploy/prefect); the first run of this file builds it.
"""

import json
import stat
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.prefect import PrefectServer, end, running_prefect

pytestmark = pytest.mark.prefect

PATIENCE_S = 120.0

CHECK = '''
"""Stands in for `liveavatar-ops`: does what its target's name says, and writes down when it ran."""
import json, os, sys, time
from pathlib import Path

words = sys.argv[1:]
assert words[:2] == ["health", "check"] and words[-1] == "--json", words
name = words[words.index("--template") + 1]
book = Path(os.environ["BOOK"])
began = time.time()
runs = len(list(book.glob(f"{name}-*")))
time.sleep(0.3)
if name == "whole":  # a stack: one template after the other, and the last one hangs
    sick = {"verdict": "unhealthy", "cause": "black", "reasons": [{"sentence": "saw the night desk"}]}
    for i, judged in enumerate([{"verdict": "healthy"}, {"verdict": "healthy"}, sick, None]):
        time.sleep(4 if judged else 600)
        print("," if i else '{"results": [')
        print(json.dumps({"judgement": judged}), end="", flush=True)
verdict, cause = {
    "well": ("healthy", "none"), "tired": ("degraded", "slow"), "ill": ("unhealthy", "frozen"),
    "unclear": ("healthy", "none") if runs else ("inconclusive", "quota"),
    "never": ("inconclusive", "own_host"),
}.get(name.rstrip("0123456789"), ("usage", "none"))
part = book.with_name(f"{name}.part")  # whole at once: the test may be reading the book
part.write_text(json.dumps([began, time.time()]))
part.replace(book / f"{name}-{runs}")
if verdict == "usage":
    sys.exit(2)
print(json.dumps({"schema": "liveavatar-ops.health.result/1", "evidence": {"folder": "/evidence/" + name},
    "judgement": {"verdict": verdict, "cause": cause, "reasons": [{"sentence": f"saw {verdict}"}]}}))
sys.exit({"healthy": 0, "degraded": 0, "unhealthy": 1, "inconclusive": 3}[verdict])
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with running_prefect(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The folder in which the stand-in writes down its runs."""
    folder = tmp_path / "book"
    folder.mkdir()
    return folder


@pytest.fixture
def program(tmp_path: Path) -> str:
    """The stand-in as a program."""
    path = tmp_path / "liveavatar-ops"
    path.write_text(f"#!{sys.executable}\n{CHECK}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def arguments(program: str, *names: str) -> list[str]:
    asked = ["--sessions", "1", "--program", program, "--retry-after", "0.1", "0.1"]
    for name in names:
        asked += ["--target", f"{name}: --stack prod --template {name}"]
    return asked


def spans(book: Path) -> list[list[float]]:
    return sorted(json.loads(path.read_text()) for path in book.iterdir())


def last_flow_run(server: PrefectServer, *, served: bool = False) -> dict[str, Any]:
    """The last one that began: of those that were run `--once`, or of those that a schedule made."""
    asked = {"deployment_id": {"is_null_": not served}, "start_time": {"is_null_": False}}
    runs = server.post("flow_runs/filter", flow_runs=asked, sort="START_TIME_DESC", limit=1)
    assert runs
    found: dict[str, Any] = runs[0]
    return found


def task_runs(server: PrefectServer, flow_run: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """The ended runs of exactly these tasks; the server writes each down some time after it ended."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = server.post("task_runs/filter", task_runs={"flow_run_id": {"any_": [flow_run]}})
        ended = {run["name"]: run for run in found if run["state_type"] in ("COMPLETED", "FAILED")}
        if sorted(run["name"] for run in found) == sorted(names) == sorted(ended):
            return ended
        seen = [(run["name"], run["state_type"]) for run in found]
        assert time.monotonic() < deadline, f"not the ended runs of {names}: {seen}"
        time.sleep(0.2)


def test_there_are_never_more_checks_than_sessions(server: PrefectServer, program: str, book: Path) -> None:
    """Five targets on an account with one session: one after the other, and all of them in the history."""
    names = ["well1", "well2", "well3", "tired", "unclear"]

    done = server.run("--once", *arguments(program, *names), BOOK=str(book))

    seen = spans(book)
    assert done.returncode == 0, done.stdout
    assert len(seen) == len(names) + 1, "the inconclusive one ran twice, the others once"
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(seen))

    flow = last_flow_run(server)
    runs = task_runs(server, flow["id"], names)
    assert (flow["state_type"], flow["state"]["message"]) == ("COMPLETED", "5 healthy")
    assert {name: (run["state_name"], run["run_count"]) for name, run in runs.items()} == {
        "well1": ("Healthy", 1),
        "well2": ("Healthy", 1),
        "well3": ("Healthy", 1),
        "tired": ("Degraded", 1),
        "unclear": ("Healthy", 2),
    }
    limit = server.post("v2/concurrency_limits/filter")
    assert [(one["name"], one["limit"], one["active_slots"]) for one in limit] == [
        ("liveavatar-sessions", 1, 0)
    ]


def test_an_unhealthy_target_fails_the_flow_run(server: PrefectServer, program: str, book: Path) -> None:
    """It is not run again, as it is a result; the others are checked all the same; the message says why."""
    done = server.run("--once", *arguments(program, "ill", "well"), BOOK=str(book))

    flow = last_flow_run(server)
    runs = task_runs(server, flow["id"], ["ill", "well"])
    assert done.returncode == 1
    assert flow["state_type"] == "FAILED"
    assert "unhealthy: ill: saw unhealthy (frozen)" in flow["state"]["message"]
    assert (runs["ill"]["state_type"], runs["ill"]["run_count"]) == ("FAILED", 1)
    assert runs["well"]["state_name"] == "Healthy"
    artifacts = server.post("artifacts/filter", artifacts={"key": {"any_": ["health-ill"]}})
    assert json.loads(artifacts[0]["data"])[0]["evidence"] == "/evidence/ill"


def test_a_stack_is_unhealthy_though_its_check_does_not_come_to_its_end(
    server: PrefectServer, program: str, book: Path
) -> None:
    """Slow templates have time each; what was found before one that hangs is said, and the flow run fails."""
    done = server.run("--once", "--within", "11", *arguments(program, "whole"), BOOK=str(book))

    flow = last_flow_run(server)
    assert done.returncode == 1, done.stdout
    assert flow["state_type"] == "FAILED"
    assert "unhealthy: whole: saw the night desk (black)" in flow["state"]["message"]


def test_a_target_may_have_any_name(server: PrefectServer, program: str, book: Path) -> None:
    """Prefect takes fewer letters in a key than names have: the target stays healthy, and has its table."""
    named = ["--target", "Büro 1: --stack prod --template well"]

    done = server.run("--once", *arguments(program), *named, BOOK=str(book))

    flow = last_flow_run(server)
    assert done.returncode == 0, done.stdout
    assert (flow["state_type"], flow["state"]["message"]) == ("COMPLETED", "1 healthy")
    artifacts = server.post("artifacts/filter", artifacts={"key": {"any_": ["health-buro-1"]}})
    assert json.loads(artifacts[0]["data"])[0]["target"] == "Büro 1"


def test_no_answer_is_neither_a_failure_nor_a_pass(server: PrefectServer, program: str, book: Path) -> None:
    """Run three times, then said to be inconclusive: nobody is woken, and nobody is told that all is well."""
    done = server.run("--once", *arguments(program, "never"), BOOK=str(book))

    flow = last_flow_run(server)
    assert done.returncode == 0
    assert len(spans(book)) == 3
    assert (flow["state_type"], flow["state_name"]) == ("COMPLETED", "Inconclusive")


def test_a_wrong_command_line_fails_at_once(server: PrefectServer, program: str, book: Path) -> None:
    """Running it again would give the same."""
    done = server.run("--once", *arguments(program, "nonsense"), BOOK=str(book))

    assert done.returncode == 1
    assert len(spans(book)) == 1
    assert "command line of the check is not right" in last_flow_run(server)["state"]["message"]


def test_the_schedule_runs_by_itself(server: PrefectServer, program: str, book: Path) -> None:
    """Served with an interval, the flow runs without anybody's word."""
    process = server.serve("--every", "2", *arguments(program, "well"), BOOK=str(book))
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not spans(book) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert spans(book), "no scheduled run began"
        assert last_flow_run(server, served=True)["auto_scheduled"] is True
    finally:
        end(process)


@pytest.mark.parametrize(
    "typed",
    [
        ["--once", "--sessions", "0", "--target", "a: --stack b"],
        ["--once", "--sessions", "1", "--target", "a"],
        ["--sessions", "1", "--target", "a: --stack b"],
    ],
)
def test_a_wrong_call_is_a_usage_error(server: PrefectServer, typed: list[str]) -> None:
    """Before anything is asked of the server."""
    done = server.run(*typed)

    assert done.returncode == 2
    assert "error: " in done.stdout
