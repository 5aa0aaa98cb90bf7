"""One check as a child of the flow: read for certain, ended for certain."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from liveavatar_ops.flows.child import WITHIN_S, Result, read_result, run_check
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule import cost
from tests.support.attempts import first_that_counts
from tests.support.emulator import wait_gone
from tests.support.watching import target


def document(verdict: str, cause: str = "none", *sentences: str) -> dict[str, object]:
    reasons = [{"sentence": sentence} for sentence in sentences]
    judgement = {"verdict": verdict, "cause": cause, "reasons": reasons, "next_step": "Look."}
    return {"schema": "liveavatar-ops.health.result/1", "judgement": judgement, "evidence": {"folder": "/e"}}


@pytest.mark.parametrize(
    ("code", "told", "verdict", "cause", "sentence"),
    [
        (0, document("healthy"), "healthy", "none", "the avatar is alive"),
        (0, document("degraded", "slow", "12 fps"), "degraded", "slow", "12 fps"),
        (1, document("unhealthy", "frozen", "still for 3 s"), "unhealthy", "frozen", "still for 3 s"),
        (3, document("inconclusive", "quota", "4003"), "inconclusive", "quota", "4003"),
        (2, None, "usage", "none", "the command line of the check is not right; its complaint is in the log"),
        (-9, None, "inconclusive", "none", "the check was killed by signal 9"),
        (143, None, "inconclusive", "none", "the check ended with 143 and printed no result"),
        (None, None, "inconclusive", "none", "the check ended with None and printed no result"),
        # The exit code is the contract: a document that says something else does not change it.
        (1, document("healthy"), "unhealthy", "none", "the avatar is alive"),
        (
            1,
            {"results": [document("healthy"), document("unhealthy", "black", "dark")]},
            "unhealthy",
            "black",
            "dark",
        ),
        (0, {"results": []}, "healthy", "none", "the check ended with 0 and printed no result"),
        (0, [1, 2], "healthy", "none", "the check ended with 0 and printed no result"),
        (0, {"judgement": "fine"}, "healthy", "none", "the check ended with 0 and printed no result"),
    ],
)
def test_a_result_is_read(code: int | None, told: object, verdict: str, cause: str, sentence: str) -> None:
    """The exit code is the verdict, the document has the words; either may be missing."""
    found = read_result("desk", code, json.dumps(told).encode() if told is not None else b"")

    assert (found.verdict, found.cause, found.sentence) == (verdict, cause, sentence)


@pytest.mark.parametrize(
    ("found", "verdict", "sentence"),
    [
        (["healthy", "unhealthy"], "unhealthy", "saw unhealthy"),
        (["healthy", "inconclusive"], "inconclusive", "the check was killed by signal 9"),
        (["unhealthy", "healt"], "unhealthy", "saw unhealthy"),
        ([], "inconclusive", "the check was killed by signal 9"),
    ],
)
def test_what_was_found_unhealthy_stays_so_when_the_command_is_killed(
    found: list[str], verdict: str, sentence: str
) -> None:
    """A stack's results come one a line, the last may be torn; what was healthy says nothing of the rest."""
    lines = [json.dumps(document(name, "black", f"saw {name}")) for name in found]
    out = '{"results": [\n' + ",\n".join(lines).removesuffix('"}}' if "healt" in found else "")

    read = read_result("desk", -9, out.encode())

    assert (read.verdict, read.sentence) == (verdict, sentence)


def test_a_long_sentence_is_cut() -> None:
    """A history is no place for a page."""
    assert (
        len(read_result("desk", 1, json.dumps(document("unhealthy", "x", "y" * 9000)).encode()).sentence)
        == 300
    )


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_a_program_that_is_not_there_is_a_usage_error() -> None:
    """As it will not be there the next time either."""
    found = asyncio.run(run_check("desk", ["/no/such/program"], within_s=30))

    assert found.verdict == "usage"


def cut_short(command: list[str], ready: Path, **seams: float) -> Result:
    """What is said of a check that hangs; it writes into `ready` once it is as far as the test wants it."""

    def attempt(within_s: float) -> Result | None:
        for left in ready.parent.iterdir():
            left.unlink()
        found = asyncio.run(run_check("desk", command, within_s=within_s, **seams))
        return found if ready.exists() and ready.read_text() else None

    return first_that_counts(attempt)


def test_a_check_that_takes_too_long_is_asked_to_end(tmp_path: Path) -> None:
    """It has time to stop its session."""
    ready, stopped = tmp_path / "ready", tmp_path / "stopped"
    source = (
        "import signal, sys, time, pathlib\n"
        f"def stop(*_): pathlib.Path({str(stopped)!r}).touch(); sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        f"pathlib.Path({str(ready)!r}).write_text('ready')\n"
        "time.sleep(600)"
    )

    found = cut_short(python(source), ready, grace_s=60.0)

    assert (found.verdict, found.cause) == ("inconclusive", "own_host")
    assert stopped.exists()


STACK = """
import json, pathlib, sys, time
print('{"results": [', end="")
for i, (verdict, lasts_s) in enumerate(json.loads(sys.argv[1])):
    if lasts_s > 100:
        pathlib.Path(sys.argv[2]).write_text("hangs")
    time.sleep(lasts_s)
    said = {"verdict": verdict, "cause": "black", "reasons": [{"sentence": f"saw {verdict}"}]}
    print("," * (i > 0) + "\\n" + json.dumps({"judgement": said}), end="", flush=True)
print("\\n]}")
"""
"""Stands in for a check of a whole stack: each template's verdict and how long it takes; where it hangs."""


def test_a_whole_stack_has_time_for_each_of_its_templates(tmp_path: Path) -> None:
    """All together take longer than one may."""

    def attempt(within_s: float) -> Result | None:
        templates = json.dumps([["healthy", within_s / 4]] * 5)
        command = [sys.executable, "-c", STACK, templates, str(tmp_path / "hangs")]
        found = asyncio.run(run_check("desk", command, within_s=within_s))
        # No luck makes it healthy, and a machine that stands still may take a template all its time.
        return found if found.verdict == "healthy" else None

    assert first_that_counts(attempt).sentence == "saw healthy"


@pytest.mark.parametrize(
    ("templates", "verdict"),
    [
        ([["healthy", 0], ["unhealthy", 0], ["healthy", 600]], "unhealthy"),
        ([["healthy", 0], ["healthy", 600]], "inconclusive"),
    ],
    ids=["one is sick and one hangs", "one hangs"],
)
def test_what_hangs_hides_nothing_of_what_was_found_before(
    tmp_path: Path, templates: list[list[object]], verdict: str
) -> None:
    """Of a whole stack: what was sick stays so, what was healthy says nothing of the rest."""
    hangs = tmp_path / "hangs"

    found = cut_short([sys.executable, "-c", STACK, json.dumps(templates), str(hangs)], hangs)

    assert found.verdict == verdict
    if verdict == "unhealthy":
        assert (found.cause, found.sentence) == ("black", "saw unhealthy")


def test_the_time_for_a_result_is_enough_for_the_deepest_check() -> None:
    """By the default limits: after that the check ends what hangs by itself, and says so."""
    deepest = target(depth=Depth.CONVERSATION)

    assert cost.over_after_s(deepest, "regular") < WITHIN_S


@pytest.mark.skipif(sys.platform != "linux", reason="the tie is Linux's parent-death signal")
def test_a_check_does_not_outlive_its_worker(tmp_path: Path) -> None:
    """Killed, the worker loses its place after a minute: by then its check must have stopped its session."""
    pid, stopped = tmp_path / "pid", tmp_path / "stopped"
    check = (
        "import os, pathlib, signal, sys, time\n"
        f"def stop(*_): pathlib.Path({str(stopped)!r}).touch(); sys.exit(143)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    worker = (
        "import asyncio\nfrom liveavatar_ops.flows.child import run_check\n"
        f"asyncio.run(run_check('desk', {python(check)!r}, within_s=600))"
    )
    with subprocess.Popen(python(worker)) as parent:
        while not (pid.exists() and pid.read_text()):
            assert parent.poll() is None
            time.sleep(0.02)
        parent.kill()

    assert wait_gone({int(pid.read_text())}) == set()
    assert stopped.exists()


@pytest.mark.parametrize("listens", [False, True])
def test_nothing_of_a_check_is_left_behind(tmp_path: Path, listens: bool) -> None:
    """Neither one that does not listen, nor what one that did end had started."""
    pids = tmp_path / "pids"
    source = (
        "import os, signal, subprocess, sys, time\n"
        f"signal.signal(signal.SIGTERM, signal.{'SIG_DFL' if listens else 'SIG_IGN'})\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )

    cut_short(python(source), pids, grace_s=0.5)

    assert wait_gone({int(pid) for pid in pids.read_text().split()}) == set()


def test_a_cancelled_flow_ends_its_check(tmp_path: Path) -> None:
    """Prefect cancels a task when it loses its lease: the check must not go on without one."""
    pid = tmp_path / "pid"
    source = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    async def cancel() -> Result | None:
        running = asyncio.create_task(run_check("desk", python(source), within_s=600))
        while not (pid.exists() and pid.read_text()):
            await asyncio.sleep(0.02)
        running.cancel()
        try:
            return await running
        except asyncio.CancelledError:
            return None

    assert asyncio.run(cancel()) is None
    assert wait_gone({int(pid.read_text())}) == set()


def test_without_prefect_the_flow_says_so_in_one_line():
    """Prefect lives in an environment of its own, and not in the one of our commands."""
    flags = ["--once", "--sessions", "1", "--target", "a: --stack x"]
    command = [sys.executable, "-m", "liveavatar_ops.flows", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "python deploy/prefect/environment.py" in done.stderr
