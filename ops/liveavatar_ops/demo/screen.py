"""What the demo shows: a line a step while it runs, and at the end one screen that a newcomer understands."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from liveavatar_ops.health.report.human import rendered
from liveavatar_ops.health.report.result import HealthResult

COLOURS = {"healthy": "green", "degraded": "yellow", "unhealthy": "red", "inconclusive": "cyan"}
SAYS = {
    "healthy": "A viewer sees a living avatar.",
    "degraded": "A viewer sees an avatar, but not at its best.",
    "unhealthy": "A viewer does not see a living avatar.",
    "inconclusive": "Nothing can be said about the avatar.",
}
DONE = {
    "create": "created",
    "update": "updated",
    "same": "unchanged",
    "replace": "replaced",
    "delete": "deleted",
}


class Step:
    """One step's line, while it runs and when it is done."""

    def __init__(self, title: str) -> None:
        self.title, self.note, self.doing = title, "", ""
        self.rows: list[tuple[str, str]] = []
        self.began = time.monotonic()

    def told(self, note: str) -> None:
        """What stands behind the title when the step is done."""
        self.note = note

    def resource(self, operation: str, name: str) -> None:
        """One resource of the stack is done."""
        if operation in DONE and not name.startswith(("Stack ", "dynamic ", "pulumi-python")):
            self.rows.append((DONE[operation], name))
            self.doing = name

    @property
    def counted(self) -> str:
        """How many of the resources that are listed were made or changed."""
        counts = Counter(done for done, _ in self.rows if done != DONE["same"])
        return ", ".join(f"{count} {done}" for done, count in counts.items())

    def __rich__(self) -> Spinner:
        took = f"{time.monotonic() - self.began:.0f} s"
        return Spinner(
            "dots", Text.assemble(" ", self.title, ("  " + took, "dim"), ("  " + self.doing, "dim"))
        )


class Screen:
    """The console, with steps."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while it runs; leave one line behind."""
        step = Step(title)
        try:
            if self.console.is_terminal:
                with Live(step, console=self.console, refresh_per_second=8, transient=True):
                    yield step
            else:
                yield step
        except BaseException:
            self.console.print(Text.assemble(("  ✗ ", "red"), title))
            raise
        took = f"{time.monotonic() - step.began:.1f} s"
        self.console.print(
            Text.assemble(("  ✓ ", "green"), f"{title:<28}", (f"{took:>7}  ", "dim"), (step.note, "dim")),
            soft_wrap=True,
        )
        for done, name in step.rows:
            self.console.print(Text.assemble("      ", (f"{done:<10}", "dim"), name))

    def lost(self, sessions: int) -> None:
        """What a killed demo left behind is closed in its ledger."""
        several = "1 session" if sessions == 1 else f"{sessions} sessions"
        self.console.print(
            f"  Closed {several} of a demo that was killed: the emulator went with it.", style="dim"
        )

    def finish(self, outputs: Mapping[str, Any], result: HealthResult) -> None:
        """The last screen: what was deployed, and the check's own report with its figures."""
        self.console.print()
        self.console.rule(style="dim")
        self._title("Deployed")
        self.console.print(Padding(_deployed(outputs), (0, 0, 1, 2)))
        verdict = result.judgement.verdict
        self.console.print(Text.assemble((SAYS[verdict], f"bold {COLOURS[verdict]}")))
        self.console.print(rendered(result))
        self.console.print()

    def try_next(self, commands: Mapping[str, str]) -> None:
        """What to type now."""
        self._title("Try next")
        for command, why in commands.items():
            self.console.print(
                Text.assemble("  ", (f"{command:<39}", "cyan"), ("  " + why, "dim")), soft_wrap=True
            )
        self.console.print()

    def _title(self, words: str) -> None:
        self.console.print(Text(words, style="bold"))


def _deployed(outputs: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for kind, key in (("secret", "secrets"), ("context", "contexts"), ("session template", "templates")):
        for thing in outputs[key].values():
            table.add_row(Text(kind, style="dim"), thing["name"])
    table.add_row(Text("release", style="dim"), outputs["digest"][:19])
    return table
