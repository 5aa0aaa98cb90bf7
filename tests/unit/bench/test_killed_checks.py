"""The judge of killed checks: what a killed check may hide, and what it may not."""

import json
from collections import Counter
from typing import Any

from bench.killed_checks import EARLY_S, LATEST_S, drawn, started_twice, state_of

from tests.support.watching import dice


def row(
    pid: int, state: str = "stopped", *, session: str | None = "s", starting_at: float | None = 1.0
) -> Any:
    owner = json.dumps({"pid": pid})
    return {"parent": owner, "state": state, "session_id": session, "starting_at": starting_at}


def test_a_check_that_was_only_planned_hides_no_second_start() -> None:
    """Two were killed before they could ask: their rows are no leave for two more start calls."""
    rows = [
        row(1, session="a"),
        row(2, session="b"),
        row(3, "void", session=None, starting_at=None),
        row(4, "void", session="d", starting_at=None),
    ]

    assert started_twice(2, rows) == 0
    assert started_twice(1, rows) == 0, "killed between its word and its call"
    assert started_twice(4, rows) == 2


def test_two_checks_of_one_session_are_a_double_start() -> None:
    assert started_twice(2, [row(1, session="a"), row(2, session="a")]) == 1


def test_a_closed_row_tells_that_the_check_was_past_its_stop() -> None:
    """Killed while it wrote its evidence or ended; the process that is meant is told by its number."""
    rows = [row(1, "started"), row(2, "stopped")]

    assert state_of(1, rows) == "started"
    assert state_of(2, rows) == "stopped"
    assert state_of(3, rows) is None


def test_a_third_of_the_late_kills_is_of_checks_that_end_by_themselves() -> None:
    """So that some moments fall after the watch; early ones come before any watch."""
    kills = [drawn(dice(seed), LATEST_S) for seed in range(2000)]
    brief = Counter(kill.brief for kill in kills if not kill.early)

    assert 0.28 < brief[True] / brief.total() < 0.38
    assert not any(kill.brief for kill in kills if kill.early)
    assert max(kill.after_s for kill in kills if kill.early) <= EARLY_S
    assert min(kill.after_s for kill in kills if kill.brief) >= LATEST_S / 2
    assert max(kill.after_s for kill in kills if kill.brief) > LATEST_S
