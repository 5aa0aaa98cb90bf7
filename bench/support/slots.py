"""Judges a watch from what was seen of it: was a due slot missed, was anything checked twice? Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

HASTE_S = 1.0  # of two clocks read one after the other, and of a start that waits for a busy disk


@dataclass(frozen=True)
class Rules:
    """The schedule of a watch, in seconds; `look_s` is how often a watcher looks at what is due."""

    every_s: float
    jitter: float
    lease_s: float
    look_s: float

    def longest(self, killed_after_s: float | None = None) -> float:
        """
        Between the starts of two finished checks.

        Where a killed watcher left one unfinished in between: how long that one had run, which was no idle
        time, and then the lease's end at the latest.
        """
        late_s = self.look_s if killed_after_s is None else killed_after_s + self.lease_s
        return self.every_s * (1 + self.jitter) + late_s + HASTE_S

    def shortest(self) -> float:
        """Less than this, and both were made for the same slot."""
        return self.every_s * (1 - self.jitter) - HASTE_S


@dataclass(frozen=True)
class Span:
    """A check as the watchers noted it, or a session as the emulator saw it; seconds since 1970."""

    target: str
    name: str
    """Of a check: its token; of a session: its id."""
    began: float
    ended: float | None
    stage: str
    """Of a check: done, stopped, lost or running; of a session: its state."""
    verdict: str | None = None


@dataclass
class Killed:
    """The watcher that died, and what it was doing."""

    who: str
    at: float
    into_s: float
    tokens: list[int]
    left_alive: int = 0
    """Processes below it that did not follow it."""


@dataclass
class Seen:
    """Everything that is judged; `problems` are what the files and logs said beside."""

    rules: Rules
    watched_from: float
    told_to_stop_at: float
    killed: Killed
    expected: tuple[str, ...] = field(kw_only=True)
    """Every target of the configuration, checked or not."""
    checks: list[Span] = field(default_factory=list)
    sessions: list[Span] = field(default_factory=list)
    exit_code: int = -1
    seconds_to_stop: float = 0.0
    made_by: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def lost(self) -> set[str]:
        """Names of the checks that the killed watcher left behind."""
        return {str(token) for token in self.killed.tokens}

    def targets(self) -> list[str]:
        """Every target that was to be checked, and any other that was."""
        return sorted({*self.expected, *(check.target for check in self.checks)})


def of(target: str, spans: Iterable[Span]) -> list[Span]:
    """Those of one target, in order."""
    return sorted((span for span in spans if span.target == target), key=lambda span: span.began)


def gaps(seen: Seen, target: str) -> list[dict[str, Any]]:
    """
    From each finished check's start to the next one's.

    The first counts from the watch's beginning, the last is cut off by its end.
    """
    checks, lost = of(target, seen.checks), seen.lost()
    done = [check.began for check in checks if check.stage == "done"]
    found = []
    for before, after in pairwise([seen.watched_from, *done, seen.told_to_stop_at]):
        began = next((c.began for c in checks if c.name in lost and before <= c.began <= after), None)
        allowed = seen.rules.longest(None if began is None else seen.killed.at - began)
        gap = {"gap_s": round(after - before, 2), "allowed_s": round(allowed, 2), "struck": began is not None}
        found.append(gap)
    return found


def missed(seen: Seen) -> list[str]:
    """Gaps in which a slot was due that nobody served."""
    return [
        f"{target}: {gap['gap_s']} s without a check, {gap['allowed_s']:g} s at most"
        for target in seen.targets()
        for gap in gaps(seen, target)
        if gap["gap_s"] > gap["allowed_s"]
    ]


def doubled(seen: Seen) -> list[str]:
    """Two checks of one target in the same slot, where the first of them was not in vain."""
    return [
        f"{target}: checks {one.name} and {two.name} are {two.began - one.began:.1f} s apart"
        for target in seen.targets()
        for one, two in pairwise(of(target, seen.checks))
        if one.stage == "done" and two.began - one.began < seen.rules.shortest()
    ]


def overlapping(spans: Sequence[Span]) -> list[str]:
    """Two of one target at the same time."""
    found = []
    for target in sorted({span.target for span in spans}):
        latest: Span | None = None
        for span in of(target, spans):
            if latest is not None and (latest.ended is None or span.began < latest.ended):
                found.append(f"{target}: {span.name} began before {latest.name} had ended")
            if latest is None or (latest.ended is not None and (span.ended or span.began) > latest.ended):
                latest = span
    return found


def without_check(seen: Seen) -> list[str]:
    """Sessions that began while no check of their target ran, or one that had its session already."""
    found, free = [], sorted(seen.checks, key=lambda check: check.began)
    for session in sorted(seen.sessions, key=lambda session: session.began):
        owner = next((check for check in free if _may_own(check, session)), None)
        if owner is None:
            found.append(session.name)
        else:
            free.remove(owner)
    return found


def _may_own(check: Span, session: Span) -> bool:
    end = float("inf") if check.ended is None else check.ended
    return check.target == session.target and check.began - HASTE_S <= session.began <= end + HASTE_S


def taken_over_after_s(seen: Seen) -> list[float]:
    """From the kill to the next check of each target that was being checked; endless if there was none."""
    struck = {check.target for check in seen.checks if check.name in seen.lost()}
    later = [check for check in seen.checks if check.began > seen.killed.at]
    again = [next((c.began for c in of(target, later)), float("inf")) for target in sorted(struck)]
    return [round(moment - seen.killed.at, 2) for moment in again]


def judged(seen: Seen) -> dict[str, Any]:
    """What was wrong: each of these is nothing where all went well."""
    return {
        "missed": missed(seen),
        "taken_over_late": [s for s in taken_over_after_s(seen) if s > seen.rules.lease_s + HASTE_S],
        "doubled": doubled(seen),
        "checks_overlap": overlapping(seen.checks),
        "sessions_overlap": overlapping(seen.sessions),
        "sessions_without_check": without_check(seen),
        "open_sessions": [span.name for span in seen.sessions if span.ended is None],
        "left_alive": seen.killed.left_alive,
        "exit_code": seen.exit_code,
        "problems": seen.problems,
    }


def told(seen: Seen) -> dict[str, Any]:
    """What there is to tell of a run, well or not."""
    every = [gap for target in seen.targets() for gap in gaps(seen, target)]
    return {
        "checks": Counter(check.stage for check in seen.checks),
        "verdicts": Counter(check.verdict for check in seen.checks if check.verdict),
        "made_by": seen.made_by,
        "longest_gap_s": max((gap["gap_s"] for gap in every if not gap["struck"]), default=None),
        "longest_gap_at_kill_s": max((gap["gap_s"] for gap in every if gap["struck"]), default=None),
        "taken_over_after_s": taken_over_after_s(seen),
        "seconds_to_stop": seen.seconds_to_stop,
        "gaps": {target: gaps(seen, target) for target in seen.targets()},
    }
