"""Files that another process reads are there whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write beside the place, then rename; readable by the owner alone."""
    write_bytes_whole(path, text.encode("utf-8"))


def write_bytes_whole(path: Path, held: bytes) -> None:
    """The same with bytes."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(held)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)  # half of it would keep a full disk full
        raise


def make_private(folder: Path) -> None:
    """Make a folder that the owner alone may enter; one that is there stays as its owner made it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
