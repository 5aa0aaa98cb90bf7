"""Maintenance windows, pure: is a moment inside one, and when does it end? Times are seconds since 1970."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from liveavatar_ops.schedule.config import DAYS, OneOff, Weekly

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""Whatever ends later never does: with that year calendars end, in some time zones before it is over."""

LONGEST_DAYS = 8  # a weekly window lasts at most seven days, and a day has up to 25 hours


@dataclass(frozen=True)
class Span:
    """One concrete window: half-open, begin included."""

    begin: float
    end: float
    mode: Literal["pause", "mute"]


def open_windows(windows: Iterable[Weekly | OneOff], now: float, *, target: str, zone: str) -> list[Span]:
    """Every window that this target is in at `now`."""
    return [
        span
        for window in windows
        if not window.targets or target in window.targets
        for span in _spans(window, now, zone)
        if span.begin <= now < span.end
    ]


def paused_until(windows: Sequence[Weekly | OneOff], now: float, *, target: str, zone: str) -> float | None:
    """When checking may go on, None where it is not paused. Windows that touch count as one."""
    until: float | None = None
    while True:
        at_last = now if until is None else until
        spans = [s for s in open_windows(windows, at_last, target=target, zone=zone) if s.mode == "pause"]
        if not spans or (until is not None and until - now > 366 * 86400):
            return until
        until = max(span.end for span in spans)


def always_paused(windows: Iterable[Weekly | OneOff], now: float, *, target: str, zone: str) -> bool:
    """Whether the weekly windows leave no time between them; an hour when clocks change does not count."""
    weekly = [window for window in windows if isinstance(window, Weekly)]
    for begin in (now, now + 14 * 86400):  # one of them is far from a change of the clocks
        until = paused_until(weekly, begin, target=target, zone=zone)
        if until is not None and until - begin > LONGEST_DAYS * 86400:
            return True
    return False


def last_pause_end(windows: Sequence[Weekly | OneOff], now: float, *, target: str, zone: str) -> float | None:
    """The latest end of a pause that is over, within the last week or so; None where there was none."""
    ends = [
        span.end
        for window in windows
        if not window.targets or target in window.targets
        for span in _spans(window, now, zone)
        if span.mode == "pause" and span.end <= now
    ]
    return max(ends, default=None)


def muted(windows: Sequence[Weekly | OneOff], now: float, *, target: str, zone: str) -> bool:
    """Whether a change of state is kept to ourselves for now; a pause mutes, too."""
    return bool(open_windows(windows, now, target=target, zone=zone))


def day_of(moment: float, zone: str) -> date:
    """The local date, which is what a daily budget and a daily check go by."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).date()


def day_begin(moment: float, zone: str) -> float:
    """The last midnight, local."""
    return at(day_of(moment, zone), 0, zone)


def next_day_begin(moment: float, zone: str) -> float:
    """The next midnight, local; a day with a change of the clocks has 23 or 25 hours."""
    return at(day_of(moment, zone) + timedelta(days=1), 0, zone)


def at(day: date, minute: int, zone: str) -> float:
    """A local time of day; one that the clocks jump over counts from before the jump (so it comes later)."""
    hours, minutes = divmod(minute, 60)
    return datetime(day.year, day.month, day.day, hours, minutes, tzinfo=ZoneInfo(zone)).timestamp()


def moment(when: datetime, zone: str) -> float:
    """One that was written down, without an offset in local time; FOR_EVER at most."""
    there = when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))
    return min(there.timestamp(), FOR_EVER)


def _spans(window: Weekly | OneOff, now: float, zone: str) -> Iterator[Span]:
    own = window.time_zone or zone
    if isinstance(window, OneOff):
        yield Span(moment(window.begins, own), moment(window.ends, own), window.mode)
        return
    today = day_of(now, own)
    for back in range(-1, LONGEST_DAYS + 1):
        day = today - timedelta(days=back)
        if DAYS[day.weekday()] in window.days:
            begin = at(day, window.begins.hour * 60 + window.begins.minute, own)
            yield Span(begin, begin + window.lasts, window.mode)
