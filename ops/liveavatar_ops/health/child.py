"""
Starts the probe with less: half of a short check's own CPU is the start of its interpreters.

Run as `python -m liveavatar_ops.health.child`; `liveavatar_ops.health.probe` says what it reads and leaves.
"""

import gc
import os
import sys
from typing import NoReturn

UNUSED = ("rich", "httpx._main")
"""structlog and httpx load a terminal's drawing library when they find it. Nothing is drawn here."""


def main() -> NoReturn:
    """Import the probe without what it never uses, then be it."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # a look for some opens every package
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None: an import of it raises ImportError
    gc.disable()  # nothing that an import makes is garbage
    from liveavatar_ops.health.probe import main as probe  # noqa: PLC0415 -- after the above

    gc.freeze()
    gc.enable()
    probe()


if __name__ == "__main__":
    main()
