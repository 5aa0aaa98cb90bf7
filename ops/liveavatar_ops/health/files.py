"""Files that another process reads are there whole or not at all."""

import os
import stat
from pathlib import Path

STREAMS_IN = ("/dev/", "/proc/")  # a name there is an open file of somebody, also where that is a regular one


def write_whole(path: Path, text: str) -> None:
    """Write beside the place, then rename; readable by the owner alone."""
    write_bytes_whole(path, text.encode("utf-8"))


def write_bytes_whole(path: Path, held: bytes) -> None:
    """The same with bytes. Through a link to what it leads to; what is no file of its own is written into."""
    if is_stream(path):
        _write_into(path, held)
        return
    path = Path(os.path.realpath(path))  # resolve() raises where links lead in a circle
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


def is_stream(path: Path) -> bool:
    """A pipe, a terminal, a device: it must not be replaced, and cannot be there whole or not at all."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):  # ValueError: no system takes such a name
        return False
    if stat.S_ISDIR(kind):
        return False
    return not stat.S_ISREG(kind) or str(path.absolute()).startswith(STREAMS_IN)


def _write_into(path: Path, held: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb", buffering=0) as out:
        left = memoryview(held)
        while left:
            left = left[out.write(left) :]


def make_private(folder: Path) -> None:
    """Make a folder that the owner alone may enter; one that is there stays as its owner made it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
