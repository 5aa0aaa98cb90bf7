"""Who runs, what it has open, and waiting for it to change. Linux only, as the engine tests are."""

import time
from collections.abc import Callable
from contextlib import suppress
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


def state_of(pid: int) -> str:
    """One letter, as Linux gives it: R runs, S sleeps, T stands still, Z has ended. OSError if it is gone."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def opened_by(pid: int) -> list[str]:
    """What a process has open just now, `socket:[1234]` and the like; empty if it is gone."""
    names = []
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # the process goes on: it may have closed this one meanwhile
                names.append(link.readlink().name)
    return names


def socket_numbers(pid: int) -> set[str]:
    """The sockets that a process has open, by the numbers that they have in the tables of /proc/net."""
    return {name[8:-1] for name in opened_by(pid) if name.startswith("socket:[")}


def until(condition: Callable[[], object], what: str = "", *, deadline_s: float = 120) -> None:
    """Returns as soon as a condition holds; fails after a time that only a real fault needs."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"still not so after {deadline_s:.0f} s: {what or condition}"
        time.sleep(0.02)
