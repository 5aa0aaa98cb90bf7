"""
Places that a command writes to are tried before it starts anything: a session that was paid for must not
end at a folder that cannot be made.
"""

import os
import tempfile
from pathlib import Path

from liveavatar_ops.health.files import is_stream
from pulumi_liveavatar.text import shorten

TRIAL = b"\0" * 4096  # a disk without room for one page has none for evidence


def folder_problem(folder: Path) -> str | None:
    """
    Why nothing can be written into `folder`, as a sentence's end; None where it can. Leaves no trace.

    What is missing of it is made within a folder of the trial's own: others that start at the same moment
    try the same place.
    """
    if is_there(folder) and not folder.is_dir():
        return f"{folder} is a file; name a folder"
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".liveavatar-trial-") as own:
            within = Path(own) / folder.relative_to(there)
            within.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=within) as trial:
                trial.write(TRIAL)
                trial.flush()
                os.fsync(trial.fileno())
    except (OSError, ValueError) as why:  # ValueError: no system takes such a name
        return f"{folder} cannot be written to: {why_of(why)}; name another place"
    return None


def file_problem(file: Path) -> str | None:
    """The same for one file, which replaces what is there; what is no file of its own is not tried."""
    if is_stream(file):
        return None
    if is_there(file) and file.is_dir():
        return f"{file} is a folder; name a file"
    problem = folder_problem(file.parent)
    return problem and problem.replace("; name a folder", f", so {file.name} cannot be in it")


def is_there(path: Path) -> bool:
    """`Path.exists`, without its error for a name too long or a folder that may not be looked into."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def where_and_why(why: OSError) -> str:
    """`/tmp/x: no space left on device`; the place where the system named one."""
    return f"{why.filename}: {why_of(why)}" if why.filename else why_of(why)


def why_of(why: BaseException) -> str:
    """`no space left on device`; of what the system did not say, its kind and its first words."""
    if isinstance(why, OSError):
        said = why.strerror or type(why).__name__
        return said[:1].lower() + said[1:]
    return shorten(f"{type(why).__name__}: {why}", 160).rstrip(".")
