"""
The fault table: every row, and the reasons for what has none.

A law of the tests: each fault of the emulator and each cause of a verdict has a row here or an excuse.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.verdicts import Cause
from liveavatar_ops.rehearse.row import Row
from liveavatar_ops.rehearse.rows_api import API_ROWS
from liveavatar_ops.rehearse.rows_picture import HEALTHY_ROWS, PICTURE_ROWS
from liveavatar_ops.rehearse.rows_talk import TALK_ROWS

TABLE: tuple[Row, ...] = (*API_ROWS, *PICTURE_ROWS, *TALK_ROWS, *HEALTHY_ROWS)

FAULTS_WITHOUT_ROW: Mapping[str, str] = MappingProxyType(
    {
        "hang_before": "a held call ends as `unreachable` does, after the 20 s that a check gives a call",
        "hang_after": "a held answer ends as `start_unheard` does, after the 20 s that a check gives a call",
        "silent_max_duration": "a check leaves a session before its maximum duration, so it never sees that",
    }
)
CAUSES_WITHOUT_ROW: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.OWN_HOST: "the machine under the check is at fault, which the emulator cannot play",
    }
)


class NoSuchRow(ValueError):
    """A name that no row goes by; `str` says which would be near."""


def rows(names: Sequence[str], depth: Depth, table: Iterable[Row] = TABLE) -> list[Row]:
    """
    The rows that go by these names (all of them if none is given) and are no deeper than `depth`.

    A name is a row's own or that of a fault it plays. Raises NoSuchRow with one line for each name.
    """
    table = tuple(table)
    problems = [problem for name in names if (problem := _problem(name, depth, table))]
    if problems:
        raise NoSuchRow("\n".join(problems))
    wanted = (row for row in table if not names or any(row.called(name) for name in names))
    return [row for row in wanted if depth.includes(row.depth)]


def _problem(name: str, depth: Depth, table: Sequence[Row]) -> str | None:
    found = [row for row in table if row.called(name)]
    if not found:
        known = sorted({each for row in table for each in (row.name, *row.plays)})
        excuse = FAULTS_WITHOUT_ROW.get(name)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        why = excuse or (f"did you mean {near[0]}?" if near else "`rehearse --list` shows what there is")
        return f"--fault {name}: there is no such row; {why}"
    if not any(depth.includes(row.depth) for row in found):
        least = min((row.depth for row in found), key=list(Depth).index)
        return f"--fault {name}: shows at depth {least} only; leave --depth out, or ask for it"
    return None
