"""
Says whether the process that began something is still alive.

A process id alone is reused; together with the start time and the boot it names one process for
ever. A process of another machine or another container cannot be seen from here: that is a third
answer, not "dead", or a janitor in one container would stop what a check in another one watches.
"""

import os
import socket
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

PROC = Path("/proc")


class Liveness(StrEnum):
    """What can be known of a process from here."""

    alive = "alive"
    dead = "dead"
    out_of_sight = "out of sight"


class Owner(BaseModel):
    """One process, told apart from every other that had or will have its number."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: str  # kernel clock ticks since boot; empty where /proc is missing
    boot_id: str
    host: str
    pid_namespace: str


def this_process() -> Owner:
    """The identity of the running process, to be written beside what it begins."""
    return identity_of(os.getpid())


def identity_of(pid: int) -> Owner:
    """The identity of a process of this machine; its start time is empty if it is gone already."""
    return Owner(
        pid=pid,
        started=_started(pid),
        boot_id=_read("sys/kernel/random/boot_id"),
        host=socket.gethostname(),
        pid_namespace=_namespace(),
    )


def liveness(owner: Owner) -> Liveness:
    """Alive, dead, or not to be seen from here (another machine, another container)."""
    if owner.host != socket.gethostname():
        return Liveness.out_of_sight
    if owner.boot_id != _read("sys/kernel/random/boot_id"):
        return Liveness.dead
    if owner.pid_namespace != _namespace():
        return Liveness.out_of_sight
    if owner.started:
        return Liveness.alive if _started(owner.pid) == owner.started else Liveness.dead
    return Liveness.alive if _answers_to_a_signal(owner.pid) else Liveness.dead


def _started(pid: int) -> str:
    """Field 22 of /proc/PID/stat; the name before it may hold spaces and brackets. A zombie is dead."""
    fields = _read(f"{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in "ZX":
        return ""
    return fields[19]


def _read(name: str) -> str:
    try:
        return (PROC / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str((PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _answers_to_a_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
