"""
The folder in which parent and child of one check work, and the sweeping of those that killed checks left.

A folder names the processes that use it. It is swept only when all of them are dead: a child outlives its
parent for a moment, and a check in another container cannot be seen from here.
"""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import TypeAdapter

from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.owner import Liveness, Owner, liveness, this_process

PREFIX = "liveavatar-check-"
OWNERS_FILE = "owners.json"
NOBODYS_AFTER_S = 86400.0  # a check killed before it could name itself, or one of an earlier version
_OWNERS = TypeAdapter(list[Owner])


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """A folder of this process's, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as made:
        folder = Path(made)
        if not _is_utf8(made):
            raise OSError(errno.EILSEQ, "the name of the folder for temporary files (TMPDIR) is not UTF-8")
        claim(folder, this_process())
        yield folder


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def claim(folder: Path, *owners: Owner) -> None:
    """Say who works here."""
    write_whole(folder / OWNERS_FILE, json.dumps([owner.model_dump() for owner in owners]))


def sweep_folders(
    now: float, *, root: Path | None = None, alive: Callable[[Owner], Liveness] = liveness
) -> int:
    """Remove what dead checks left in `root` (the system's folder for temporary files); returns how many."""
    root = root or Path(tempfile.gettempdir())
    left = [folder for folder in root.glob(f"{PREFIX}*") if _is_left(folder, now, alive)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return sum(not folder.exists() for folder in left)


def _is_left(folder: Path, now: float, alive: Callable[[Owner], Liveness]) -> bool:
    try:
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
            return False
        owners = _OWNERS.validate_json((folder / OWNERS_FILE).read_bytes())
    except FileNotFoundError:
        return _untouched_since(folder) < now - NOBODYS_AFTER_S
    except (OSError, ValueError):
        return False
    return all(alive(owner) is Liveness.dead for owner in owners)


def _untouched_since(folder: Path) -> float:
    """When anything in it was written last; now and ever, if somebody is removing it this moment."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return float("inf")
