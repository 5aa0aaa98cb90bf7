"""
What a check leaves in Prefect's history: one table, under a key made of its target's name.

Standard library only: how it is stored comes in as an argument. See the package.
"""

import hashlib
import unicodedata
from collections.abc import Awaitable, Callable
from string import ascii_lowercase, digits
from typing import Any

from liveavatar_ops.flows.child import Result

ALLOWED = ascii_lowercase + digits
"""Beside dashes, all that Prefect takes in a key."""
HASH_LENGTH = 8


async def leave(result: Result, store: Callable[..., Awaitable[Any]], log: Callable[[str], Any]) -> None:
    """Store the table; if that fails, say so and go on: the history does not decide about the avatar."""
    try:
        await store(key=artifact_key(result.target), table=[result.as_dict()], description=result.sentence)
    except Exception as why:  # noqa: BLE001 - whatever it is, the check has its result
        log(f"{result.target}: the check's table could not be stored ({type(why).__name__}: {why})")


def artifact_key(target: str) -> str:
    """`Büro 1` → `health-buro-1`; a name that leaves nothing gets a hash, the same one every time."""
    plain = unicodedata.normalize("NFKD", target).casefold()
    kept = "".join(c if c in ALLOWED else "-" for c in plain if not unicodedata.combining(c)).strip("-")
    return f"health-{kept or hashlib.sha256(target.encode()).hexdigest()[:HASH_LENGTH]}"
