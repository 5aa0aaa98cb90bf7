"""Durations, shares and times of day, as a person writes them: `5m`, `10%`, `"02:30"`."""

import re
from datetime import time
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WEEK_S, YEAR_S, DECADE_S = 7 * 86400.0, 366 * 86400.0, 3660 * 86400.0
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def seconds(value: Any, *, longest_s: float = YEAR_S) -> float:
    """
    `90s`, `5m`, `1h30m`, `1d` in seconds; ValueError says how to write it. A bare number has no unit.

    Nothing lasts longer than `longest_s`: clocks, calendars and threads do not count any number of days.
    """
    text = value.strip().lower() if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise ValueError("should be a duration with its unit, such as 90s, 5m, 1h30m or 1d")
    total = sum(float(number) * UNITS[unit] for number, unit in _PART.findall(text))
    if total > longest_s:
        raise ValueError(f"should be at most {longest_s / 86400:g}d")
    return total


def share(value: Any) -> float:
    """`10%` as 0.1."""
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("should be a percentage such as 10%")
    return float(found.group(1)) / 100


def time_of_day(value: Any) -> time:
    """`"02:30"`; an unquoted 12:30 reaches us as 750, because YAML 1.1 reads it as a number to base 60."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError('should be a time of day such as "02:30"')
    return time(int(found.group(1)), int(found.group(2)))


def _unless_default(read: Any) -> Any:
    """Defaults are plain numbers already and are not validated; what is written must have its unit."""
    return BeforeValidator(read)


Duration = Annotated[float, _unless_default(seconds)]
WithinAWeek = Annotated[float, _unless_default(partial(seconds, longest_s=WEEK_S))]
WithinADecade = Annotated[float, _unless_default(partial(seconds, longest_s=DECADE_S))]
Share = Annotated[float, _unless_default(share)]
TimeOfDay = Annotated[time, _unless_default(time_of_day)]


def spoken(duration_s: float) -> str:
    """A duration as it would be written: 300 → `5m`, 5400 → `1h 30m`, 12.34 → `12 s`."""
    whole = round(duration_s)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min" + (f" {rest} s" if rest and minutes < 3 else "")
    if whole < 2 * 86400:
        hours, rest = divmod(round(whole / 60), 60)
        return f"{hours} h" + (f" {rest} min" if rest else "")
    return f"{whole / 86400:.0f} days"
