"""
Two watchers on one ledger, real checks with video, one of them killed with SIGKILL while it checks.

Judged from outside afterwards: was a due slot of any target missed, was anything checked twice, is anything
left open once the survivor was told to stop? What the watchers wrote down (`watch.sqlite3`) is held against
the sessions that the emulator saw (each target has an avatar of its own) and against the ledger.

Interval and lease are such that a slot that nobody served cannot hide: at most interval + jitter + one look
lies between two checks, where the killed watcher left one behind at most interval + jitter + lease, and both
are less than two intervals.
"""

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from tests.support.emulator import RunningEmulator, descendants, running_emulator, wait_gone
from tests.support.health import COMMAND, settings_of

from bench.record import keep
from bench.support.busy import busy
from bench.support.slots import Killed, Rules, Seen, Span, judged, told
from liveavatar_ops.rehearse.row import INES, JUNE, STARTER

TARGETS = {"ines": INES, "june": JUNE, "starter": STARTER}
RULES = Rules(every_s=30.0, jitter=0.1, lease_s=20.0, look_s=5.0)
WATCH_S = 4.0
MIDDLE = (0.35, 0.65)  # the part of the time in which the one is killed
INTO_S, INTO_NO_MEDIA_S = (0.0, 7.0), (0.0, 2.0)  # how far into a check
SLOW = {"fault": {"name": "slow", "delay_s": 0.4}}  # else a check without video is over at once
PATIENCE_S = 120.0
READY_S = 90.0


class Watcher:
    """One `liveavatar-ops health watch`; its log is read while it is written."""

    def __init__(self, name: str, folder: Path, env: dict[str, str]) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        with self.log.open("w") as out:
            self.child = subprocess.Popen(
                [*COMMAND, "watch", "--config", str(folder / "watch.yaml"), "--json"],
                cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What it said of one kind."""
        lines = self.log.read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [event for event in said if event["event"] == kind]

    def tokens(self) -> set[int]:
        """Of the checks that it began."""
        return {int(event["run"]) for event in self.events("check.started")}


def write_config(folder: Path, depth: str) -> None:
    """Three targets with an avatar each, small pictures, watched briefly."""
    targets = []
    for name, avatar in TARGETS.items():
        body = {"mode": "LITE", "avatar_id": avatar, "video_settings": {"quality": "low"}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({**body, "health": {"watch_s": WATCH_S}}))
        targets.append({"name": name, "template_file": f"{name}.yaml"})
    every = f"{RULES.every_s:g}s"
    config = {
        "targets": targets,
        "every": every,
        "jitter": f"{RULES.jitter:.0%}",
        "depth": depth,
        "lease": f"{RULES.lease_s:g}s",
        "confirm": {"every": every},
        "account": {"max_parallel": len(TARGETS)},
    }
    (folder / "watch.yaml").write_text(yaml.safe_dump(config))


def rows(path: Path, sql: str) -> list[dict[str, Any]]:
    """What a SQLite file holds."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql)]


def wait_for_start(watchers: Sequence[Watcher]) -> None:
    """Until both look at what is due."""
    deadline = time.time() + READY_S
    while waiting := [each for each in watchers if not each.events("watcher.started")]:
        first = waiting[0]
        if first.child.poll() is not None or time.time() > deadline:
            raise SystemExit(f"Watcher {first.name} did not start:\n{first.log.read_text()[-2000:]}")
        time.sleep(0.1)


def held_by(watcher: Watcher, memory: Path) -> list[tuple[int, float]]:
    """Token and beginning of each check that a watcher is making."""
    held = rows(memory, "SELECT token, taken_at, owner FROM leases")
    own = [row for row in held if json.loads(row["owner"])["pid"] == watcher.child.pid]
    return [(row["token"], row["taken_at"]) for row in own]


def kill_one(victim: Watcher, memory: Path, *, not_before: float, into_s: float) -> Killed:
    """Wait for the moment, then for a check of the victim that is so far; SIGKILL to the watcher alone."""
    while time.time() < not_before:
        time.sleep(0.2)
    deadline = time.time() + PATIENCE_S
    while time.time() < deadline:
        now = time.time()
        if any(now - taken_at >= into_s for _, taken_at in held_by(victim, memory)):
            below = descendants(victim.child.pid)
            victim.child.kill()
            killed = Killed(victim.name, time.time(), into_s, [token for token, _ in held_by(victim, memory)])
            victim.child.wait()
            killed.left_alive = len(wait_gone(below, within_s=PATIENCE_S))
            return killed
        time.sleep(0.05)
    raise SystemExit(f"Watcher {victim.name} made no check within {PATIENCE_S:.0f} s: see {victim.log}.")


def watched(
    emulator: RunningEmulator, folder: Path, minutes: float, rng: random.Random, *, media: bool
) -> Seen:
    """Two watchers for so long, one killed on the way, the other told to stop at the end."""
    write_config(folder, "video" if media else "session")
    state = folder / "state"
    env, memory = settings_of(emulator, state), state / "watch.sqlite3"
    watchers = [Watcher(name, folder, env) for name in ("one", "two")]
    try:
        wait_for_start(watchers)
        # Due slots count from the first watcher's first look.
        began = min(row["first_seen"] for row in rows(memory, "SELECT first_seen FROM targets"))
        victim, moment = rng.choice(watchers), began + minutes * 60 * rng.uniform(*MIDDLE)
        into_s = round(rng.uniform(*(INTO_S if media else INTO_NO_MEDIA_S)), 2)
        killed = kill_one(victim, memory, not_before=moment, into_s=into_s)
        print(f"{killed.at - began:.0f} s: killed watcher {killed.who} in checks {killed.tokens}", flush=True)
        time.sleep(max(0.0, began + minutes * 60 - time.time()))
        survivor = next(w for w in watchers if w.name != killed.who)
        seen = Seen(RULES, began, time.time(), killed, expected=tuple(TARGETS))
        survivor.child.send_signal(signal.SIGTERM)
        seen.exit_code = survivor.child.wait(timeout=PATIENCE_S)
        seen.seconds_to_stop = round(time.time() - seen.told_to_stop_at, 2)
        if not survivor.events("watcher.stopped"):
            seen.problems.append("the survivor did not say that it stopped")
        seen.made_by = {w.name: len(w.tokens()) for w in watchers}
        collect(seen, emulator, state, watchers)
        return seen
    finally:
        for each in watchers:
            if each.child.poll() is None:
                each.child.kill()
            each.child.wait()


def collect(seen: Seen, emulator: RunningEmulator, state: Path, watchers: Sequence[Watcher]) -> None:
    """Read the watchers' memory, the emulator's sessions and the ledger, once nobody writes any more."""
    memory, ledger = state / "watch.sqlite3", state / "ledger.sqlite3"
    for run in rows(memory, "SELECT * FROM runs"):
        name, end = str(run["token"]), run["ended_at"]
        seen.checks.append(Span(run["target"], name, run["started_at"], end, run["stage"], run["verdict"]))
    target_of = {avatar: target for target, avatar in TARGETS.items()}
    for one in emulator.admin("GET", "/sessions"):
        if one["started_at"] is not None:
            target = target_of[one["avatar_id"]]
            seen.sessions.append(Span(target, one["id"], one["started_at"], one["ended_at"], one["state"]))
    known = Counter(row["session_id"] for row in rows(ledger, "SELECT session_id FROM probe_sessions"))
    problems = [f"session {s.name} is {known[s.name]} times in the ledger" for s in seen.sessions
                if known[s.name] != 1]  # fmt: skip
    problems += [
        f"the ledger's check {row['check_id']} is still {row['state']}"
        for row in rows(ledger, "SELECT * FROM probe_sessions WHERE closed_at IS NULL")
    ]
    for file in (memory, ledger):
        [verdict] = rows(file, "PRAGMA integrity_check")
        if verdict["integrity_check"] != "ok":
            problems.append(f"{file.name}: {verdict['integrity_check']}")
    problems += [
        f"a lease on {row['name']} was not given back" for row in rows(memory, "SELECT * FROM leases")
    ]
    problems += [f"check {c.name} is still running" for c in seen.checks if c.stage == "running"]
    lost = {int(c.name) for c in seen.checks if c.stage == "lost"}
    if lost != set(seen.killed.tokens):
        problems.append(f"lost are {sorted(lost)}, killed were {seen.killed.tokens}")
    for each in watchers:
        for kind in ("watcher.fault", "watcher.store_failed", "watcher.janitor_failed", "check.superseded"):
            problems += [f"watcher {each.name}: {event}" for event in each.events(kind)]
    seen.problems += problems


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 when a slot was missed, a check doubled, or anything left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--no-media", action="store_true", help="depth session: no room, nobody watches")
    parser.add_argument("--busy", action="store_true", help="with every core busy")
    typed = parser.parse_args(argv)
    rng = random.Random(typed.seed)  # noqa: S311 - variety, not secrecy
    with (
        tempfile.TemporaryDirectory() as folder,
        running_emulator(media=not typed.no_media, log=Path(folder) / "emulator.log") as emulator,
        busy(wanted=typed.busy),
    ):
        if typed.no_media:
            emulator.admin("POST", "/faults", SLOW)
        seen = watched(emulator, Path(folder), typed.minutes, rng, media=not typed.no_media)
    found, story = judged(seen), told(seen)
    for name in ("checks", "verdicts", "made_by", "taken_over_after_s", "seconds_to_stop"):
        print(f"{name.replace('_', ' ')}: {story[name]}")
    print(f"longest gap {story['longest_gap_s']} s, around the kill {story['longest_gap_at_kill_s']} s")
    for name, what in found.items():
        print(f"{name.replace('_', ' ')}: {what or 'none'}")
    figures = {"seed": typed.seed, "minutes": typed.minutes, **found, **story, "raw": asdict(seen)}
    name = "two_watchers" + "_no_media" * typed.no_media + "_busy" * typed.busy
    print(f"kept in {keep(name, figures)}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
