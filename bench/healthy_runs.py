"""
Healthy avatars of every look, under every network that is within limits: how many false alarms?

Looks, sizes, slow calls, late avatars, hitches, scene cuts and far-away networks are drawn at random, from a
seed; every limit is the default. A false alarm is `unhealthy`; `degraded` is a false warning. With `--busy`
each core runs an endless loop.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.record import keep, made_before
from bench.support.rehearsals import kept_before, raw, rehearsed
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Verdict
from liveavatar_ops.rehearse.row import INES, JUNE, MAREK, STARTER, Played, Row, play

LOOKS = {"studio": JUNE, "plain": STARTER, "dark": MAREK, "upright": INES}
SIZES = ("low", "low", "low", "medium", "medium", "high")
AS_USERS_WATCH = {name: Limits.model_fields[name].default for name in ("watch_s", "warm_up_s")}
"""Longer than the rows of the fault table, which watch for seconds: what stands has time to look so."""
TALKS_SHARE = 0.3
LOSSY_SHARE = 0.4
POOR_SHARE = 0.35


def drawn(number: int, rng: random.Random) -> Row:
    """One healthy avatar; everything about it stays within the default limits, which judge it."""
    look = rng.choice(sorted(LOOKS))
    quality = rng.choice(SIZES)
    faults: list[Played] = []
    told = [look, quality]
    if rng.random() < 0.3:
        faults.append(play("slow", delay_s=round(rng.uniform(0.1, 0.5), 2)))
        told.append("slow calls")
    if rng.random() < 0.3:
        faults.append(play("late_avatar", delay_s=round(rng.uniform(0.5, 2.5), 2)))
        told.append("late")
    if rng.random() < 0.2:
        faults.append(
            play("stall", after_s=round(rng.uniform(1, 8), 2), for_s=round(rng.uniform(0.1, 0.3), 2))
        )
        told.append("hitch")
    if rng.random() < 0.25:
        faults.append(play("scene_cut", after_s=round(rng.uniform(0.5, 8), 2)))
        told.append("cut")
    if rng.random() < POOR_SHARE:
        # Not both at once: losses on a long path really stall a picture, which is then no false alarm.
        lossy = rng.random() < LOSSY_SHARE
        faults.append(
            play(
                "poor_network",
                delay_s=round(rng.uniform(0.01, 0.03) if lossy else rng.uniform(0.02, 0.12), 3),
                jitter_s=round(rng.uniform(0, 0.005 if lossy else 0.02), 3),
                loss=round(rng.uniform(0, 0.01), 4) if lossy else 0,
            )
        )
        told.append("lossy" if lossy else "far away")
    talks = rng.random() < TALKS_SHARE
    if talks:
        told.append("talks")
    return Row(
        f"{number:03} {', '.join(told)}",
        Depth.CONVERSATION if talks else Depth.VIDEO,
        Verdict.HEALTHY,
        Cause.NONE,
        "Within limits.",
        tuple(faults),
        limits=AS_USERS_WATCH,
        avatar=LOOKS[look],
        quality=quality,
    )


def figures_of(seed: int, raws: list[dict[str, Any]]) -> dict[str, Any]:
    """What is kept of these outcomes."""
    verdicts = Counter(each["seen"]["verdict"] for each in raws)
    left = sum(each["open_sessions"] for each in raws)
    return {"seed": seed, "verdicts": dict(verdicts), "left_open": left, "raw": raws}


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 on a false alarm, or a session left open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=1, help="emulators and checks side by side")
    parser.add_argument("--busy", action="store_true", help="with every core busy")
    parser.add_argument("--add", action="store_true", help="go on after the runs kept before")
    typed = parser.parse_args(argv)
    name = "healthy_runs_busy" if typed.busy else "healthy_runs"
    before, after = (kept_before(name), made_before(name)) if typed.add else ([], [])
    rng = random.Random(typed.seed)  # noqa: S311 - variety, not secrecy
    wanted = [drawn(number, rng) for number in range(1, len(before) + typed.runs + 1)][len(before) :]
    outcomes = rehearsed(
        wanted,
        times=1,
        at_once=typed.at_once,
        with_busy_cores=typed.busy,
        on_each=lambda so_far: keep(name, figures_of(typed.seed, [*before, *map(raw, so_far)]), after=after),
    )
    raws = [*before, *map(raw, outcomes)]
    figures = figures_of(typed.seed, raws)
    verdicts, left = Counter(figures["verdicts"]), figures["left_open"]
    for each in raws:
        if each["standing"] == "wrong":
            print(f"{each['row']}: {each['seen']['verdict']}, {each['seen']['cause']}; {each['reasons'][:2]}")
    print(", ".join(f"{verdict} {count}" for verdict, count in verdicts.most_common()), f"of {len(raws)}")
    alarms = verdicts["unhealthy"]
    print(f"{alarms} false alarms, {verdicts['degraded']} false warnings, {left} sessions left open")
    print(f"kept in {keep(name, figures, after=after)}")
    return 1 if alarms or left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
