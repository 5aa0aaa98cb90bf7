"""
Who holds which remote object during one engine run: kept in the provider's memory, never in the state.

LiveAvatar has no idempotency keys, so `create` takes over what carries its own deterministic name. Two things
can then go wrong within one run, and Pulumi shows the provider neither: two resources that ask for the same
name, and a replacement whose new half took over the very object that its old half is about to delete.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from pulumi_liveavatar.api.errors import Invalid


class Claims:
    """Thread-safe: the provider host creates four resources at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ids: dict[str, str | None] = {}

    @contextmanager
    def on(self, name: str) -> Iterator["Claim"]:
        """Hold a name while its object is made; let go of it when that fails."""
        with self._lock:
            if name in self._ids:
                raise Invalid(
                    f"{name!r} was not made a second time",
                    why="Two resources of this program ask LiveAvatar for the same name",
                    next_step="Give one of them another `name`",
                )
            self._ids[name] = None
        try:
            yield Claim(self, name)
        except BaseException:
            with self._lock:
                self._ids.pop(name, None)
            raise

    def hold(self, name: str, object_id: str) -> None:
        with self._lock:
            self._ids[name] = object_id

    def is_held(self, object_id: str) -> bool:
        """Whether a resource made in this run owns that object now."""
        with self._lock:
            return object_id in self._ids.values()


class Claim:
    """One name, while its object is being made."""

    def __init__(self, claims: Claims, name: str) -> None:
        self._claims, self._name = claims, name

    def holds(self, object_id: str) -> None:
        self._claims.hold(self._name, object_id)
