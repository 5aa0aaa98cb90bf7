"""Lists that come in pages: whole, or refused."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pulumi_liveavatar.api.errors import Unreadable
from tests.unit.provider.conftest import Line, ok

Maker = Callable[..., Line]


def test_pages_are_read_to_the_end(line: Maker) -> None:
    """A hundred at a time; an empty page ends it even when the count is wrong."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        assert request.url.params["page_size"] == "100"
        rows = [{"id": n} for n in range(250)][(page - 1) * 100 : page * 100]
        return ok({"count": 999, "next": None, "results": rows})

    made = line(answer)

    assert [row["id"] for row in made.client.pages("/v1/contexts")] == list(range(250))


@pytest.mark.parametrize("count", [100, 150])
def test_a_next_page_is_read_whatever_is_counted(line: Maker, count: int) -> None:
    """Objects of a page that nobody read would count as gone."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        rows = [{"id": n} for n in range(150)][(page - 1) * 100 : page * 100]
        return ok({"count": count, "next": "/v1/contexts?page=2" if page == 1 else None, "results": rows})

    assert len(line(answer).client.pages("/v1/contexts")) == 150


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"items": []}, "holds no results"),
        ({"results": [{"id": "1"}]}, "does not count them"),
        ({"count": None, "results": [{"id": "1"}]}, "does not count them"),
        ({"count": "many", "results": [{"id": "1"}]}, "does not count them"),
        ({"count": float("inf"), "results": [{"id": "1"}]}, "does not count them"),
        ({"count": 10**9, "results": [{"id": "1"}]}, "Pages 1 and 2 of its answer are the same"),
    ],
)
def test_a_list_whose_end_cannot_be_told_is_unreadable(line: Maker, data: Any, why: str) -> None:
    """Better than a part of it, which would mean that the rest is gone."""
    reply = httpx.Response(200, text=json.dumps({"code": 1000, "data": data}))

    with pytest.raises(Unreadable, match=why):
        line([reply]).client.pages("/v1/contexts")


def test_a_list_without_end_is_given_up(line: Maker) -> None:
    """Each page brings something new, for ever."""

    def answer(request: httpx.Request) -> httpx.Response:
        return ok({"count": 10**9, "results": [{"id": request.url.params["page"]}]})

    with pytest.raises(Unreadable, match="more than 1000 pages"):
        line(answer).client.pages("/v1/contexts")
