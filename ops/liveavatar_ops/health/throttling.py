"""Reads how often our CPU quota was used up: a throttled container is late though CPUs are free."""

from pathlib import Path

from liveavatar_ops.health.control_groups import CGROUPS, PROC, cpu_groups


def read_quota(proc: Path = PROC, cgroups: Path = CGROUPS) -> tuple[int, int] | None:
    """
    (periods, periods in which the quota was used up) since the group was made; None without a quota.

    The nearest group upwards that has one counts.
    """
    return next(
        (found for group in cpu_groups(proc, cgroups) if (found := _counted(group / "cpu.stat"))), None
    )


def _counted(file: Path) -> tuple[int, int] | None:
    try:
        counts = dict(line.split() for line in file.read_text(encoding="ascii").splitlines())
        periods, throttled = int(counts["nr_periods"]), int(counts["nr_throttled"])
    except (OSError, ValueError, KeyError):
        return None
    return (periods, throttled) if periods else None
