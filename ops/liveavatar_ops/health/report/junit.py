"""JUnit for CI: a suite a target, a case a measure, and one case for the verdict itself."""

from collections import Counter
from collections.abc import Sequence

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from liveavatar_ops.health.measures import Reading, show
from liveavatar_ops.health.report.result import HealthResult
from liveavatar_ops.health.verdicts import Reason, Severity, Verdict
from pulumi_liveavatar.text import clean


def junit_text(results: Sequence[HealthResult], *, strict: bool = False) -> str:
    """
    The document as text. Failures are unhealthy measures (degraded ones too when `strict`) and those that
    never came where that is the fault; what is inconclusive, or was not seen, is skipped with the sentence
    that says why.
    """
    document = JUnitXml("liveavatar-ops health")
    seen: Counter[str] = Counter()
    for result in results:
        name = f"health.{result.target.name}"
        seen[name] += 1  # suites of one name would be merged into one
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        document.add_testsuite(_suite(result, f"{name}{again}", strict=strict))
    document.update_statistics()  # type: ignore[no-untyped-call]  # junitparser is half typed
    text: bytes | str = document.tostring()  # type: ignore[no-untyped-call]  # likewise
    return clean(text.decode() if isinstance(text, bytes) else text)


def _suite(result: HealthResult, name: str, *, strict: bool) -> TestSuite:
    suite = TestSuite(name)
    suite.timestamp = result.facts.started_at.isoformat(timespec="seconds")
    for key, value in (("depth", result.target.depth.value), ("session_id", result.facts.session_id)):
        if value:
            suite.add_property(key, value)
    suite.add_testcase(_verdict(result, strict=strict))
    for reading in result.measures:
        suite.add_testcase(_case(result, reading, strict=strict))
    return suite


def _verdict(result: HealthResult, *, strict: bool) -> TestCase:
    judged = result.judgement
    case = TestCase("verdict", classname=f"health.{result.target.name}", time=result.facts.finished_s)
    message = f"{judged.verdict.value}, {judged.cause.value}: {judged.headline}"
    bad = judged.verdict is Verdict.UNHEALTHY or (strict and judged.verdict is Verdict.DEGRADED)
    if bad:
        case.result = [_failure(message, judged.cause.value, _all_said(result))]
    elif judged.verdict is Verdict.INCONCLUSIVE:
        case.result = [Skipped(message)]
    elif judged.reasons:
        case.system_out = _all_said(result)
    return case


def _case(result: HealthResult, reading: Reading, *, strict: bool) -> TestCase:
    case = TestCase(reading.name, classname=f"health.{result.target.name}")
    reason = next((r for r in result.judgement.reasons if r.measure == reading.name), None)
    if reading.state == "missing":
        judged = result.judgement
        case.result = [
            _failure(
                f"{reading.title}: {reading.value}. {judged.headline}", judged.cause.value, _lines(reading)
            )
        ]
        return case
    if reading.seen is None:
        case.result = [Skipped("not seen in this check")]
        return case
    if reason and reason.severity is Severity.DOUBTFUL:
        case.result = [Skipped(f"inconclusive: {reason.sentence}")]
    elif reason and (reason.severity is Severity.FAILS or (strict and reason.severity is Severity.DEGRADES)):
        case.result = [_failure(reason.sentence, reason.cause.value, _lines(reading))]
    else:
        case.system_out = _lines(reading) if reason is None else f"{reason.sentence}\n{_lines(reading)}"
    return case


def _failure(message: str, kind: str, text: str) -> Failure:
    failure = Failure(message, kind)
    failure.text = text
    return failure


def _lines(reading: Reading) -> str:
    lines = (("seen", reading.seen), ("degraded", reading.degraded), ("unhealthy", reading.unhealthy))
    return " · ".join(f"{name} {show(value, reading.unit)}" for name, value in lines if value is not None)


def _all_said(result: HealthResult) -> str:
    said: list[Reason] = list(result.judgement.reasons)
    lines = [f"[{reason.severity.value}] {reason.sentence}" for reason in said]
    if result.judgement.next_step:
        lines.append(f"Next: {result.judgement.next_step}")
    return "\n".join([*lines, *(f"{name}: {path}" for name, path in result.evidence.items())])
