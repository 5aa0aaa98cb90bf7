"""Reads a paged list to its end (LiveAvatar API facts §2, pagination form P). Pure."""

from collections.abc import Callable
from typing import Any

from pulumi_liveavatar.api.errors import Unreadable

PAGE_SIZE = 100
MOST_PAGES = 1000
"""A hundred thousand objects: a list that is longer has no end, and nobody can cancel who reads it."""


def all_pages(path: str, page: Callable[[int], Any]) -> list[dict[str, Any]]:
    """
    Every result; `page` fetches the data of one page, counted from 1.

    Raises Unreadable where the end cannot be told: an object of an unread page would count as gone.
    """
    found: list[dict[str, Any]] = []
    before: list[Any] = []
    for number in range(1, MOST_PAGES + 1):
        data = page(number)
        results, count = _taken_apart(path, data)
        if results and results == before:
            raise _unreadable(path, f"Pages {number - 1} and {number} of its answer are the same")
        found += results
        if not results or (len(found) >= count and not data.get("next")):
            return found
        before = results
    raise _unreadable(path, f"Its answer has no end: more than {MOST_PAGES} pages")


def _taken_apart(path: str, data: Any) -> tuple[list[Any], int]:
    results, count = (data.get("results"), data.get("count")) if isinstance(data, dict) else (None, None)
    if not isinstance(results, list):
        raise _unreadable(path, "Its answer holds no results")
    if not isinstance(count, int) or isinstance(count, bool):
        raise _unreadable(path, "Its answer does not count them, so nobody knows whether these are all")
    return results, count


def _unreadable(path: str, why: str) -> Unreadable:
    return Unreadable(f"LiveAvatar did not list {path}", why=why)
