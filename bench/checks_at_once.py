"""
How many checks run side by side on this machine before one of them is wrong of an avatar.

Three ways. `own avatars`: each check starts a session of its own, and every avatar's worker (which draws and
encodes its picture, about as costly as a check) shares the machine. `one avatar`: each check starts its
session as always, but all sessions lead into one room, so that all but one avatar's cost falls to the
checks; `one frozen avatar`: the same, and its picture stands. Checks start together, which is the hardest
way: a command's start costs as much as seconds of watching. The number grows until a check says something
else than `healthy`, or than `unhealthy, frozen`; `inconclusive` (it saw that its own machine was too busy) is
counted, and is not wrong. Goal: 8 at 480p on two cores.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import COMMAND, PUBLIC_AVATAR, settings_of

from bench.record import keep
from bench.support.one_room import QUALITIES, one_room

GOAL = 8
STEPS = (1, 2, 4, 6, 8, 10, 12, 16, 20, 24)
HEALTHY, UNSURE = ("healthy", "none"), "inconclusive"
WAYS = {"one avatar": HEALTHY, "one frozen avatar": ("unhealthy", "frozen"), "own avatars": HEALTHY}
"""Each way, and the verdict and cause that are right there."""
PATIENCE_S = 240.0
Figures = dict[str, Any]


@contextmanager
def place(way: str, quality: str, log: Path) -> Iterator[RunningEmulator]:
    """The emulator that this way needs."""
    if way != "own avatars":
        with one_room(quality, log=log, fault="frozen" if "frozen" in way else None) as room:
            yield room
    else:
        with running_emulator(media=True, log=log, concurrency=1000, credits=100_000) as emulator:
            yield emulator


def checked(emulator: RunningEmulator, folder: Path, typed: argparse.Namespace, after_s: float) -> Figures:
    """One check and what it cost, its child included."""
    time.sleep(after_s)
    arguments = ["--avatar", PUBLIC_AVATAR, "--quality", typed.quality, "--watch-for", f"{typed.seconds:g}"]
    out = folder / f"{time.time_ns()}.json"
    with out.open("wb") as said:
        command = subprocess.Popen(
            [*COMMAND, "check", *arguments, "--json", "--no-evidence"],
            env=settings_of(emulator, folder),
            stdout=said,
        )
        cpu_s = _ended(command)
    result = json.loads(out.read_text() or "null")
    assert result is not None, "a check printed nothing; see its message above"
    facts, judged = result["facts"], result["judgement"]
    return {
        "verdict": judged["verdict"],
        "cause": judged["cause"],
        "reasons": [reason["sentence"] for reason in judged["reasons"]],
        "cpu_s": round(cpu_s, 2),
        "cores_while_watching": facts["host"]["cpu_share"],
        "machine_busy": facts["host"]["busy_share"],
        "waited": facts["host"]["waited_share"],
        "first_frame_s": facts["video"]["first_frame_s"],
        "fps": facts["video"]["fps"],
    }


def _ended(command: "subprocess.Popen[bytes]") -> float:
    """Wait for it; CPU seconds of it and of all it waited for, exact by the kernel's word."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        pid, status, usage = os.wait4(command.pid, os.WNOHANG)
        if pid:
            command.returncode = os.waitstatus_to_exitcode(status)  # Popen may not wait for it again
            return usage.ru_utime + usage.ru_stime
        time.sleep(0.1)
    command.kill()
    command.wait()
    raise AssertionError(f"a check did not end within {PATIENCE_S:.0f} s")


def step(emulator: RunningEmulator, count: int, typed: argparse.Namespace, right: tuple[str, str]) -> Figures:
    """So many checks at once, each with a ledger of its own, as on machines of their own."""
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(count) as pool:
        folders = [Path(made) / str(number) for number in range(count)]
        for folder in folders:
            folder.mkdir()
        starts = [number * typed.apart for number in range(count)]
        checks = list(
            pool.map(
                lambda pair: checked(emulator, pair[0], typed, pair[1]), zip(folders, starts, strict=True)
            )
        )
    verdicts = Counter(each["verdict"] for each in checks)
    known = [each["cores_while_watching"] for each in checks if each["cores_while_watching"] is not None]
    return {
        "at_once": count,
        "verdicts": dict(verdicts),
        "wrong": sum(wrong(each, right) for each in checks),
        "cpu_s_median": round(statistics.median(each["cpu_s"] for each in checks), 2),
        "cores_while_watching_median": round(statistics.median(known), 3) if known else None,
        "checks": checks,
    }


def wrong(seen: Figures, right: tuple[str, str]) -> bool:
    """Whether a check said something else than what is right, and was sure of it."""
    return seen["verdict"] != UNSURE and (seen["verdict"], seen["cause"]) != right


def climbed(way: str, typed: argparse.Namespace) -> list[Figures]:
    """Step by step until the first wrong verdict; each step as often as asked for."""
    steps: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder, place(way, typed.quality, Path(folder) / "log") as emulator:
        for count in [count for count in STEPS if count <= typed.most]:
            for _ in range(typed.runs):
                steps.append(step(emulator, count, typed, WAYS[way]))
                told = ", ".join(f"{name} {n}" for name, n in sorted(steps[-1]["verdicts"].items()))
                cost, share = steps[-1]["cpu_s_median"], steps[-1]["cores_while_watching_median"]
                print(
                    f"{way:<12} {count:>3} at once: {told:<36} {cost} s CPU each, {share} cores watching",
                    flush=True,
                )
            if any(each["wrong"] for each in steps[-typed.runs :]):
                break
    return steps


def summed_up(steps: Sequence[Figures]) -> Figures:
    """The last number without a wrong verdict, and the last at which all were sure."""
    bad = {each["at_once"] for each in steps if each["wrong"]}
    unsure = bad | {each["at_once"] for each in steps if each["verdicts"].get("inconclusive")}
    counts = [each["at_once"] for each in steps]
    return {
        "none_wrong_up_to": max((n for n in counts if n < min(bad, default=10**6)), default=0),
        "all_sure_up_to": max((n for n in counts if n < min(unsure, default=10**6)), default=0),
        "first_wrong_at": min(bad, default=None),
    }


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 when the goal is missed where all the cost is the checks'."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", action="append", choices=list(WAYS), help="only this way")
    parser.add_argument("--quality", choices=list(QUALITIES), default="medium", help="medium is 480p")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each check watches")
    parser.add_argument("--most", type=int, default=16, help="go no further than this many")
    parser.add_argument("--runs", type=int, default=2, help="how often each number")
    parser.add_argument("--apart", type=float, default=0.0, help="seconds between starts")
    typed = parser.parse_args(argv)
    steps = {way: climbed(way, typed) for way in typed.way or WAYS}
    results = {way: summed_up(found) for way, found in steps.items()}
    for way, result in results.items():
        first = result["first_wrong_at"]
        told = f"first wrong at {first}" if first else "none wrong"
        print(f"{way}: all sure up to {result['all_sure_up_to']}, {told}")
    width, height = QUALITIES[typed.quality]
    asked = {"size": [width, height], "seconds": typed.seconds, "apart_s": typed.apart, "goal": GOAL}
    print(f"kept in {keep('checks_at_once', {**asked, 'results': results, 'raw': steps})}")
    return 0 if results.get("one avatar", {"none_wrong_up_to": GOAL})["none_wrong_up_to"] >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
