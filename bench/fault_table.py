"""
Every row of the fault table, many times: how often was its cause named, and how often could it not be?

`--add` lays a run over the ones kept before, so that a long measurement can be made in portions. With
`--busy` each core runs an endless loop beside it: `inconclusive` is allowed then, a wrong verdict is not.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from bench.record import keep, made_before
from bench.support.rehearsals import counted, expectation, kept_before, raw, rehearsed
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.rehearse.table import rows


def figures_of(raws: list[dict[str, Any]]) -> dict[str, Any]:
    """What is kept of these outcomes."""
    left = sum(each["open_sessions"] for each in raws)
    return {"counts": counted(raws), "left_open": left, "raw": raws}


def main(argv: Sequence[str] = ()) -> int:
    """Exit code 1 when anything was wrong or left open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="how often each row")
    parser.add_argument("--fault", action="append", default=[], help="only this row or fault")
    parser.add_argument("--at-once", type=int, default=1, help="emulators and checks side by side")
    parser.add_argument("--busy", action="store_true", help="with every core busy")
    parser.add_argument("--add", action="store_true", help="keep the runs of before too")
    typed = parser.parse_args(argv)
    name = "fault_table_busy" if typed.busy else "fault_table"
    chosen = rows(typed.fault, Depth.CONVERSATION)
    before, after = (kept_before(name), made_before(name)) if typed.add else ([], [])
    outcomes = rehearsed(
        chosen,
        times=typed.runs,
        at_once=typed.at_once,
        with_busy_cores=typed.busy,
        on_each=lambda so_far: keep(name, figures_of([*before, *map(raw, so_far)]), after=after),
    )
    raws = [*before, *map(raw, outcomes)]
    counts = counted(raws)
    print(f"{'row':<20} {'expected':<28} right wrong not judged")
    for row in rows([], Depth.CONVERSATION):
        if count := counts.get(row.name):
            right, wrong, unsure = count["right"], count["wrong"], count["not_judged"]
            print(f"{row.name:<20} {expectation(row):<28} {right:>5} {wrong:>5} {unsure:>10}")
    left = sum(each["open_sessions"] for each in raws)
    wrong = sum(each["standing"] == "wrong" for each in raws)
    print(f"{len(raws)} rehearsals, {wrong} wrong, {left} sessions left open")
    print(f"kept in {keep(name, figures_of(raws), after=after)}")
    return 1 if wrong or left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
