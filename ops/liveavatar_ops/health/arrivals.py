"""
Counts the picture's packets while one watches, so that a gap can be laid at the right door.

An avatar that stalls sends nothing. Where packets kept arriving while we asked for missing ones, and the
media server had copies to send again, pictures were lost on the last stretch: between that server and us.
(LiveKit sends nothing again from a request for a key frame until there is one; far away that takes seconds.)
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from liveavatar_ops.health.facts import ArrivalSeries
from liveavatar_ops.health.receiver_stats import Row, rows_of

EVERY_S = 0.5
ANSWERS_WITHIN_S = 2.0


class Counted(Protocol):
    """A track of the LiveKit SDK, as far as this needs one."""

    async def get_stats(self) -> Iterable[Any]:
        """The receiver's statistics. Raises RuntimeError once the track is gone."""


class Arrivals:
    """What had arrived of the picture by when: `count` runs beside the watch, `series` is what it found."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._taken: list[tuple[float, int, int, int]] = []

    async def count(self, track: Callable[[], Counted | None]) -> None:
        """Ask the receiver twice a second, for ever; without an answer the check is no worse."""
        while True:
            seen = track()
            if seen is not None:
                with contextlib.suppress(TimeoutError, RuntimeError):
                    async with asyncio.timeout(ANSWERS_WITHIN_S):
                        self.take(rows_of(await seen.get_stats()), self._now_s())
            await asyncio.sleep(EVERY_S)

    def take(self, rows: Iterable[Row], at_s: float) -> None:
        """One reading of the receiver's statistics."""
        inbound: Any = next((message for kind, message in rows if kind == "inbound_rtp"), None)
        if inbound is not None:
            ours = inbound.inbound
            found = (inbound.received.packets_received, ours.nack_count, ours.retransmitted_packets_received)
            self._taken.append((round(at_s, 3), *found))

    def series(self) -> ArrivalSeries:
        """Everything counted so far."""
        if not self._taken:
            return ArrivalSeries()
        at_s, received, asked, again = zip(*self._taken, strict=True)
        return ArrivalSeries(at_s=at_s, received=received, asked_again=asked, sent_again=again)
