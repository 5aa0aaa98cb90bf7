"""Reads how often our CPU quota was used up: a throttled container is late though CPUs are free."""

import re
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
_V2 = re.compile(r"^0::(/.*)$", re.MULTILINE)
_V1 = re.compile(r"^\d+:(?:[\w,]+,)?cpu(?:,[\w,]+)?:(/.*)$", re.MULTILINE)


def read_quota(proc: Path = Path("/proc"), cgroups: Path = CGROUPS) -> tuple[int, int] | None:
    """
    (periods, periods in which the quota was used up) since the group was made; None without a quota.

    The nearest group upwards that has one counts. A container sees its own group as the root, whatever path
    /proc names; so a path that is not there is passed over.
    """
    try:
        groups = (proc / "self/cgroup").read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    roots = (
        (_V2, cgroups),
        (_V2, cgroups / "unified"),
        (_V1, cgroups / "cpu"),
        (_V1, cgroups / "cpu,cpuacct"),
    )
    for pattern, root in roots:
        if (named := pattern.search(groups)) and (found := _upwards(root, named[1])):
            return found
    return None


def _upwards(root: Path, path: str) -> tuple[int, int] | None:
    group = root / path.strip("/")
    while True:
        if found := _counted(group / "cpu.stat"):
            return found
        if group == root:
            return None
        group = group.parent


def _counted(file: Path) -> tuple[int, int] | None:
    try:
        counts = dict(line.split() for line in file.read_text(encoding="ascii").splitlines())
        periods, throttled = int(counts["nr_periods"]), int(counts["nr_throttled"])
    except (OSError, ValueError, KeyError):
        return None
    return (periods, throttled) if periods else None
