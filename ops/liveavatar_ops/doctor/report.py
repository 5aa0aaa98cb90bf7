"""The report: one line a finding, its cure below; or all of it as JSON."""

import json
import textwrap
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from liveavatar_ops.doctor.finding import Finding, State
from liveavatar_ops.doctor.rounds import Group

SCHEMA = "liveavatar-ops.doctor/1"
WIDEST = 80
MARKS = {State.OK: "✓", State.WARNING: "!", State.BROKEN: "✗", State.SKIPPED: "–"}
PLAIN_MARKS = {State.OK: "ok", State.WARNING: "!!", State.BROKEN: "XX", State.SKIPPED: "--"}
"""For terminals that cannot show the others."""
STYLES = {State.OK: "green", State.WARNING: "yellow", State.BROKEN: "bold red", State.SKIPPED: "dim"}
NAME_WIDTH = 19


def all_findings(groups: Iterable[Group]) -> list[Finding]:
    """Every finding, in the order of the report."""
    return [finding for group in groups for finding in group.findings]


def exit_code(groups: Iterable[Group]) -> int:
    """0 all right, 1 something is broken; a warning breaks nothing."""
    return int(any(finding.state is State.BROKEN for finding in all_findings(groups)))


def as_json(groups: Sequence[Group]) -> str:
    """The report for programs; the `schema` changes when a field changes its meaning."""
    findings = [
        {"group": group.title, **finding.model_dump(mode="json")}
        for group in groups
        for finding in group.findings
    ]
    report = {"schema": SCHEMA, "ok": exit_code(groups) == 0, "findings": findings}
    return json.dumps(report, ensure_ascii=False, indent=2)


def show(groups: Sequence[Group], console: Console) -> None:
    """The report for people: at most 80 columns, colours only where the console has them."""
    fancy = (console.encoding or "").lower().startswith("utf")
    marks, arrow = (MARKS, "→ ") if fancy else (PLAIN_MARKS, "-> ")
    width = min(console.width, WIDEST)
    for group in groups:
        _say(console, Text(f"\n{group.title}", style="bold"))
        for finding in group.findings:
            _show_finding(finding, console, marks[finding.state], arrow, width)
    _say(console, Text(f"\n{summary(groups)}", style="bold"))


def summary(groups: Sequence[Group]) -> str:
    """The last line."""
    states = [finding.state for finding in all_findings(groups)]
    bad, doubtful = states.count(State.BROKEN), states.count(State.WARNING)
    warnings = f"{doubtful} warning{'s' if doubtful != 1 else ''}"
    if bad:
        return f"{bad} broken, {warnings}. Mend the first line that is broken, then run doctor again."
    return f"Nothing is broken, {warnings}." if doubtful else "All right."


def _show_finding(finding: Finding, console: Console, mark: str, arrow: str, width: int) -> None:
    lead = f"  {mark} {finding.name:<{NAME_WIDTH}} "
    body = _wrap(finding.sentence, width - len(lead))
    line = Text.assemble((f"  {mark}", STYLES[finding.state]), f" {finding.name:<{NAME_WIDTH}} ", body[0])
    _say(console, line)
    for rest in body[1:]:
        _say(console, Text(" " * len(lead) + rest))
    cure = _wrap(finding.fix, width - len(lead) - len(arrow)) if finding.fix else []
    for number, rest in enumerate(cure):
        _say(console, Text(" " * len(lead) + (arrow if number == 0 else " " * len(arrow)) + rest))


def _wrap(text: str, width: int) -> list[str]:
    """A word that is longer than a line stays whole: somebody will copy it."""
    lines = textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False)
    return lines or [""]


def _say(console: Console, text: Text) -> None:
    # Encoded here: an older terminal shall see a question mark instead of a traceback.
    encoding = console.encoding or "utf-8"
    plain = text.plain.encode(encoding, "replace").decode(encoding)
    shown = text if plain == text.plain else Text(plain)
    console.print(shown, soft_wrap=True, highlight=False)
