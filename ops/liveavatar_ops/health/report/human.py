"""The result for a reader at a terminal: verdict, cause, figures against limits, evidence, next step."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from liveavatar_ops.health.clip_size import clip_in_words
from liveavatar_ops.health.evidence.palette import CAUSE_WORDS
from liveavatar_ops.health.facts import CreditFacts
from liveavatar_ops.health.measures import Reading, show
from liveavatar_ops.health.report.result import HealthResult
from liveavatar_ops.health.verdicts import Cause, Reason, Severity, Verdict

_STYLES = {
    Verdict.HEALTHY: "bold green",
    Verdict.DEGRADED: "bold yellow",
    Verdict.UNHEALTHY: "bold red",
    Verdict.INCONCLUSIVE: "bold blue",
}
_SIGNS = {Verdict.HEALTHY: "✓", Verdict.DEGRADED: "!", Verdict.UNHEALTHY: "✗", Verdict.INCONCLUSIVE: "?"}
_STATES = {
    "ok": ("ok", "dim"),
    "degraded": ("degraded", "yellow"),
    "unhealthy": ("unhealthy", "red"),
    "missing": ("missing", "red"),
    "explained": ("explained", "dim"),
}
_REASONS = {
    Severity.FAILS: "red",
    Severity.DEGRADES: "yellow",
    Severity.DOUBTFUL: "blue",
    Severity.NOTE: "dim",
}
_LABEL_WIDTH = 13


def print_result(result: HealthResult, console: Console | None = None) -> None:
    """Print one result. Colour follows NO_COLOR and the terminal, as rich does; a pipe gets no padding."""
    console = console or Console()
    if console.is_terminal:
        console.print(rendered(result))
        return
    longest = max((len(path) for path in result.evidence.values()), default=0)
    console.width = max(console.width, longest + _LABEL_WIDTH + 3)  # a path on two lines cannot be copied
    with console.capture() as held:
        console.print(rendered(result))
    console.file.write("".join(f"{line.rstrip()}\n" for line in held.get().splitlines()))


def rendered(result: HealthResult) -> RenderableType:
    """One calm screen; it says the same without any colour."""
    parts: list[RenderableType] = [_headline(result), Text(_about(result), style="dim"), Text()]
    if result.judgement.reasons:
        parts += [_reason(reason) for reason in result.judgement.reasons]
        parts.append(Text())
    elif result.judgement.verdict is Verdict.HEALTHY:
        parts += [Text(good_news(result)), Text()]
    table, foot = _measures(result), _foot(result)
    parts += [table, Text()] if table.row_count else []
    parts += [foot] if foot.row_count else []
    return Padding(Group(*parts), (0, 0, 0, 1))


def _headline(result: HealthResult) -> Text:
    judged = result.judgement
    line = Text(f"{_SIGNS[judged.verdict]} {judged.verdict.value.upper()}", style=_STYLES[judged.verdict])
    line.append(f"  {result.target.name}", style="bold")
    if judged.cause is not Cause.NONE:
        line.append(f"  {CAUSE_WORDS[judged.cause]}", style=_STYLES[judged.verdict].removeprefix("bold "))
    return line


def _about(result: HealthResult) -> str:
    target, facts = result.target, result.facts
    words = [
        f"depth {target.depth.value}",
        "sandbox" if target.sandbox else "",
        f"stack {target.stack}" if target.stack else "",
        f"avatar {target.avatar_id[:8]}" if target.avatar_id else "",
        f"session {facts.session_id[:8]}" if facts.session_id else "",
        f"{facts.finished_s:.0f} s",
        cost_of(result.credits),
    ]
    return " · ".join(word for word in words if word)


def cost_of(credit: CreditFacts) -> str:
    """What the check cost, in words; empty where nobody knows."""
    cost = credit.estimate
    return "" if cost is None else f"{cost.normalize():f} credit{'' if cost == 1 else 's'}"


def good_news(result: HealthResult) -> str:
    """What a healthy check has proven at its depth, and what it has not."""
    by_depth = {
        "api": "The key is good, and everything the template names exists.",
        "session": "A session started and was ended; nobody looked at its picture at this depth.",
        "video": "The avatar came and kept moving. Whether it answers, only depth conversation proves.",
        "conversation": "The avatar came, moved, heard us and answered.",
    }
    return by_depth[result.target.depth.value]


def _reason(reason: Reason) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column()
    row.add_row(Text("·", style=_REASONS[reason.severity]), Text(reason.sentence))
    return row


def _measures(result: HealthResult) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("measure", no_wrap=True, min_width=20)
    table.add_column("seen", justify="right", no_wrap=True, min_width=9)
    table.add_column("degraded", justify="right", no_wrap=True, style="dim")
    table.add_column("unhealthy", justify="right", no_wrap=True, style="dim")
    table.add_column("", no_wrap=True)
    for reading in result.measures:
        if reading.state != "not_seen":
            word, colour = _STATES[reading.state]
            table.add_row(reading.title, reading.value, *_lines(reading), Text(word, style=colour))
    unseen = [reading.title.lower() for reading in result.measures if reading.state == "not_seen"]
    if unseen and table.row_count:
        table.caption = Text(f"not seen: {' · '.join(unseen)}", style="dim")
        table.caption_justify = "left"
    return table


def _lines(reading: Reading) -> tuple[str, str]:
    sign = ">" if reading.more_is_worse else "<"
    both = (reading.degraded, reading.unhealthy)
    shown = ("" if line is None else f"{sign} {show(line, reading.unit)}" for line in both)
    return next(shown), next(shown)


def _foot(result: HealthResult) -> Table:
    foot = Table.grid(padding=(0, 1))
    foot.add_column(width=_LABEL_WIDTH, style="dim", no_wrap=True)
    foot.add_column(overflow="fold")
    for name, path in result.evidence.items():
        if name != "folder":
            foot.add_row(name.replace("_", " "), path)
        if name == "clip":
            foot.add_row("", Text(clip_in_words(result.facts), style="dim"))
    if result.judgement.next_step:
        foot.add_row(Text("next", style="bold"), result.judgement.next_step)
    return foot
