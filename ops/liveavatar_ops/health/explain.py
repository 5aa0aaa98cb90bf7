"""Says what every limit is for: the table of `liveavatar-ops health explain`, and the same as data."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from liveavatar_ops.health.limits import Limits

EXPLAIN_SCHEMA = "liveavatar-ops.health.limits/1"


@dataclass(frozen=True)
class Explained:
    """One limit: its value, the default, and why it is what it is."""

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
    for name, field in Limits.model_fields.items():
        extra: Any = field.json_schema_extra
        yield Explained(
            name, getattr(limits, name), field.default, extra["unit"], extra["reason"], extra["source"]
        )


def explain_document(limits: Limits | None = None) -> dict[str, Any]:
    """The same for machines."""
    rows = [asdict(row) | {"overridden": row.overridden} for row in explained(limits)]
    return {"schema": EXPLAIN_SCHEMA, "limits": rows}


def print_explained(console: Console, limits: Limits | None = None) -> None:
    """The table, two lines a limit, so that it fits 80 columns; overridden limits stand out."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="bold", expand=False)
    table.add_column("limit", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("what for, and where it comes from")
    for row in explained(limits):
        value = Text(value_in_words(row.value, row.unit), style="bold yellow" if row.overridden else "")
        if row.overridden:
            value.append(f"\n(default {value_in_words(row.default, row.unit)})", style="dim")
        why = Text(row.reason)
        why.append(f"\n{row.source}", style="dim")
        table.add_row(Text(row.name, style="bold" if row.overridden else ""), value, why)
    console.print(table)
    console.print(
        "\nOverride one with --limit NAME=VALUE, or in the health: block of a session template.", style="dim"
    )


def value_in_words(value: float | bool, unit: str) -> str:
    """The value of a limit as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value * 100:g} %" if unit == "share" else f"{value:g} {unit}"
