"""Keeps how long something lasted without a break."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spell:
    """A stretch of time in which a claim held."""

    start_s: float
    end_s: float
    label: str = ""

    @property
    def took_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s

    def shared_s(self, start_s: float, end_s: float) -> float:
        """How much of [start, end] it covers."""
        return max(min(self.end_s, end_s) - max(self.start_s, start_s), 0.0)


@dataclass
class Spells:
    """
    Stretches of time in which a claim about the picture held, judged at each frame.

    A spell lasts from its first frame to the frame that ends it. Frames further apart than `broken_by_s`
    prove nothing about the time between them: the spell ends at the earlier one.
    """

    broken_by_s: float
    least_s: float = 0.0
    label: str = ""
    done: list[Spell] = field(default_factory=list)
    _since: float | None = None
    _last: float | None = None

    def see(self, holds: bool, at_s: float) -> None:
        """One frame at `at_s`, and whether the claim holds for it."""
        if self._last is not None and at_s - self._last >= self.broken_by_s:
            self.end(self._last)
        if holds and self._since is None:
            self._since = at_s
        elif not holds:
            self.end(at_s)
        self._last = at_s

    def end(self, at_s: float) -> None:
        """Close the open spell, if there is one; short ones are forgotten."""
        if self._since is not None and at_s > self._since and at_s - self._since >= self.least_s:
            self.done.append(Spell(self._since, at_s, self.label))
        self._since = None

    def lasting_s(self, at_s: float) -> float:
        """How long the open spell has lasted by now; 0 where none is open."""
        return 0.0 if self._since is None else max(at_s - self._since, 0.0)

    def until(self, until_s: float) -> list[Spell]:
        """Every spell; the open one goes up to `until_s`, or to its last frame if that is long ago."""
        if self._since is None or self._last is None:
            return list(self.done)
        end_s = until_s if until_s - self._last < self.broken_by_s else self._last
        open_one = Spell(self._since, end_s, self.label)
        return [*self.done, *([open_one] if open_one.took_s >= max(self.least_s, 1e-9) else [])]


def longest(spells: Iterable[Spell]) -> Spell | None:
    """The spell that lasted longest."""
    return max(spells, key=lambda spell: spell.took_s, default=None)
