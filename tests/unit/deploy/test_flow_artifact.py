"""What a check leaves in Prefect's history: a key that Prefect takes, and no say in the flow's state."""

import asyncio
import re
from typing import Any

import pytest

from liveavatar_ops.flows.artifact import artifact_key, leave
from liveavatar_ops.flows.child import Result

RESULT = Result("Büro 1", "healthy", "none", "the avatar is alive")


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("desk", "health-desk"),
        ("prod/Front_Desk", "health-prod-front-desk"),
        ("Büro 1", "health-buro-1"),
        ("Bu\u0308ro 1", "health-buro-1"),
        ("Straße", "health-strasse"),
        ("① ﬁrst", "health-1-first"),
        ("東京 2", "health-2"),
        ("東京", "health-130016b2"),
        ("大阪", "health-6df97746"),
        ("///", "health-732c4e97"),
    ],
)
def test_a_key_holds_only_what_prefect_takes(target: str, key: str) -> None:
    """Accents are folded; a name that leaves nothing has a hash that is the same in every process."""
    assert artifact_key(target) == key
    assert re.fullmatch(r"[a-z0-9-]+", key)


def test_the_table_is_stored_under_the_key() -> None:
    """With the whole result, and its sentence as description."""
    stored: list[dict[str, Any]] = []
    said: list[str] = []

    async def store(**artifact: Any) -> None:
        stored.append(artifact)

    asyncio.run(leave(RESULT, store, said.append))

    assert stored == [
        {"key": "health-buro-1", "table": [RESULT.as_dict()], "description": "the avatar is alive"}
    ]
    assert said == []


def test_a_table_that_cannot_be_stored_is_one_line_in_the_log() -> None:
    """A healthy avatar stays healthy when the server is too busy to take the table."""
    said: list[str] = []

    async def store(**_: Any) -> None:
        raise RuntimeError("503 Service Unavailable")

    asyncio.run(leave(RESULT, store, said.append))

    assert said == ["Büro 1: the check's table could not be stored (RuntimeError: 503 Service Unavailable)"]


def test_a_flow_that_is_cancelled_meanwhile_is_cancelled() -> None:
    """That is no failure to store."""

    async def store(**_: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave(RESULT, store, print))
