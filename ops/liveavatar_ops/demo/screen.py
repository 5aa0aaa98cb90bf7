"""What the demo shows: a line a step while it runs, and at the end one screen that a newcomer understands."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

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

    def finish(self, outputs: Mapping[str, Any], result: Mapping[str, Any], template: str) -> None:
        """The last screen: what was deployed, the verdict with its figures, the picture, what to try next."""
        judgement = result["judgement"]
        verdict = judgement["verdict"]
        self.console.print()
        self.console.rule(style="dim")
        self._title("Deployed")
        self.console.print(Padding(_deployed(outputs), (0, 0, 1, 2)))
        self._title(f"Checked: {template}")
        says = Text.assemble(
            "  ", (f" {verdict.upper()} ", f"bold reverse {COLOURS[verdict]}"), " ", SAYS[verdict]
        )
        self.console.print(says)
        reasons = [Text(f"  {r['sentence']}", style="default") for r in judgement["reasons"]]
        self.console.print(Padding(Group(*reasons, Text(), _figures(result)), (0, 0, 1, 2)))
        if verdict != "healthy" and judgement["next_step"]:
            self.console.print(Text.assemble(("  Next: ", "bold"), judgement["next_step"]), soft_wrap=True)
            self.console.print()

    def try_next(self, picture: Path | None, commands: Mapping[str, str]) -> None:
        """Where the picture is, and what to type now."""
        if picture is not None:
            self._title("See for yourself")
            self.console.print(Text(f"  {picture}\n"), soft_wrap=True)
        self._title("Try next")
        for command, why in commands.items():
            self.console.print(
                Text.assemble("  ", (f"{command:<40}", "cyan"), ("  " + why, "dim")), soft_wrap=True
            )
        self.console.print()

    def _title(self, words: str) -> None:
        self.console.print(Text(words, style="bold"))


def _deployed(outputs: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for kind, key in (("secret", "secrets"), ("context", "contexts")):
        for thing in outputs[key].values():
            table.add_row(kind, thing["name"], Text(thing["id"], style="dim"))
    for thing in outputs["templates"].values():
        realtime = thing["body"]["openai_realtime_config"]
        table.add_row(
            "session template", thing["name"], Text(f"{realtime['model']}, voice {realtime['voice']}", "dim")
        )
    table.add_row("release", Text(outputs["digest"][:23], style="dim"), "")
    return table


def _figures(result: Mapping[str, Any]) -> Table:
    video = result["facts"].get("video") or {}
    table = Table.grid(padding=(0, 2))
    for title, key, unit in (
        ("first frame after", "first_frame_s", "s"),
        ("frames a second", "fps_effective", ""),
        ("longest gap", "longest_gap_s", "s"),
        ("longest still picture", "content_freeze_s", "s"),
        ("black picture", "black_s", "s"),
    ):
        if video.get(key) is not None:
            table.add_row(Text(title, style="dim"), Text(f"{video[key]:.2f} {unit}".strip(), justify="right"))
    if video.get("width"):
        table.add_row(Text("size", style="dim"), f"{video['width']}×{video['height']}")
    return table
