"""
Places that a command writes to are tried before it starts anything: a session that was paid for must not
end at a folder that cannot be made.
"""

import contextlib
import os
import tempfile
from pathlib import Path

from pulumi_liveavatar.text import shorten

TRIAL = b"\0" * 4096  # a disk without room for one page has none for evidence


def folder_problem(folder: Path) -> str | None:
    """Why nothing can be written into `folder`, as a sentence's end; None where it can. Leaves no trace."""
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file; name a folder"
    made: list[Path] = []
    try:
        _make(folder, made)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".liveavatar-trial-") as trial:
            trial.write(TRIAL)
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as why:
        return f"{folder} cannot be written to: {why_of(why)}; name another place"
    finally:
        for each in reversed(made):
            with contextlib.suppress(OSError):
                each.rmdir()
    return None


def file_problem(file: Path) -> str | None:
    """The same for one file, which replaces what is there."""
    if file.is_dir():
        return f"{file} is a folder; name a file"
    problem = folder_problem(file.parent)
    return problem and problem.replace("; name a folder", f", so {file.name} cannot be in it")


def why_of(why: Exception) -> str:
    """`no space left on device`; of what the system did not say, its kind and its first words."""
    if isinstance(why, OSError):
        said = why.strerror or type(why).__name__
        return said[:1].lower() + said[1:]
    return shorten(f"{type(why).__name__}: {why}", 160).rstrip(".")


def _make(folder: Path, made: list[Path]) -> None:
    """Make it with its parents; `made` are those that were not there, outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700)
        made.append(each)
