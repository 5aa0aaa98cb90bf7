"""Expected against seen: what is right, what is wrong, and what is excused."""

import junitparser
import pytest
from rich.console import Console

from liveavatar_ops.health.facts import HostFacts
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Reason, Severity, Verdict
from liveavatar_ops.rehearse.junit import junit_text
from liveavatar_ops.rehearse.outcome import Named, Outcome, Rehearsal, Standing, outcome_of, standing
from liveavatar_ops.rehearse.screen import WIDTH, print_rehearsal, table_of, words
from liveavatar_ops.rehearse.table import TABLE
from tests.support.health_facts import healthy

BLACK = Named(verdict=Verdict.UNHEALTHY, cause=Cause.BLACK)
FROZEN = Named(verdict=Verdict.UNHEALTHY, cause=Cause.FROZEN)
MILD_BLACK = Named(verdict=Verdict.DEGRADED, cause=Cause.BLACK)
OWN_HOST = Named(verdict=Verdict.INCONCLUSIVE, cause=Cause.OWN_HOST)
QUOTA = Named(verdict=Verdict.INCONCLUSIVE, cause=Cause.QUOTA)
HEALTHY = Named(verdict=Verdict.HEALTHY, cause=Cause.NONE)
BY_NAME = {row.name: row for row in TABLE}


def outcome(row="black", seen=None, how=Standing.RIGHT, *, turn=1, left=0, reasons=()):
    expected = Named(verdict=BY_NAME[row].verdict, cause=BY_NAME[row].cause)
    return Outcome(
        row=row, turn=turn, depth=BY_NAME[row].depth, expected=expected, seen=seen or expected,
        standing=how, headline="", reasons=reasons, open_sessions=left, session_id=None, took_s=9.4,
    )  # fmt: skip


def printed(rehearsal):
    console = Console(width=120, record=True, force_terminal=False)
    print_rehearsal(console, rehearsal, {row.name: row.why for row in TABLE})
    return console.export_text()


@pytest.mark.parametrize(
    ("expected", "seen", "starved", "how"),
    [
        pytest.param(BLACK, BLACK, False, Standing.RIGHT, id="as expected"),
        pytest.param(BLACK, BLACK, True, Standing.RIGHT, id="right on a busy machine too"),
        pytest.param(BLACK, FROZEN, False, Standing.WRONG, id="another cause"),
        pytest.param(BLACK, MILD_BLACK, False, Standing.WRONG, id="another verdict"),
        pytest.param(BLACK, OWN_HOST, True, Standing.NOT_JUDGED, id="measured to be too busy"),
        pytest.param(BLACK, OWN_HOST, False, Standing.WRONG, id="a probe that died is no excuse"),
        pytest.param(HEALTHY, FROZEN, True, Standing.WRONG, id="a false alarm stays one on a busy machine"),
        pytest.param(BLACK, QUOTA, True, Standing.WRONG, id="inconclusive for another cause"),
    ],
)
def test_how_seen_stands_to_expected(expected, seen, starved, how):
    """Only measured starvation excuses, and only a verdict that says so."""
    assert standing(expected, seen, starved=starved) is how


def test_starvation_is_taken_from_the_facts():
    """The same rule that the judge doubts by."""
    limits = Limits()
    starved = healthy(host=HostFacts(loop_lag_p95_s=0.9, cores=2))
    slow = starved.model_copy(update={"video": starved.video.model_copy(update={"fps": 3.0})})

    seen = outcome_of(BY_NAME["plain"], 1, slow, judge(slow, limits), limits, left_open=0, took_s=1.0)

    assert (seen.seen, seen.standing) == (OWN_HOST, Standing.NOT_JUDGED)


def test_a_probe_that_died_is_wrong():
    """Its `own_host` is a fault of the check, and a rehearsal is there to find it."""
    limits = Limits()
    facts = healthy(probe_failure="the probe process ended by SIGSEGV and left no facts")

    seen = outcome_of(BY_NAME["plain"], 1, facts, judge(facts, limits), limits, left_open=0, took_s=1.0)

    assert (seen.seen, seen.standing) == (OWN_HOST, Standing.WRONG)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        pytest.param([outcome(), outcome(seen=OWN_HOST, how=Standing.NOT_JUDGED)], 0, id="one not judged"),
        pytest.param([outcome(), outcome(seen=FROZEN, how=Standing.WRONG)], 1, id="one wrong"),
        pytest.param([outcome(left=1)], 1, id="right, and a session left open"),
        pytest.param(
            [outcome(seen=OWN_HOST, how=Standing.NOT_JUDGED)], 3, id="nothing judged proves nothing"
        ),
    ],
)
def test_the_exit_code_follows_the_worst(outcomes, code):
    """0 as expected, 1 something was not, 3 nothing could be judged."""
    assert Rehearsal.of(outcomes).exit_code() == code


def test_strict_counts_what_was_not_judged_as_a_failure():
    """For a machine that is kept free for this: a busy one must not pass for a rehearsal."""
    half = Rehearsal.of([outcome(), outcome(seen=OWN_HOST, how=Standing.NOT_JUDGED)])

    assert (half.exit_code(), half.exit_code(strict=True)) == (0, 1)
    assert Rehearsal.of([outcome()]).exit_code(strict=True) == 0


def test_the_table_fits_eighty_columns():
    """Every row, each seen as the longest words there are."""
    longest = max((Named(verdict=v, cause=c) for v in Verdict for c in Cause), key=lambda n: len(words(n)))
    console = Console(width=200, record=True, force_terminal=False)

    console.print(table_of([outcome(row.name, longest, Standing.WRONG, left=1) for row in TABLE]))

    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(any(row.name in line for line in lines) for row in TABLE)


def test_what_was_not_as_expected_is_explained():
    """Why it should have been, what the check said, and how many sessions stayed open."""
    reason = Reason(cause=Cause.FROZEN, severity=Severity.FAILS, sentence="The picture stood [still].")

    text = printed(Rehearsal.of([outcome(seen=FROZEN, how=Standing.WRONG, reasons=(reason,), left=1)]))

    assert BY_NAME["black"].why in text
    assert "The picture stood [still]." in text
    assert "0 of 1 as expected, 1 not" in text
    assert "1 session left open" in text


def test_repeated_rows_stand_once_for_each_ending():
    """Ten equal lines tell nothing; nine and one do."""
    same = [outcome(turn=turn) for turn in range(1, 10)]

    console = Console(width=WIDTH, record=True, force_terminal=False)

    console.print(table_of([*same, outcome(turn=10, seen=FROZEN, how=Standing.WRONG)]))

    counted = [line.split()[-1] for line in console.export_text().splitlines()[1:]]
    assert counted == ["9", "1"]


def test_junit_tells_failures_from_what_was_not_judged():
    """A case a row; wrong or left open fails, not judged is skipped."""
    rehearsal = Rehearsal.of(
        [
            outcome(),
            outcome("frozen", seen=BLACK, how=Standing.WRONG),
            outcome("small", seen=OWN_HOST, how=Standing.NOT_JUDGED),
            outcome("leaves", left=1),
        ]
    )

    document = junitparser.JUnitXml.fromstring(junit_text(rehearsal).encode())

    assert (document.tests, document.failures, document.skipped) == (4, 2, 1)
