"""What a rehearsal shows: one line a row while it runs, the whole table at the end, 80 columns wide."""

from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from liveavatar_ops.health.evidence.palette import CAUSE_WORDS
from liveavatar_ops.health.output import PHASES
from liveavatar_ops.health.verdicts import Cause
from liveavatar_ops.rehearse.outcome import Named, Outcome, Rehearsal, Standing
from liveavatar_ops.rehearse.row import Row

SIGNS = {Standing.RIGHT: "✓", Standing.WRONG: "✗", Standing.NOT_JUDGED: "?"}
COLOURS = {Standing.RIGHT: "green", Standing.WRONG: "red", Standing.NOT_JUDGED: "blue"}
WIDTH = 80
LIST_WIDTH = 110  # longer lines are hard to follow, however wide the terminal is


class Progress:
    """The console on standard error: what is being rehearsed, and a line for what has been."""

    def __init__(self, console: Console, count: int) -> None:
        self._console, self._count, self._done = console, count, 0
        self._live: Live | None = None
        self._doing: dict[str, str] = {}

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, sentence: str) -> None:
        """One line."""
        self._console.print(Text(sentence), soft_wrap=True)

    def phase(self, row: Row, turn: int, name: str) -> None:
        """A row has come so far."""
        self._doing[f"{row.name}/{turn}"] = f"{row.name}: {PHASES.get(name, name)}"
        self._show()

    def end(self, outcome: Outcome) -> None:
        """A row is done."""
        self._done += 1
        self._doing.pop(f"{outcome.row}/{outcome.turn}", None)
        number = f"{self._done:>{len(str(self._count))}}/{self._count}"
        line = Text.assemble(
            (f"{number} ", "dim"), _sign(outcome), f" {outcome.row:<19} ", words(outcome.seen),
            (f"  {outcome.took_s:.0f} s", "dim"),
        )  # fmt: skip
        self._console.print(line, soft_wrap=True)
        self._show()

    def _show(self) -> None:
        if self._live:
            doing = "  ·  ".join(list(self._doing.values())) or "…"
            self._live.update(Spinner("dots", Text(f" {doing}", style="dim", overflow="ellipsis")))


def words(named: Named) -> str:
    """`unhealthy, frozen picture`."""
    if named.cause is Cause.NONE:
        return named.verdict.value
    return f"{named.verdict.value}, {CAUSE_WORDS[named.cause]}"


def table_of(outcomes: Sequence[Outcome]) -> Table:
    """Expected against seen, a line a row; rehearsed several times, a row stands once for each ending."""
    table = Table(box=None, width=WIDTH, pad_edge=False, padding=(0, 1), header_style="bold")
    times = max((outcome.turn for outcome in outcomes), default=1)
    table.add_column("", width=1)
    table.add_column("rehearsed", no_wrap=True)
    table.add_column("expected")
    table.add_column("seen")
    table.add_column("open", justify="right")
    table.add_column("s" if times == 1 else "times", justify="right")
    for group in _grouped(outcomes):
        first = group[0]
        seen = Text(words(first.seen) if first.seen != first.expected else "as expected")
        if first.standing is not Standing.RIGHT:
            seen.stylize(COLOURS[first.standing])
        still = sum(each.open_sessions for each in group)
        table.add_row(
            _sign(first), first.row, words(first.expected), seen,
            Text(str(still), style="red" if still else "dim"),
            f"{first.took_s:.0f}" if times == 1 else str(len(group)),
        )  # fmt: skip
    return table


def print_rehearsal(console: Console, rehearsal: Rehearsal, why: dict[str, str]) -> None:
    """The whole: table, what was not as expected and why it should have been, and the count."""
    console.print()
    console.print(table_of(rehearsal.outcomes))
    for outcome in rehearsal.outcomes:
        if outcome.good:
            continue
        console.print()
        console.print(
            Text(f"{outcome.row}: expected {words(outcome.expected)}", style="bold red"), width=WIDTH
        )
        console.print(f"  {why.get(outcome.row, '')}", markup=False, highlight=False, width=WIDTH)
        for reason in outcome.reasons:
            told = f"  [{reason.severity.value}] {reason.sentence}"
            console.print(told, markup=False, highlight=False, width=WIDTH)
        if outcome.open_sessions:
            told = f"  {outcome.open_sessions} open at the emulator after it"
            console.print(told, markup=False, highlight=False, width=WIDTH)
    console.print()
    console.print(summary(rehearsal), width=WIDTH)


def summary(rehearsal: Rehearsal) -> Text:
    """The count, in a sentence."""
    count = len(rehearsal.outcomes)
    said = Text(f"{rehearsal.right} of {count} as expected", style="bold")
    if rehearsal.wrong:
        said.append(f", {rehearsal.wrong} not", style="bold red")
    if rehearsal.not_judged:
        said.append(f", {rehearsal.not_judged} not judged (this machine was too busy to tell)", style="blue")
    said.append("; ")
    left = rehearsal.left_open
    told = "no session left open" if not left else f"{left} session{'s' if left > 1 else ''} left open"
    said.append(f"{told}.", style="red" if left else "")
    return said


def print_list(console: Console, rows: Sequence[Row]) -> None:
    """The table before it is run: what is played, what is expected, why."""
    for row in rows:
        expected = words(Named(verdict=row.verdict, cause=row.cause))
        line = Text.assemble((f"{row.name:<19} ", "bold"), f"{expected:<29} ", (f"depth {row.depth}", "dim"))
        console.print(line, soft_wrap=True)
        console.print(Padding(Text(row.why, style="dim"), (0, 0, 0, 2)), width=min(console.width, LIST_WIDTH))


def _grouped(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.row, words(outcome.seen)), []).append(outcome)
    order = list(dict.fromkeys(outcome.row for outcome in outcomes))
    return sorted(groups.values(), key=lambda group: order.index(group[0].row))


def _sign(outcome: Outcome) -> Text:
    return Text(SIGNS[outcome.standing], style=COLOURS[outcome.standing])
