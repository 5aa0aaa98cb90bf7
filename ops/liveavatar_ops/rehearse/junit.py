"""A rehearsal as JUnit, for CI: a case a row and turn."""

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from liveavatar_ops.rehearse.outcome import Outcome, Rehearsal, Standing
from liveavatar_ops.rehearse.screen import words


def junit_text(rehearsal: Rehearsal) -> str:
    """The document. What was not judged is skipped; a session left open is a failure."""
    document = JUnitXml("liveavatar-ops rehearse")
    suite = TestSuite("rehearse")
    for outcome in rehearsal.outcomes:
        suite.add_testcase(_case(outcome))
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # junitparser is half typed
    text: bytes | str = document.tostring()  # type: ignore[no-untyped-call]  # likewise
    return text.decode() if isinstance(text, bytes) else text


def _case(outcome: Outcome) -> TestCase:
    name = outcome.row if outcome.turn == 1 else f"{outcome.row} ({outcome.turn})"
    case = TestCase(name, classname=f"rehearse.{outcome.depth}", time=outcome.took_s)
    said = "\n".join(f"[{reason.severity.value}] {reason.sentence}" for reason in outcome.reasons)
    message = f"expected {words(outcome.expected)}; seen {words(outcome.seen)}"
    if outcome.open_sessions:
        message += f"; {outcome.open_sessions} session(s) left open"
    if not outcome.good:
        failure = Failure(message, outcome.seen.cause.value)
        failure.text = said
        case.result = [failure]
    elif outcome.standing is Standing.NOT_JUDGED:
        case.result = [Skipped(message)]
    else:
        case.system_out = said
    return case
