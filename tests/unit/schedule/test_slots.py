"""The judge of a measured watch: what it must not overlook (`bench/support/slots.py`)."""

from dataclasses import replace

import pytest
from bench.support.slots import Killed, Rules, Seen, Span, judged, told

RULES = Rules(every_s=30.0, jitter=0.1, lease_s=20.0, look_s=5.0)


def check(number: int, began: float, lasts_s: float | None = 8.0, stage: str = "done") -> Span:
    return Span("a", str(number), began, None if lasts_s is None else began + lasts_s, stage, "healthy")


def watch() -> Seen:
    """Ten slots; the fifth check's watcher was killed, another one took over 6 s later."""
    checks = [check(number, 30.0 * number) for number in range(10)]
    checks[4] = check(4, 120.0, 6.0, "lost")
    checks[5:] = [check(number, began.began - 19.0) for number, began in enumerate(checks[5:], 5)]
    sessions = [Span("a", f"s{c.name}", c.began + 1, (c.ended or 0) - 1, "ended") for c in checks]
    killed = Killed("one", 125.0, 5.0, [4])
    return Seen(RULES, 0.0, 280.0, killed, checks, sessions, exit_code=0, expected=("a",))


def wrong(seen: Seen) -> set[str]:
    return {name for name, what in judged(seen).items() if what}


def test_a_watch_that_went_well_has_nothing_wrong() -> None:
    """A killed check and the one in its place are neither a gap nor a double."""
    seen = watch()

    assert wrong(seen) == set()
    assert told(seen)["taken_over_after_s"] == [6.0]
    assert told(seen)["longest_gap_s"] == 30.0
    assert told(seen)["longest_gap_at_kill_s"] == 41.0


@pytest.mark.parametrize("number", [0, 2, 5, 9])
def test_a_slot_that_nobody_served_is_missed(number: int) -> None:
    """At the beginning (the first one is due at once), in the middle, after the kill and at the end."""
    seen = watch()
    seen.watched_from, seen.told_to_stop_at = -10.0, 282.0
    seen.checks = [c for c in seen.checks if c.name != str(number)]

    assert "missed" in wrong(seen)


def test_a_target_that_was_never_checked_is_missed() -> None:
    """It left no trace to be judged by."""
    seen = watch()
    seen.expected = ("a", "b")

    assert wrong(seen) == {"missed"}


def test_a_killed_check_that_nobody_makes_again_is_told() -> None:
    """Its own running is no gap, what comes after its end is."""
    seen = watch()
    seen.killed.at = 145.0
    seen.checks[5:] = [replace(c, began=c.began + 34.0, ended=(c.ended or 0) + 34.0) for c in seen.checks[5:]]
    seen.told_to_stop_at = 300.0
    assert told(seen)["taken_over_after_s"] == [20.0]
    assert {"missed", "taken_over_late"} & wrong(seen) == set()

    seen.killed.at = 142.0
    assert "taken_over_late" in wrong(seen)


def test_two_checks_in_one_slot_are_doubled() -> None:
    """One after the other counts too, if the first was not in vain."""
    seen = watch()
    seen.checks.append(check(20, 70.0))

    assert wrong(seen) == {"doubled"}


def test_two_at_the_same_time_overlap() -> None:
    """Checks by what the watchers noted, sessions by what the emulator saw; one that goes on, too."""
    seen = watch()
    seen.checks.append(check(20, 65.0, 2.0, "stopped"))
    assert "checks_overlap" in wrong(seen)

    seen = watch()
    seen.sessions[4] = replace(seen.sessions[4], ended=133.0)
    assert wrong(seen) == {"sessions_overlap"}

    seen = watch()
    seen.sessions[2] = replace(seen.sessions[2], ended=None)
    assert wrong(seen) == {"sessions_overlap", "open_sessions"}


def test_a_session_that_no_check_owns_and_a_bad_end_are_told() -> None:
    """More sessions than checks, an exit code, a process left alive."""
    seen = watch()
    seen.sessions.append(Span("a", "s20", 279.0, 279.5, "ended"))
    seen.exit_code, seen.killed.left_alive = 1, 2

    assert wrong(seen) == {"sessions_without_check", "exit_code", "left_alive"}


def test_a_session_too_many_is_told_though_another_check_had_none() -> None:
    """As many sessions as checks is not enough: one check opened two, or somebody opened one between two."""
    seen = watch()
    del seen.sessions[7]
    seen.sessions.append(replace(seen.sessions[2], name="again", began=66.0, ended=67.0))
    seen.sessions[2] = replace(seen.sessions[2], ended=65.0)
    assert wrong(seen) == {"sessions_without_check"}
    assert judged(seen)["sessions_without_check"] == ["again"]

    seen = watch()
    seen.sessions[7] = replace(seen.sessions[7], began=205.0, ended=206.0)
    assert judged(seen)["sessions_without_check"] == ["s7"]

    seen = watch()
    seen.sessions[2] = replace(seen.sessions[2], target="b")
    assert judged(seen)["sessions_without_check"] == ["s2"]
