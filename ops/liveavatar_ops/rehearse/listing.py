"""The rows before they are run: what `rehearse --list --json` prints. Pure."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.rehearse.outcome import Named
from liveavatar_ops.rehearse.row import Played, Row, Wrong

SCHEMA: Literal["liveavatar-ops.rehearsal_rows/1"] = "liveavatar-ops.rehearsal_rows/1"


class ListedRow(BaseModel):
    """A row, and why it expects what it expects."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    depth: Depth
    faults: tuple[Played, ...]
    """Bodies of POST /_emulator/faults, as they are played."""
    wrong: Wrong | None
    """What the caller gets wrong, instead of a fault or beside it."""
    expected: Named
    why: str


class Listing(BaseModel):
    """The document of `rehearse --list --json`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["liveavatar-ops.rehearsal_rows/1"] = Field(SCHEMA, alias="schema")
    rows: tuple[ListedRow, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Listing":
        """In the order of the table."""
        return cls(schema=SCHEMA, rows=tuple(_listed(row) for row in rows))


def _listed(row: Row) -> ListedRow:
    return ListedRow(
        row=row.name,
        depth=row.depth,
        faults=row.faults,
        wrong=row.wrong,
        expected=Named(verdict=row.verdict, cause=row.cause),
        why=row.why,
    )
