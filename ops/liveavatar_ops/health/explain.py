"""Says what every limit is for: the table of `liveavatar-ops health explain`, and the same as data."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, cast

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from liveavatar_ops.health.limits import Limits

_WIDEST = max(map(len, Limits.model_fields))
SECTIONS = {
    "connect_deadline_s": "How the check looks",
    "api_start_degraded_s": "Getting there",
    "fps_degraded": "Cadence of the picture",
    "still_below_levels": "Content of the picture",
    "loss_noted_share": "Network, noted only: it may be ours",
    "speech_floor_dbfs": "Sound and conversation",
    "stop_degraded_s": "Our own side",
}
"""The limit that each section begins with, in order."""
EXPLAIN_SCHEMA = "liveavatar-ops.health.limits/1"


@dataclass(frozen=True)
class Explained:
    """One limit: its value, the default, and why it is what it is."""

    section: str
    name: str
    value: float | bool
    default: float | bool
    unit: str
    reason: str
    source: str

    @property
    def overridden(self) -> bool:
        """Whether a template or a flag changed it."""
        return self.value != self.default


def explained(limits: Limits | None = None) -> Iterator[Explained]:
    """Every limit in the order of the journey."""
    limits = limits or Limits()
    section = ""
    for name, field in Limits.model_fields.items():
        section, extra = SECTIONS.get(name, section), cast("dict[str, str]", field.json_schema_extra)
        value = getattr(limits, name)
        yield Explained(section, name, value, field.default, extra["unit"], extra["reason"], extra["source"])


def explain_document(limits: Limits | None = None) -> dict[str, Any]:
    """The same for machines."""
    rows = [asdict(row) | {"overridden": row.overridden} for row in explained(limits)]
    return {"schema": EXPLAIN_SCHEMA, "limits": rows}


def print_explained(console: Console, limits: Limits | None = None) -> None:
    """Name and value in one line, reason and source below it; overridden limits stand out."""
    for section, rows in groupby(explained(limits), key=lambda row: row.section):
        console.print(f"[bold]{section}[/bold]", highlight=False)
        for row in rows:
            console.print(_headed(row))
            why = Text(row.reason).append(f" ({row.source})", style="dim")
            console.print(Padding(why, (0, 0, 0, 6), expand=False))
        console.print()
    console.print(
        "Override one with --limit NAME=VALUE, or in the health: block of a session template.", style="dim"
    )


def _headed(row: Explained) -> Text:
    line = Text(f"  {row.name:<{_WIDEST}}  ").append(value_in_words(row.value, row.unit), style="bold")
    if row.overridden:
        line.stylize("bold yellow")
        line.append(f"  (default {value_in_words(row.default, row.unit)})", style="dim")
    return line


def value_in_words(value: float | bool, unit: str) -> str:
    """The value of a limit as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value * 100:g} %" if unit == "share" else f"{value:g} {unit}"
