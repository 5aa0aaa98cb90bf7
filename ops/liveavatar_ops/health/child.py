"""
Starts the probe with less than it would import by itself.

Run as `python -m liveavatar_ops.health.child`; `liveavatar_ops.health.probe` says what it reads and leaves.
"""

import sys
from io import TextIOWrapper
from typing import NoReturn

from liveavatar_ops import streams
from liveavatar_ops.lean_imports import lean_imports

UNUSED = ("rich", "httpx._main")
"""structlog and httpx load a terminal's drawing library when they find it. Nothing is drawn here."""


def main() -> NoReturn:
    """Import the probe without what it never uses, then be it."""
    streams.make_usable()  # a log that cannot be written must not end a check
    assert isinstance(sys.stdin, TextIOWrapper)
    sys.stdin.reconfigure(encoding="utf-8")  # as the job is written, whatever this machine writes
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None: an import of it raises ImportError
    with lean_imports():
        from liveavatar_ops.health.probe import main as probe  # noqa: PLC0415 -- after the above
    probe()


if __name__ == "__main__":
    main()
