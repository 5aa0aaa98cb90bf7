"""Keeps in the room's facts when our connection to the room was lost, and when it was back."""

from collections.abc import Callable
from typing import Any

from liveavatar_ops.health.facts import Reconnection


class Reconnections:
    """Writes `reconnects`, `reconnections` and `reconnecting_s`; what does not come back stays open."""

    def __init__(self, room: dict[str, Any], now_s: Callable[[], float]) -> None:
        self._room = room
        self._now_s = now_s

    @property
    def going_on(self) -> bool:
        """Whether the connection is lost right now."""
        return bool(self._kept) and self._kept[-1].until_s is None

    @property
    def _kept(self) -> tuple[Reconnection, ...]:
        kept: tuple[Reconnection, ...] = self._room.get("reconnections", ())
        return kept

    def begin(self) -> None:
        """The connection was lost; said again meanwhile, it is the same loss and one more attempt."""
        self._room["reconnects"] = self._room.get("reconnects", 0) + 1
        if not self.going_on:
            self._room["reconnections"] = (*self._kept, Reconnection(since_s=self._now_s()))

    def end(self) -> None:
        """The connection is back."""
        if not self.going_on:
            return
        *before, last = self._kept
        back = Reconnection(since_s=last.since_s, until_s=self._now_s())
        self._room["reconnections"] = (*before, back)
        spent_s = self._now_s() - last.since_s
        self._room["reconnecting_s"] = self._room.get("reconnecting_s", 0.0) + spent_s
