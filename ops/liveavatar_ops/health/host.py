"""
Measures whether our own machine kept up, so that a busy laptop is not taken for a sick avatar.

Witnesses: how late a ticker wakes in the loop that receives the frames, how long tasks of the whole machine
waited for a processor (Linux pressure stall information), how busy it was, how much of it a hypervisor gave
to others, and how often our own CPU quota was used up.
"""

import asyncio
import bisect
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from liveavatar_ops.health.facts import HostFacts, LagSpike
from liveavatar_ops.health.throttling import read_quota

TICK_S = 0.04  # about as often as frames come, which wake us anyway
LATE_S = 0.2  # a loop this late cannot time frames (video health facts C, "own host")
MOST_SPIKES = 200
BIN_EDGES_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 60.0)


@dataclass(frozen=True)
class CpuReading:
    """Seconds since boot or start: processor time of the machine, of this process, and time waited."""

    at_s: float
    busy_s: float | None
    total_s: float | None
    stolen_s: float | None
    waited_s: float | None
    own_s: float
    quota: tuple[int, int] | None = None
    """Periods of our CPU quota, and those in which it was used up; None without one."""


@dataclass(frozen=True)
class HostUse:
    """How the machine did between two readings; None where the system does not tell."""

    own_cores: float
    busy_share: float | None
    stolen_share: float | None
    waited_share: float | None
    throttled_share: float | None = None


def read_cpu(proc: Path = Path("/proc"), *, clock: Callable[[], float] = time.monotonic) -> CpuReading:
    """One reading; two of them make a HostUse."""
    own = time.process_time()
    busy = total = stolen = None
    ticks = os.sysconf("SC_CLK_TCK")
    try:
        words = (proc / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        times = [int(word) / ticks for word in words]
        total, stolen = sum(times), times[7]
        busy = total - times[3] - times[4]  # all but idle and waiting for disks
    except (OSError, ValueError, IndexError):
        pass
    return CpuReading(clock(), busy, total, stolen, _waited(proc), own, read_quota(proc))


def _waited(proc: Path) -> float | None:
    try:
        some = (proc / "pressure/cpu").read_text(encoding="ascii").split("\n", 1)[0]
        return int(some.rpartition("total=")[2]) / 1e6
    except (OSError, ValueError):
        return None


def between(first: CpuReading, last: CpuReading) -> HostUse:
    """What happened from one reading to the next."""
    wall = max(last.at_s - first.at_s, 1e-6)
    busy = stolen = None
    if first.total_s is not None and last.total_s is not None:
        total = max(last.total_s - first.total_s, 1e-6)
        busy = _difference(first.busy_s, last.busy_s, total)
        stolen = _difference(first.stolen_s, last.stolen_s, total)
    return HostUse(
        own_cores=(last.own_s - first.own_s) / wall,
        busy_share=busy,
        stolen_share=stolen,
        waited_share=_difference(first.waited_s, last.waited_s, wall),
        throttled_share=_throttled(first.quota, last.quota),
    )


def _throttled(first: tuple[int, int] | None, last: tuple[int, int] | None) -> float | None:
    if first is None or last is None:
        return None
    return _difference(first[1], last[1], max(last[0] - first[0], 1))


def _difference(first: float | None, last: float | None, over: float) -> float | None:
    if first is None or last is None:
        return None
    return min(max((last - first) / over, 0.0), 1.0)


@dataclass
class Lag:
    """How late the loop woke, in seconds. Lateness is counted in bins, so that a long watch stays small."""

    ticks: int = 0
    worst_s: float = 0.0
    spikes: list[tuple[float, float]] = field(default_factory=list)  # (at_s, how late)
    bins: list[int] = field(default_factory=lambda: [0] * len(BIN_EDGES_S))

    def woke(self, at_s: float, late_s: float) -> None:
        """Count one waking."""
        self.ticks += 1
        self.worst_s = max(self.worst_s, late_s)
        self.bins[min(bisect.bisect_left(BIN_EDGES_S, late_s), len(BIN_EDGES_S) - 1)] += 1
        if late_s > LATE_S and len(self.spikes) < MOST_SPIKES:
            self.spikes.append((at_s, late_s))

    def percentile_s(self, share: float) -> float:
        """The upper edge of the bin in which this share of the wakings is reached."""
        wanted, seen = share * self.ticks, 0
        for edge, count in zip(BIN_EDGES_S, self.bins, strict=True):
            seen += count
            if seen >= wanted:
                return min(edge, self.worst_s)
        return self.worst_s


async def watch_loop(lag: Lag, since_start: Callable[[], float]) -> None:
    """Tick until cancelled and note how late each tick came."""
    while True:
        due = since_start() + TICK_S
        await asyncio.sleep(TICK_S)
        now = since_start()
        lag.woke(now, max(now - due, 0.0))


def host_facts(lag: Lag, use: HostUse, *, backlog_max: int, frames_dropped: int) -> HostFacts:
    """All of it as the part of the facts that judge reads."""
    try:
        load = os.getloadavg()[0]
    except OSError:
        load = None
    return HostFacts(
        loop_lag_max_s=round(lag.worst_s, 4),
        loop_lag_p95_s=round(lag.percentile_s(0.95), 4),
        spikes=tuple(LagSpike(at_s=round(at_s, 3), lag_s=round(late_s, 3)) for at_s, late_s in lag.spikes),
        cpu_share=round(use.own_cores, 4),
        busy_share=use.busy_share,
        waited_share=use.waited_share,
        stolen_share=use.stolen_share,
        throttled_share=use.throttled_share,
        load=load,
        cores=os.cpu_count(),
        backlog_max=backlog_max,
        frames_dropped=frames_dropped,
    )
