"""Runs rows of the fault table for a measurement; raw outcomes are kept, and added to where wanted."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bench.record import RESULTS
from bench.support.busy import busy
from liveavatar_ops.health.checking import signals_as_wishes
from liveavatar_ops.rehearse.outcome import Outcome, Standing
from liveavatar_ops.rehearse.row import Row
from liveavatar_ops.rehearse.run import Asked, lanes, run


def rehearsed(
    rows: Sequence[Row],
    *,
    times: int,
    at_once: int,
    with_busy_cores: bool,
    on_each: Callable[[Sequence[Outcome]], object],
) -> list[Outcome]:
    """
    Every row so many times; what was done by then, if a signal ends it early.

    `on_each` gets all outcomes so far after every one, so that hours of measuring survive a crash.
    """
    asked = Asked(rows, times=times, at_once=at_once)
    ended: list[Outcome] = []
    count = len(rows) * times

    def told(outcome: Outcome) -> None:
        ended.append(outcome)
        on_each(ended)
        sys.stderr.write(f"\r{len(ended)}/{count} {outcome.row:<24} {outcome.standing:<10} ")

    def wished() -> None:
        sys.stderr.write("\nending …\n")

    with signals_as_wishes(wished) as wish, lanes(asked, wish.event) as ready, busy(wanted=with_busy_cores):
        run(asked, ready, wish.event, on_end=told)
    sys.stderr.write("\n")
    return ended


def raw(outcome: Outcome) -> dict[str, Any]:
    """One outcome as it is kept: small, and whole where it was not right."""
    small = outcome.model_dump(mode="json", exclude={"reasons", "headline", "turn", "depth"})
    if outcome.standing is not Standing.RIGHT:
        small["reasons"] = [reason.sentence for reason in outcome.reasons]
    return small


def kept_before(name: str) -> list[dict[str, Any]]:
    """The raw outcomes of earlier runs of this measurement."""
    file = RESULTS / f"{name}.json"
    if not file.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(file.read_text())["raw"]
    return found


def counted(raws: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Row → how often right, wrong, not judged."""
    counts: dict[str, Counter[str]] = {}
    for each in raws:
        counts.setdefault(each["row"], Counter())[each["standing"]] += 1
    return {
        row: {how: count[how] for how in ("right", "wrong", "not_judged")} for row, count in counts.items()
    }


def expectation(row: Row) -> str:
    """For a printed table."""
    return f"{row.verdict.value}, {row.cause.value}" if row.cause.value != "none" else row.verdict.value
