"""
Checks killed with SIGKILL at random moments; after the janitor, is anything left?

Several checks share one ledger and one emulator. The moment, and who is killed (the command, its child, or
both at once, the child first held so that it cannot clean up), are drawn from a seed. Most watch until they
are killed; a third watches briefly, to be killed while it stops, writes evidence and ends. After each batch
the janitor runs once, and then: no session is open at the emulator, every session that was ever started there
is in the ledger under its own check, started once, and the ledger is whole with every row closed.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.support.emulator import RunningEmulator, descendants, running_emulator, wait_gone
from tests.support.health import COMMAND, PUBLIC_AVATAR, janitor, settings_of

from bench.record import keep
from liveavatar_ops.health.ledger import Ledger

LATEST_S, LATEST_NO_MEDIA_S = 9.0, 5.0
EARLY_SHARE, EARLY_S = 0.1, 2.0
BRIEF_SHARE, LONG_WATCH_S, BRIEF_WATCH_S = 1 / 3, 60.0, 1.0
BRIEF_SPAN = (0.5, 1.3)  # of the latest moment: from the watch, over stop and evidence, to the exit
BATCH = 20
SLOW = {"fault": {"name": "slow", "delay_s": 0.4}}  # so that many moments fall between two calls
WHO = ("command", "child", "both")


@dataclass
class Killed:
    """One check and its end; `state` is what the ledger said of it when it was killed."""

    who: str
    after_s: float
    early: bool
    """The moment counts from the command's start, else from its first line in the ledger."""
    brief: bool
    """It watches so briefly that the moment may fall into its stop, its evidence or its exit."""
    state: str = "not planned"


@dataclass
class Tally:
    """What was found after a batch; every count but the first two should be 0."""

    started: int = 0
    closed_by_janitor: int = 0
    open_sessions: int = 0
    open_rows: int = 0
    unaccounted: int = 0
    started_twice: int = 0
    alive: int = 0
    janitor_failed: int = 0
    problems: list[str] = field(default_factory=list)


def kill_one(env: dict[str, str], ledger: Ledger, kill: Killed, depth: str) -> set[int]:
    """Start a check, kill it; process ids that should end by themselves and did not."""
    arguments = ["--avatar", PUBLIC_AVATAR, "--quality", "low", "--depth", depth]
    arguments += ["--watch-for", f"{BRIEF_WATCH_S if kill.brief else LONG_WATCH_S:g}"]
    command = subprocess.Popen(
        [*COMMAND, "check", *arguments, "--json"],
        cwd=ledger.path.parent,  # evidence goes into a folder there
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if not kill.early:
        _wait_planned(command, ledger)
    time.sleep(kill.after_s)
    children = descendants(command.pid)
    kill.state = state_of(command.pid, _rows(ledger)) or kill.state
    if command.poll() is not None:
        kill.state = "ended before"
    if kill.who == "both":
        _signal(children, signal.SIGSTOP)
    if kill.who in {"command", "both"}:
        _signal({command.pid}, signal.SIGKILL)
    if kill.who in {"child", "both"}:
        _signal(children, signal.SIGKILL)
    if kill.who == "child" and not children:  # there was none yet
        _signal({command.pid}, signal.SIGKILL)
    command.wait(timeout=120)
    return wait_gone(children, within_s=120)


def _wait_planned(command: "subprocess.Popen[bytes]", ledger: Ledger) -> None:
    """However long this machine takes to import things: the moments worth killing at come after."""
    while command.poll() is None and not any(
        row.parent.pid == command.pid and row.child for row in ledger.open_rows()
    ):
        time.sleep(0.05)


def state_of(pid: int, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """How far the check of this command has come: `stopped` while it writes its evidence and ends."""
    return next((str(row["state"]) for row in rows if json.loads(row["parent"])["pid"] == pid), None)


def started_twice(start_calls: int, rows: Sequence[Mapping[str, Any]]) -> int:
    """One check, one session, one start call: anything above that is a second start of something."""
    announced = sum(row["starting_at"] is not None for row in rows)
    known = Counter(row["session_id"] for row in rows if row["session_id"])
    return max(start_calls - announced, 0) + sum(count > 1 for count in known.values())


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def looked_after(emulator: RunningEmulator, env: dict[str, str], ledger: Ledger, alive: int) -> Tally:
    """Run the janitor, then count."""
    tally = Tally(alive=alive)
    swept = janitor(env)
    if swept.code:
        tally.janitor_failed = 1
        tally.problems.append(swept.stderr.strip() or str(swept.result))
    tally.closed_by_janitor = len(swept.result["closed"]) if swept.result else 0
    sessions = [one for one in emulator.admin("GET", "/sessions") if one["started_at"] is not None]
    calls = [c for c in emulator.admin("GET", "/calls") if c["path"] == "/v1/sessions/start"]
    rows = _rows(ledger)
    known = Counter(row["session_id"] for row in rows if row["session_id"])
    tally.started = len(sessions)
    tally.open_sessions = sum(one["state"] == "active" for one in sessions)
    tally.open_rows = len(ledger.open_rows())
    tally.unaccounted = sum(known[one["id"]] == 0 for one in sessions)
    tally.started_twice = started_twice(len(calls), rows)
    tally.problems += _broken(ledger)
    return tally


def _rows(ledger: Ledger) -> list[dict[str, Any]]:
    if not ledger.path.exists():
        return []
    ledger.open_rows()  # makes the tables, where nobody has yet
    with closing(sqlite3.connect(ledger.path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM probe_sessions")]


def _broken(ledger: Ledger) -> list[str]:
    """What is wrong with the ledger's file or its rows."""
    if not ledger.path.exists():
        return []
    with closing(sqlite3.connect(ledger.path)) as db:
        [verdict] = db.execute("PRAGMA integrity_check").fetchone()
    problems = [] if verdict == "ok" else [f"integrity_check: {verdict}"]
    for row in _rows(ledger):
        if row["state"] not in {"stopped", "void"} or row["closed_at"] is None:
            problems.append(f"check {row['check_id']} is {row['state']}, closed at {row['closed_at']}")
        if row["state"] == "stopped" and row["session_id"] is None:
            problems.append(f"check {row['check_id']} stopped a session that it does not name")
    return problems


def batch(
    emulator: RunningEmulator, kills: Sequence[Killed], at_once: int, folder: Path, depth: str
) -> Tally:
    """Kill so many checks, several at a time, with one ledger; then look after them."""
    emulator.admin("POST", "/reset")
    emulator.admin("POST", "/faults", SLOW)
    folder.mkdir()
    env, ledger = settings_of(emulator, folder), Ledger(folder / "ledger.sqlite3")
    with ThreadPoolExecutor(at_once) as pool:
        left = list(pool.map(lambda kill: kill_one(env, ledger, kill, depth), kills))
    emulator.admin("DELETE", "/faults")
    return looked_after(emulator, env, ledger, sum(map(len, left)))


def drawn(rng: random.Random, latest_s: float) -> Killed:
    """Whom to kill, and when."""
    early = rng.random() < EARLY_SHARE
    brief = not early and rng.random() < BRIEF_SHARE
    first, last = BRIEF_SPAN if brief else (0.0, 1.0)
    after_s = rng.uniform(0, EARLY_S) if early else rng.uniform(first * latest_s, last * latest_s)
    return Killed(rng.choice(WHO), round(after_s, 2), early, brief)


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 when anything was left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--no-media", action="store_true", help="depth session: no room, nobody watches")
    typed = parser.parse_args(argv)
    depth, latest_s = ("session", LATEST_NO_MEDIA_S) if typed.no_media else ("video", LATEST_S)
    rng = random.Random(typed.seed)  # noqa: S311 - variety, not secrecy
    kills = [drawn(rng, latest_s) for _ in range(typed.runs)]
    tallies = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_emulator(media=not typed.no_media, log=Path(folder) / "emulator.log") as emulator,
    ):
        for begin in range(0, len(kills), BATCH):
            few = kills[begin : begin + BATCH]
            tallies.append(batch(emulator, few, typed.at_once, Path(folder) / str(begin), depth))
            print(f"{begin + len(few)}/{typed.runs} {asdict(tallies[-1])}", flush=True)
    states = Counter(kill.state for kill in kills)
    names = [name for name in Tally.__dataclass_fields__ if name != "problems"]
    sums = {name: sum(getattr(tally, name) for tally in tallies) for name in names}
    problems = [problem for tally in tallies for problem in tally.problems]
    print("killed while:", ", ".join(f"{state} {count}" for state, count in states.most_common()))
    print(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sums.items()))
    figures = {"seed": typed.seed, "runs": typed.runs, "killed_while": dict(states), **sums}
    name = "killed_checks_no_media" if typed.no_media else "killed_checks"
    file = keep(name, figures | {"problems": problems, "raw": [asdict(kill) for kill in kills]})
    print(f"kept in {file}")
    bad = problems or any(sums[name] for name in names if name not in {"started", "closed_by_janitor"})
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
