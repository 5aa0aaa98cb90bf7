"""
Time to the first frame: a check against a bare LiveKit client, in the same room, in one run.

Three viewers take turns, in an order drawn anew each round, each in a fresh process and alone with the
avatar: `check` is the whole command, by its own facts; `watching` is the health job's RoomWatch and Senses
without the API calls around them; `bare` is `livekit.rtc` and nothing else. All count from just before
connect to the first decoded picture, by the receiver's stamp on it; `handed_over_s`, where known, is when
Python had it. Goal: the check takes at most 1.05 times what the bare client takes. What comes before connect
(two interpreters' start, looking up credits and avatar, opening the session) is told apart.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.emulator import RunningEmulator
from tests.support.health import check, settings_of

from bench.record import keep
from bench.support.one_room import QUALITIES, one_room
from bench.support.sessions import started, stopped

GOAL = 1.05
SIDES = ("check", "watching", "bare")
PAUSE_S = (0.6, 1.6)  # the server passes on a request for a key frame once in half a second
COMPARED = (
    "connected_s", "connected_to_frame_s", "first_frame_s", "handed_over_s", "process_to_first_frame_s",
)  # fmt: skip
Moments = dict[str, float]


def joined(room: RunningEmulator, how: str) -> Moments:
    """One viewer of `bench.support.joining`."""
    session = started(room)
    begun = time.time()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.support.joining", how],
            input=json.dumps({"url": session.url, "token": session.token}) + "\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        stopped(room, session)
    assert done.stdout, f"{how} saw nothing: {done.stderr[-500:]}"
    found: Moments = json.loads(done.stdout)
    found["connected_to_frame_s"] = round(found["first_frame_s"] - found["connected_s"], 4)
    found["process_to_first_frame_s"] = round(
        found.pop("connect_started_at") - begun + found["first_frame_s"], 3
    )
    return found


def checked(room: RunningEmulator, folder: Path, quality: str) -> Moments:
    """The whole command; also what it spends before it connects."""
    begun = time.time()
    ended = check(settings_of(room, folder), "--quality", quality, "--watch-for", "1")
    assert ended.result is not None, ended.stderr
    facts: dict[str, Any] = ended.result["facts"]
    asked, first = facts["room"]["connect_started_s"], facts["video"]["first_frame_s"]
    assert first is not None, ended.result["judgement"]
    calls = sum(step["took_s"] for step in facts["steps"] if step["started_s"] < asked)
    t0 = datetime.fromisoformat(facts["started_at"]).timestamp()
    return {
        "connected_s": round(facts["room"]["connected_s"] - asked, 4),
        "connected_to_frame_s": round(first - facts["room"]["connected_s"], 4),
        "first_frame_s": round(first - asked, 4),
        "before_first_call_s": round(t0 - begun, 3),
        "api_calls_s": round(calls, 3),
        "process_to_first_frame_s": round(t0 + first - begun, 3),
    }


def measure(rounds: int, quality: str, seed: int) -> dict[str, list[Moments]]:
    """Every side once a round, after one round that does not count."""
    rng = random.Random(seed)  # noqa: S311 - variety, not secrecy
    found: dict[str, list[Moments]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder, one_room(quality, log=Path(folder) / "room.log") as room:
        for turn in range(rounds + 1):
            for side in rng.sample(SIDES, len(SIDES)):
                time.sleep(rng.uniform(*PAUSE_S))
                took = checked(room, Path(folder), quality) if side == "check" else joined(room, side)
                if turn:
                    found[side].append(took)
            sys.stderr.write(f"\r{turn}/{rounds} ")
    sys.stderr.write("\n")
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and quartiles, in seconds."""
    low, middle, high = statistics.quantiles(values, n=4)
    return {"lower_quartile": round(low, 4), "median": round(middle, 4), "upper_quartile": round(high, 4)}


def summed_up(raw: dict[str, list[Moments]]) -> dict[str, Any]:
    """Spread of every moment by side, and the ratios of medians to the bare client's."""
    sides = {
        side: {name: spread([each[name] for each in turns]) for name in turns[0]}
        for side, turns in raw.items()
    }
    pairs = [(side, name) for side in ("check", "watching") for name in COMPARED if name in sides[side]]
    ratios, intervals = {}, {}
    for side, name in pairs:
        ours, theirs = ([each[name] for each in raw[who]] for who in (side, "bare"))
        ratios[f"{side}_to_bare, {name}"] = round(statistics.median(ours) / statistics.median(theirs), 3)
        intervals[f"{side}_to_bare, {name}"] = interval(ours, theirs)
    return {"sides": sides, "ratios_of_medians": ratios, "intervals_of_95_percent": intervals}


def interval(ours: Sequence[float], theirs: Sequence[float], *, draws: int = 4000) -> tuple[float, float]:
    """Two ratios of medians that hold 95 % of resampled rounds: how far so many rounds are to be trusted."""
    rng = random.Random(1)  # noqa: S311 - variety, not secrecy
    found = sorted(
        statistics.median(rng.choices(ours, k=len(ours)))
        / statistics.median(rng.choices(theirs, k=len(theirs)))
        for _ in range(draws)
    )
    return round(found[draws // 40], 3), round(found[-draws // 40 - 1], 3)


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--quality", choices=list(QUALITIES), default="high")
    parser.add_argument("--seed", type=int, default=4)
    typed = parser.parse_args(argv)
    raw = measure(typed.rounds, typed.quality, typed.seed)
    figures = summed_up(raw)
    for side, moments in figures["sides"].items():
        for name, each in moments.items():
            quartiles = f"{each['lower_quartile']:.3f} … {each['upper_quartile']:.3f}"
            print(f"{side:<10} {name:<32} {each['median']:>7.3f} s   quartiles {quartiles}")
    for name, ratio in figures["ratios_of_medians"].items():
        low, high = figures["intervals_of_95_percent"][name]
        print(f"{name:<40} {ratio:.3f}   95 % within {low:.3f} … {high:.3f}")
    asked = {"rounds": typed.rounds, "quality": typed.quality, "seed": typed.seed, "goal": GOAL}
    print(f"kept in {keep('first_frame', {**asked, **figures, 'raw': raw})}")
    return 0 if figures["ratios_of_medians"]["check_to_bare, first_frame_s"] <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
