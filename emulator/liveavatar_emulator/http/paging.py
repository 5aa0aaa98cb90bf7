"""Pagination form P (LiveAvatar API facts §2)."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request

T = TypeVar("T")


class Page:
    """The page that a call asked for."""

    def __init__(
        self,
        request: Request,
        page: Annotated[int, Query(ge=1)] = 1,
        page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> None:
        self._url = request.url
        self._page = page
        self._size = page_size

    def of(self, rows: Sequence[T], view: Callable[[T], object]) -> dict[str, object]:
        """``{count, next, previous, results}`` for this page of the rows."""
        first = (self._page - 1) * self._size
        last = first + self._size
        return {
            "count": len(rows),
            "next": self._link(self._page + 1) if last < len(rows) else None,
            "previous": self._link(self._page - 1) if self._page > 1 else None,
            "results": [view(row) for row in rows[first:last]],
        }

    def _link(self, page: int) -> str:
        return str(self._url.include_query_params(page=page, page_size=self._size))


Paged = Annotated[Page, Depends()]
