"""What a tree of processes costs is counted whole, and nothing twice."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.support.tree import TreeMeter, memory_of

from tests.support.processes import until

FILE_MIB = 24
HOLDS = """
import mmap, sys
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    sum(mapped[::4096])
    print("mapped", flush=True)
    sys.stdin.read()
"""
BURNS = "import os\nwhile os.times().user < 1.0: sum(range(10_000))\nos.read(0, 1)"
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)
print("waited for", flush=True)
input()
"""


@pytest.fixture
def two_holders(tmp_path: Path) -> Iterator[set[int]]:
    """Two processes that hold the same file's pages."""
    file = tmp_path / "pages"
    file.write_bytes(os.urandom(FILE_MIB << 20))
    command = [sys.executable, "-c", HOLDS, str(file)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for one in both:
            assert one.stdout is not None
            assert one.stdout.readline() == b"mapped\n"
        yield {one.pid for one in both}
    finally:
        for one in both:
            one.communicate()


def test_a_page_that_two_processes_hold_counts_once(two_holders: set[int]) -> None:
    """`own` has the file once, `rss` twice, and one process alone has all of it as its own."""
    together = memory_of(two_holders)
    alone = memory_of({min(two_holders)})

    assert together.processes == 2
    assert together.rss > together.own + FILE_MIB * 0.9
    assert alone.own > FILE_MIB
    assert alone.pss < alone.own  # the stranger who holds it too makes us look smaller
    assert together.own < 2 * alone.own - FILE_MIB * 0.9


def test_a_childs_cpu_counts_also_after_its_end() -> None:
    """What a child used is not lost when the child is gone, and not counted twice when it is waited for."""
    command = [sys.executable, "-c", PARENT, BURNS]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    meter = TreeMeter(parent.pid)
    assert parent.stdin is not None
    assert parent.stdout is not None
    until(lambda: meter.cpu_s >= 1.0)
    parent.stdin.write(b"x")  # which lets the child end
    assert parent.stdout.readline() == b"waited for\n"
    looks = len(meter.cpu)
    until(lambda: len(meter.cpu) > looks + 1)  # the second one began after that
    parent.communicate(b"\n")
    meter.stop()
    begin, end = meter.cpu[0][0], meter.cpu[-1][0]

    assert 1.0 <= meter.cpu_s < 1.8
    assert meter.cpu_between(begin, end) == pytest.approx(meter.cpu_s)
    assert meter.memory
