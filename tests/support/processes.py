"""Who runs, and waiting for it to change. Linux only, as the engine tests are."""

import time
from collections.abc import Callable
from pathlib import Path


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that name a folder or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = (process / "cwd").readlink()
        except OSError:  # gone meanwhile, or a zombie
            continue
        if str(folder) in line or place.is_relative_to(folder):
            found.append(line)
    return found


def until(condition: Callable[[], object], what: str = "", *, deadline_s: float = 120) -> None:
    """Returns as soon as a condition holds; fails after a time that only a real fault needs."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"still not so after {deadline_s:.0f} s: {what or condition}"
        time.sleep(0.02)
