"""
Whether this machine has a core to spare: on one that has none, most checks end `inconclusive`.

Only averages of the last minute are read: doctor itself keeps the machine busy for the seconds it takes.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from liveavatar_ops.doctor.finding import Finding, ok, skipped, warning
from liveavatar_ops.health.control_groups import CGROUPS, PROC, cpu_groups
from liveavatar_ops.health.limits import Limits

SPARE_CORES = 0.5
"""A check takes an eighth of a core while it watches, and more for the second in which it starts."""
MEND = "Run checks on a machine or pod with at least one whole CPU to itself, or end what keeps this one busy"
ALLOW = "Allow at least one whole CPU: `docker run --cpus 1`, `resources.limits.cpu: 1`, or no limit at all"


@dataclass(frozen=True)
class Busy:
    """How busy the machine is; None where the system does not tell."""

    cores: int
    load: float | None
    """Tasks that ran or wanted to, on average of the last minute."""
    waited_share: float | None
    """Of the last minute, in which some task waited for a CPU (Linux pressure stall information)."""
    quota: float | None
    """CPUs that our control group may use."""


def read_busy(proc: Path = PROC, groups: Path = CGROUPS) -> Busy:
    """The machine as it is now; of the quotas of our control groups the smallest holds."""
    try:
        load: float | None = os.getloadavg()[0]
    except OSError:
        load = None
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    groups_allow = [quota for group in cpu_groups(proc, groups) if (quota := _quota(group))]
    quotas = [*groups_allow, *([usable] if usable else [])]
    cores = os.cpu_count() or 1
    quota = min(quotas, default=None)
    return Busy(cores, load, _waited(proc), None if quota is None or quota >= cores else quota)


def check_core(name: str, busy: Busy) -> Finding:
    """Too small a share of the machine first, then too much work on it."""
    if busy.quota is not None and busy.quota < 1:
        return warning(name, f"only {busy.quota:.2g} of a CPU may be used here (cgroup cpu.max)", ALLOW)
    if busy.load is None and busy.waited_share is None:
        return skipped(name, "the system does not tell how busy it is")
    may_use = "" if busy.quota is None else f", {busy.quota:.2g} of them for us"
    told = [f"{busy.cores} core{'s' if busy.cores > 1 else ''}{may_use}"]
    if busy.load is not None:
        told.append(f"load {busy.load:.1f}")
    if busy.waited_share is not None:
        told.append(f"tasks waited for a CPU {busy.waited_share:.0%} of the last minute")
    crowded = busy.load is not None and busy.load > busy.cores - SPARE_CORES
    waits = busy.waited_share is not None and busy.waited_share >= Limits().host_waited_share
    if crowded or waits:
        return warning(name, f"none: {', '.join(told)}; checks may end inconclusive (own host)", MEND)
    return ok(name, ", ".join(told))


def _waited(proc: Path) -> float | None:
    try:
        some = (proc / "pressure/cpu").read_text(encoding="ascii").split("\n", 1)[0]
        return float(some.partition("avg60=")[2].split()[0]) / 100
    except (OSError, ValueError, IndexError):
        return None


def _quota(folder: Path) -> float | None:
    """`50000 100000` is half a CPU, `max 100000` and -1 are no limit."""
    for files in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            words = " ".join((folder / file).read_text(encoding="ascii") for file in files).split()
            allowed, period = int(words[0]), int(words[1])
        except (OSError, ValueError, IndexError):
            continue
        if allowed > 0 and period > 0:
            return allowed / period
    return None
