"""
What a process and everything it has started cost: CPU seconds and memory, by the kernel's books (Linux).

Memory is given three ways. `rss` adds up what each process maps, so that a library used by two counts
twice. `pss` shares such pages out, but also with strangers: a Python check beside a Python emulator looks
smaller than it is. `own` counts each page of the tree once, whoever else maps it: anonymous memory as PSS
has it, and of each mapping of a file the largest share that one process of the tree holds.
"""

import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.support.emulator import descendants

TICK = os.sysconf("SC_CLK_TCK")
CPU_EVERY_S = 0.2
MEMORY_EVERY_S = 1.0
MIB = 1024  # KiB


@dataclass(frozen=True)
class Memory:
    """MiB of a tree at one moment."""

    own: float
    pss: float
    rss: float
    processes: int


class TreeMeter:
    """
    Measures from its making to `stop`. Times are `time.time`, to fit what processes say of themselves.

    CPU of a process that ends counts up to its last sample, at most 0.2 s before.
    """

    def __init__(self, pid: int) -> None:
        self.cpu: list[tuple[float, float]] = [(time.time(), 0.0)]
        self.memory: list[tuple[float, Memory]] = []
        self._pid = pid
        self._seconds: dict[tuple[int, str], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The last sample; call it before the process is ended, or after it ended by itself."""
        self._over.set()
        self._thread.join()

    def cpu_between(self, begin: float, end: float) -> float:
        """CPU seconds between two moments, straight lines between samples."""
        return self._cpu_at(end) - self._cpu_at(begin)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the whole time."""
        return self.cpu[-1][1]

    def memory_between(self, begin: float, end: float) -> list[Memory]:
        """The samples in that time."""
        return [memory for at, memory in self.memory if begin <= at <= end]

    def _cpu_at(self, moment: float) -> float:
        before = self.cpu[0]
        for sample in self.cpu:
            if sample[0] >= moment:
                width = sample[0] - before[0]
                part = (moment - before[0]) / width if width > 0 else 0.0
                return before[1] + (sample[1] - before[1]) * max(part, 0.0)
            before = sample
        return before[1]

    def _run(self) -> None:
        memory_due = 0.0
        while True:
            last = self._over.wait(CPU_EVERY_S)
            pids = {self._pid} | descendants(self._pid)
            self._note_cpu(pids)
            if time.monotonic() >= memory_due:
                memory_due = time.monotonic() + MEMORY_EVERY_S
                self.memory.append((time.time(), memory_of(pids)))
            if last:
                return

    def _note_cpu(self, pids: set[int]) -> None:
        for pid in pids:
            try:
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            self._seconds[pid, words[19]] = (int(words[11]) + int(words[12])) / TICK  # by start time too
        self.cpu.append((time.time(), sum(self._seconds.values())))


def memory_of(pids: set[int]) -> Memory:
    """What these processes hold together."""
    anonymous = pss = rss = 0
    files: dict[str, int] = defaultdict(int)
    living = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps").read_text()
        except OSError:
            continue
        living += bool(text)
        for place, sizes in _mappings(text):
            pss += sizes["Pss"]
            rss += sizes["Rss"]
            # Pages of a file that were written to are anonymous and this process's own.
            anonymous += sizes["Anonymous"] if place else sizes["Pss"]
            if place:
                files[place] = max(files[place], sizes["Rss"] - sizes["Anonymous"])
    own = anonymous + sum(files.values())
    return Memory(round(own / MIB, 1), round(pss / MIB, 1), round(rss / MIB, 1), living)


def _mappings(text: str) -> list[tuple[str, dict[str, int]]]:
    """Each mapping: which part of which file (empty where there is none), and its sizes in KiB."""
    found: list[tuple[str, dict[str, int]]] = []
    for line in text.splitlines():
        words = line.split()
        if words[0].endswith(":"):
            name = words[0][:-1]
            if name in ("Rss", "Pss", "Anonymous"):
                found[-1][1][name] = int(words[1])
            continue
        begin, end = (int(side, 16) for side in words[0].split("-"))
        inode = words[4]
        place = f"{words[3]}/{inode}+{words[2]}:{end - begin}" if inode != "0" else ""
        found.append((place, {"Rss": 0, "Pss": 0, "Anonymous": 0}))
    return found
