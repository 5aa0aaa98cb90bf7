"""Rows on lanes: each as often as asked, ended early when wished, and a broken lane breaks the run."""

import threading
import time

import pytest

from liveavatar_ops.health.runner import Interrupted
from liveavatar_ops.rehearse.outcome import Named, Outcome, Standing
from liveavatar_ops.rehearse.run import Asked, run
from liveavatar_ops.rehearse.table import TABLE
from tests.support.health_facts import healthy

ROWS = TABLE[:4]


def outcome(row, turn) -> Outcome:
    expected = Named(verdict=row.verdict, cause=row.cause)
    return Outcome(
        row=row.name, turn=turn, depth=row.depth, expected=expected, seen=expected, standing=Standing.RIGHT,
        headline="", reasons=(), open_sessions=0, session_id=None, took_s=0.0,
    )  # fmt: skip


class FakeLane:
    """Rehearses at once; `at` may do something at a given row."""

    def __init__(self, at=lambda row, turn: None):
        self.at = at
        self.done = []

    def rehearse(self, row, turn, *, on_phase):
        on_phase("look")
        self.at(row, turn)
        self.done.append((row.name, turn))
        return outcome(row, turn)


def test_each_row_is_rehearsed_as_often_as_asked():
    """Once a turn, on whichever lane is free; told of as it ends, returned in the table's order."""
    lanes, told = [FakeLane(), FakeLane()], []

    outcomes = run(Asked(ROWS, times=3, at_once=2), lanes, threading.Event(), on_end=told.append)

    wanted = [(row.name, turn) for turn in (1, 2, 3) for row in ROWS]
    assert [(each.row, each.turn) for each in outcomes] == wanted
    assert sorted(lanes[0].done + lanes[1].done) == sorted(wanted)
    assert len(told) == len(wanted)


def test_a_wish_to_stop_keeps_what_was_rehearsed():
    """The running row ends by itself (Interrupted), no further one begins."""
    wish = threading.Event()

    def stopped_at_the_third(row, turn):
        if row is ROWS[2]:
            wish.set()
            raise Interrupted(healthy())

    outcomes = run(Asked(ROWS), [FakeLane(stopped_at_the_third)], wish)

    assert [each.row for each in outcomes] == [row.name for row in ROWS[:2]]


def test_no_row_begins_after_a_wish_to_stop():
    """Also where the running one got to its end in the same moment."""
    wish = threading.Event()

    outcomes = run(Asked(ROWS, times=3), [FakeLane(lambda row, turn: row is ROWS[1] and wish.set())], wish)

    assert [each.row for each in outcomes] == [row.name for row in ROWS[:2]]


def test_a_broken_lane_ends_the_run():
    """Nobody is told "all as expected" of rows that were never rehearsed."""
    reached = threading.Event()

    def broken(row, turn):
        reached.set()
        raise ConnectionError("the emulator is gone")

    def patient(row, turn):
        reached.wait(30)
        time.sleep(0.01)

    other = FakeLane(patient)
    with pytest.raises(ConnectionError, match="the emulator is gone"):
        run(Asked(ROWS, times=1000, at_once=2), [FakeLane(broken), other], threading.Event())

    assert len(other.done) < 1000 * len(ROWS) - 1


def test_phases_are_told_with_their_row():
    """So that two lanes can be told apart."""
    told = []

    run(Asked(ROWS[:1]), [FakeLane()], threading.Event(), on_phase=lambda *said: told.append(said))

    assert told == [(ROWS[0], 1, "look")]
