"""Reads a file of settings that somebody named: never more than fits, and never for ever."""

import errno
import os
import stat
from pathlib import Path

LARGEST = 1_000_000
"""Bytes; a file of settings has a few thousand."""

_OPEN_ALREADY = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def read_small_text(path: Path) -> str:
    """
    The text of a file, or of standard input to its end (`/dev/stdin`, `<(command)`); lines end with LF.

    Raises OSError for anything else (a named pipe that nobody writes into would never answer, a device never
    end) and for more than LARGEST bytes; UnicodeDecodeError for what is not UTF-8.
    """
    given = str(path).startswith(_OPEN_ALREADY)
    with open(path, "rb", opener=None if given else _without_waiting) as file:
        if not (given or stat.S_ISREG(os.fstat(file.fileno()).st_mode)):
            raise OSError(errno.EINVAL, "it is neither a file nor standard input (/dev/stdin); give a file")
        held = file.read(LARGEST + 1)
    if len(held) > LARGEST:
        raise OSError(errno.EFBIG, "it is larger than 1 MB, which no file of settings is")
    return held.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _without_waiting(path: str, flags: int) -> int:
    """The mere opening of a named pipe waits for a writer; a file reads the same either way."""
    return os.open(path, flags | os.O_NONBLOCK)
