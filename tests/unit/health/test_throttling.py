"""Whether our CPU quota was used up, read as a container, a unit of systemd and a bare machine show it."""

from pathlib import Path

import pytest

from liveavatar_ops.health.host import CpuReading, between
from liveavatar_ops.health.throttling import read_quota

STAT = "usage_usec 9000000\nnr_periods {}\nnr_throttled {}\nthrottled_usec 800000\n"
V2 = "0::{}\n"
V1 = "12:cpu,cpuacct:/docker/3f\n4:memory:/docker/3f\n0::/\n"


def machine(root: Path, groups: str, **stats: str) -> tuple[Path, Path]:
    """(/proc, /sys/fs/cgroup) of a machine with these groups; `__` in a name is a folder."""
    proc, cgroups = root / "proc", root / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self/cgroup").write_text(groups)
    for name, text in stats.items():
        file = cgroups / name.replace("__", "/") / "cpu.stat"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return proc, cgroups


@pytest.mark.parametrize(
    ("groups", "stats", "quota"),
    [
        (V2.format("/"), {"": STAT.format(120, 40)}, (120, 40)),
        (V2.format("/kubepods/pod1/c1"), {"": STAT.format(120, 40)}, (120, 40)),
        (
            V2.format("/system.slice/check.service"),
            {"system.slice__check.service": STAT.format(9, 1), "": "usage_usec 1\n"},
            (9, 1),
        ),
        (
            V2.format("/user.slice/a/b"),
            {"user.slice__a__b": STAT.format(0, 0), "user.slice__a": STAT.format(50, 5)},
            (50, 5),
        ),
        (V1, {"cpu": "nr_periods 30\nnr_throttled 3\nthrottled_time 7\n"}, (30, 3)),
        (V2.format("/"), {"": "usage_usec 9000000\n"}, None),
        (V2.format("/"), {"": "nr_periods many\nnr_throttled\n"}, None),
        ("", {}, None),
    ],
    ids=[
        "a container",
        "a container that knows its path outside",
        "a unit of systemd",
        "the quota of a group above",
        "cgroup v1",
        "no quota",
        "unreadable",
        "no groups",
    ],
)
def test_the_nearest_group_with_a_quota_counts(tmp_path: Path, groups, stats, quota):
    proc, cgroups = machine(tmp_path, groups, **stats)

    assert read_quota(proc, cgroups) == quota


def test_a_system_without_groups_has_no_quota(tmp_path: Path):
    assert read_quota(tmp_path, tmp_path) is None


def reading(quota: tuple[int, int] | None) -> CpuReading:
    return CpuReading(at_s=0, busy_s=None, total_s=None, stolen_s=None, waited_s=None, own_s=0, quota=quota)


@pytest.mark.parametrize(
    ("first", "last", "share"),
    [((10, 2), (110, 52), 0.5), ((10, 2), (10, 2), 0.0), (None, (10, 2), None), ((10, 2), None, None)],
)
def test_what_was_used_up_while_watching_is_a_share_of_its_periods(first, last, share):
    assert between(reading(first), reading(last)).throttled_share == share
