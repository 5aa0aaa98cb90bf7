"""A free core: the share of the machine that we may use, and what else wants it."""

from pathlib import Path

import pytest

from liveavatar_ops.doctor.core import Busy, check_core, read_busy
from liveavatar_ops.doctor.finding import State


def busy(
    cores: int = 2, load: float | None = 0.3, waited: float | None = 0.01, quota: float | None = None
) -> Busy:
    return Busy(cores, load, waited, quota)


@pytest.mark.parametrize(
    ("readings", "state", "words"),
    [
        (busy(), State.OK, "2 cores, load 0.3, tasks waited for a CPU 1% of the last minute"),
        (busy(cores=1, load=0.2), State.OK, "1 core, load 0.2"),
        (busy(cores=16, load=3.0, quota=1.0), State.OK, "16 cores, 1 of them for us"),
        (busy(load=None), State.OK, "2 cores, tasks waited"),
        (busy(load=1.6), State.WARNING, "none: 2 cores, load 1.6"),
        (busy(cores=1, load=0.9), State.WARNING, "none: 1 core"),
        (busy(waited=0.5), State.WARNING, "waited for a CPU 50% of the last minute"),
        (busy(load=8.0, waited=None), State.WARNING, "load 8.0; checks may end inconclusive"),
        (busy(quota=0.5), State.WARNING, "only 0.5 of a CPU may be used here (cgroup cpu.max)"),
        (busy(load=None, waited=None), State.SKIPPED, "does not tell"),
    ],
)
def test_a_machine_is_judged_by_what_is_left_of_it(readings: Busy, state: State, words: str) -> None:
    """Half a core is kept for the check; pressure counts as it does in a verdict."""
    found = check_core("Free core", readings)

    assert found.state is state
    assert words in found.sentence


def test_each_trouble_has_its_cure() -> None:
    """A busy machine needs another one, a small share needs a larger limit."""
    assert "a machine or pod with at least one whole CPU" in check_core("Free core", busy(load=9)).fix
    assert "--cpus 1" in check_core("Free core", busy(quota=0.25)).fix


def place(root: Path, files: dict[str, str]) -> tuple[Path, Path]:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root / "proc", root / "groups"


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        pytest.param(
            {"proc/self/cgroup": "0::/\n", "groups/cpu.max": "50000 100000\n"}, 0.5, id="a container"
        ),
        pytest.param(
            {
                "proc/self/cgroup": "0::/pods/mine\n",
                "groups/pods/mine/cpu.max": "max 100000\n",
                "groups/pods/cpu.max": "25000 100000\n",
            },
            0.25,
            id="the group above",
        ),
        pytest.param(
            {"proc/self/cgroup": "0::/of/the/host\n", "groups/cpu.max": "10000 100000\n"},
            0.1,
            id="the path of the host",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/x\n2:memory:/x\n",
                "groups/cpu,cpuacct/x/cpu.cfs_quota_us": "20000\n",
                "groups/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
            },
            0.2,
            id="the older kind",
        ),
    ],
)
def test_the_share_of_a_control_group_is_found(tmp_path: Path, files: dict[str, str], quota: float) -> None:
    """The smallest of all groups that we are in."""
    assert read_busy(*place(tmp_path, files)).quota == quota


@pytest.mark.parametrize("limit", ["max 100000\n", "what is this\n", "100000000 100000\n", ""])
def test_no_limit_is_no_share(tmp_path: Path, limit: str) -> None:
    """More than the machine has is no limit either."""
    files = {"proc/self/cgroup": "0::/\n", "groups/cpu.max": limit}
    everywhere = read_busy(tmp_path / "none", tmp_path / "none").quota

    assert read_busy(*place(tmp_path, files)).quota == everywhere


def test_pressure_is_the_last_minutes(tmp_path: Path) -> None:
    """Ten seconds would be those in which doctor itself works."""
    text = (
        "some avg10=90.00 avg60=12.50 avg300=1.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    )

    assert read_busy(*place(tmp_path, {"proc/pressure/cpu": text})).waited_share == 0.125
    assert read_busy(tmp_path / "none", tmp_path).waited_share is None
