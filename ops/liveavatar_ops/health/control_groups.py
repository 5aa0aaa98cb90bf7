"""Finds the control groups (Linux) that bound our CPU: the own one, and those above it."""

import re
from collections.abc import Iterator
from pathlib import Path

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
_V2 = re.compile(r"^0::(/.*)$", re.MULTILINE)
_V1 = re.compile(r"^\d+:(?:[\w,]+,)?cpu(?:,[\w,]+)?:(/.*)$", re.MULTILINE)


def cpu_groups(proc: Path = PROC, cgroups: Path = CGROUPS) -> Iterator[Path]:
    """
    Their folders, nearest first, of both versions; some may not be there.

    A container sees its own group as the root, whatever path /proc names, so every path ends at the root.
    """
    try:
        groups = (proc / "self/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    roots = (
        (_V2, cgroups),
        (_V2, cgroups / "unified"),
        (_V1, cgroups / "cpu"),
        (_V1, cgroups / "cpu,cpuacct"),
    )
    for pattern, root in roots:
        if named := pattern.search(groups):
            yield from _upwards(root, named[1])


def _upwards(root: Path, path: str) -> Iterator[Path]:
    group = root / path.strip("/")
    while group != root and group.is_relative_to(root):
        yield group
        group = group.parent
    yield root
