"""
CPU and memory of one check against headless Chromium that plays the same session, in one run.

Five viewers take turns in the same room, each alone with the avatar, each watching equally long: `check` is
the whole command with its child, evidence written, as users run it; `plays` is Chromium with a page that
joins by the vendor's client library and plays picture and sound, and judges nothing; `judges` is the same
page that also looks at the picture on a canvas five times a second, the least that a probe in a browser must
do; `judges_all` looks at every picture, though at a quarter of its height; `same` looks at every picture in
full size and measures the sound, which is what the check does. Everything but the viewer (API, media server,
avatar) is left out.

CPU is that of the whole process tree from its start to its end (`whole`) and while it watched (`watch`);
memory is the highest sample of the tree while it watched. Goals: the check takes at most a third of the CPU
and a quarter of the memory of a page that does the same. Needs Chromium and npm; says how to get them.

Our packages are compiled to bytecode first, as an installer leaves them: what runs from a work tree may be
compiled anew by each process, which no user pays.
"""

import argparse
import compileall
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
from tests.support.health import COMMAND, PUBLIC_AVATAR, settings_of

import liveavatar_ops
import pulumi_liveavatar
from bench.record import keep
from bench.support.one_room import QUALITIES, one_room
from bench.support.page import Missing, browser_path, library, page
from bench.support.sessions import started, stopped
from bench.support.tree import TreeMeter

CPU_GOAL, MEMORY_GOAL = 1 / 3, 1 / 4
SAME = "same"
LOOKS: dict[str, float | str] = {"plays": 0, "judges": 5, "judges_all": "every", SAME: "every"}  # a second
SIDES = ("check", *LOOKS)
LOOK_HEIGHT = 180
FRAMES_EXPECTED = 0.8  # of 25 a second; fewer, and a side did not do the work it is compared by
FPS = 25
Figures = dict[str, Any]


def check_costs(room: RunningEmulator, folder: Path, quality: str, seconds: float) -> Figures:
    """One check, from its command to its exit code."""
    arguments = ["--avatar", PUBLIC_AVATAR, "--quality", quality, "--watch-for", f"{seconds:g}"]
    where = ["--evidence", str(folder / f"evidence-{time.time_ns()}")]
    command = subprocess.Popen(
        [*COMMAND, "check", *arguments, "--json", *where],
        env=settings_of(room, folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    meter = TreeMeter(command.pid)
    try:
        said, _ = command.communicate(timeout=seconds + 90)
    finally:
        meter.stop()
        command.kill()
    facts = json.loads(said)["facts"]
    t0 = datetime.fromisoformat(facts["started_at"]).timestamp()
    begin = t0 + facts["video"]["first_frame_s"]
    return costs(meter, begin, t0 + facts["room"]["watched_until_s"]) | {
        "frames": facts["video"]["frames"],
        "size": [facts["video"]["width"], facts["video"]["height"]],
        "decoder": facts["network"]["decoder"],
    }


def page_costs(room: RunningEmulator, quality: str, seconds: float, side: str) -> Figures:
    """One page in a browser of its own, from the browser's start to just before its end."""
    looks, whole = LOOKS[side], side == SAME
    height = int(QUALITIES[quality][1]) if whole else LOOK_HEIGHT
    session = started(room, quality=quality)
    try:
        with tempfile.TemporaryDirectory() as folder, page(Path(folder)) as shown:
            meter = TreeMeter(shown.pid)
            shown.join(session.url, session.token, looks_a_second=looks, height=height, sound=whole)
            begin = time.time()
            time.sleep(seconds)
            end = time.time()
            told = shown.told()
            shown.leave()
            meter.stop()
    finally:
        stopped(room, session)
    assert told["audioPlays"], "the page did not play the sound"
    least = (FPS if looks == "every" else float(looks)) * seconds / 2
    assert told["looks"] >= least, f"too few looks: {told}"
    assert not whole or told["loudest"] > 0, f"nothing was heard: {told}"
    return costs(meter, begin, end) | {
        "frames": told["framesDecoded"],
        "frames_shown": told["frames"],
        "size": [told["videoWidth"], told["height"]],
        "decoder": told.get("decoder"),
        "looks": told["looks"],
    }


def costs(meter: TreeMeter, begin: float, end: float) -> Figures:
    """What the meter noted, whole and for the time of watching."""
    held = meter.memory_between(begin, end)
    watch = meter.cpu_between(begin, end)
    return {
        "cpu_whole_s": round(meter.cpu_s, 2),
        "cpu_watch_s": round(watch, 2),
        "cores_while_watching": round(watch / (end - begin), 3),
        "memory_own_mib": max(each.own for each in held),
        "memory_pss_mib": max(each.pss for each in held),
        "memory_rss_mib": max(each.rss for each in held),
        "processes": max(each.processes for each in held),
    }


def measure(rounds: int, quality: str, seconds: float, seed: int) -> dict[str, list[Figures]]:
    """Every side once a round, in an order drawn anew."""
    for package in (liveavatar_ops, pulumi_liveavatar):
        compileall.compile_dir(package.__path__[0], quiet=1)
    rng = random.Random(seed)  # noqa: S311 - variety, not secrecy
    found: dict[str, list[Figures]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as made, one_room(quality, log=Path(made) / "room.log") as room:
        for turn in range(rounds):
            for side in rng.sample(SIDES, len(SIDES)):
                if side == "check":
                    took = check_costs(room, Path(made), quality, seconds)
                else:
                    took = page_costs(room, quality, seconds, side)
                enough = took["frames"] >= FRAMES_EXPECTED * FPS * seconds
                assert enough, f"{side} decoded {took['frames']} frames in {seconds:g} s: not the same work"
                found[side].append(took)
                sys.stderr.write(f"\r{turn + 1}/{rounds} {side:<8}")
    sys.stderr.write("\n")
    return found


def summed_up(raw: dict[str, list[Figures]]) -> Figures:
    """Medians by side, and the check's share of each page's."""
    names = [name for name in raw["check"][0] if name.startswith(("cpu", "cores", "memory", "processes"))]
    medians = {
        side: {name: round(statistics.median(each[name] for each in turns), 3) for name in names}
        for side, turns in raw.items()
    }
    shares = {
        other: {name: round(medians["check"][name] / medians[other][name], 3) for name in names}
        for other in raw
        if other != "check"
    }
    return {"medians": medians, "share_of_the_check": shares}


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 when a goal is missed, 2 when something is not installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each watches")
    parser.add_argument("--quality", choices=list(QUALITIES), default="high")
    parser.add_argument("--seed", type=int, default=4)
    typed = parser.parse_args(argv)
    try:
        library()
        version = subprocess.run([browser_path(), "--version"], capture_output=True, text=True, check=False)
    except Missing as why:
        print(why, file=sys.stderr)
        return 2
    raw = measure(typed.rounds, typed.quality, typed.seconds, typed.seed)
    figures = summed_up(raw)
    print(f"{'':<22} {' '.join(f'{side:>10}' for side in SIDES)}   the check's share of each page")
    medians, shares = figures["medians"], figures["share_of_the_check"]
    for name in medians["check"]:
        row = " ".join(f"{medians[side][name]:>10.2f}" for side in SIDES)
        print(f"{name:<22} {row}   {' '.join(f'{shares[side][name]:>8.2f}' for side in LOOKS)}")
    asked = {
        "browser": version.stdout.strip(),
        "rounds": typed.rounds,
        "seconds": typed.seconds,
        "quality": typed.quality,
        "looks_a_second": LOOKS,
        "goals": {"cpu": round(CPU_GOAL, 3), "memory": MEMORY_GOAL},
    }
    print(f"kept in {keep('chromium', {**asked, **figures, 'raw': raw})}")
    same = shares[SAME]
    return 0 if same["cpu_whole_s"] <= CPU_GOAL and same["memory_own_mib"] <= MEMORY_GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
