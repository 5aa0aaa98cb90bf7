"""Tests of a limit in seconds, on a machine that may stand still for longer than that."""

from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

LIMITS_S = (2.0, 10.0, 60.0)


def first_that_counts(attempt: Callable[[float], Found | None]) -> Found:
    """
    What came of the first attempt that says something; each is given a longer limit.

    None is an attempt that the machine was too slow for: its limit passed before that was reached which is
    tested.
    """
    for limit_s in LIMITS_S:
        found = attempt(limit_s)
        if found is not None:
            return found
    raise AssertionError(f"not even an attempt of {LIMITS_S[-1]:.0f} s came as far as what is tested")
