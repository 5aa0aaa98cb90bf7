"""
The evidence that page and messages may show: a file that a check named and that really lies in the evidence
folder.

What was asked for is only ever the number of a check; the path comes from the store, links are followed
before it is judged, and the file must begin as its kind does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from liveavatar_ops.schedule.store import RunRow

LARGEST = 32 * 2**20


@dataclass(frozen=True)
class Kind:
    """One kind of evidence: how its files are named and begin, and what a browser is told."""

    suffix: str
    begins: bytes
    content_type: str
    path: Callable[[RunRow], str | None]
    policy: str | None = None


SHEETS = Kind(".png", b"\x89PNG\r\n\x1a\n", "image/png", lambda run: run.sheet)
REPORTS = Kind(
    ".html", b"<!doctype html>", "text/html; charset=utf-8", lambda run: run.report,
    # Its own policy, in the file, allows its style blocks by their digests; both must allow what is shown.
    policy="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox",
)  # fmt: skip
KINDS = {"sheets": SHEETS, "reports": REPORTS}


def found(evidence: Path, kind: Kind, run: RunRow | None) -> Path | None:
    """The file of this kind that a check left, if it may be shown."""
    return file_in(evidence, kind.path(run) if run else None, kind.suffix)


def content(path: Path | None, kind: Kind) -> bytes | None:
    """What is in it, unless it is of another kind after all, too large, or gone."""
    try:
        if path is None or path.stat().st_size > LARGEST:
            return None
        held = path.read_bytes()
    except OSError:
        return None
    return held if held.startswith(kind.begins) else None


def file_in(evidence: Path, named: str | None, suffix: str) -> Path | None:
    """A file of the evidence folder, links followed; None for every other."""
    if not named:
        return None
    try:
        path = (evidence / named).resolve(strict=True)
        inside = path.is_relative_to(evidence.resolve(strict=True))
    except (OSError, ValueError, RuntimeError):
        return None
    return path if inside and path.suffix == suffix and path.is_file() else None
