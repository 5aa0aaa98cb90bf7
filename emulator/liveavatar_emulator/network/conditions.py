"""What a network fault means for each datagram; knows no sockets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from liveavatar_emulator.faults import Fault

NETWORK_FAULTS = ("poor_network", "udp_blocked", "media_blocked")
LONGEST_QUEUE_S = 0.3
"""What a home router holds back at its slowest link before it drops."""

Tcp = Literal["not offered", "works", "refused", "deaf"]
"""``deaf``: it takes connections and carries nothing."""


@dataclass(frozen=True)
class Weather:
    """
    How datagrams fare, each way on its own.

    ``loss`` is a share (0 to 1), ``rate_bps`` 0 for no limit. Datagrams never overtake each other: delay
    varies because queues do, and a queue keeps the order.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate_bps: float = 0.0


CLEAR = Weather()


@dataclass(frozen=True)
class Conditions:
    """The weather of a path over UDP, when it sets in (seconds from the session's start), and its TCP."""

    weather: Weather = CLEAR
    after_s: float = 0.0
    tcp: Tcp = "not offered"


def conditions(faults: Iterable[Fault]) -> Conditions | None:
    """What these faults make of a session's network, the worst of them; None without a network fault."""
    by_name = {fault.name: fault for fault in faults if fault.name in NETWORK_FAULTS}
    found: Conditions | None = None
    if poor := by_name.get("poor_network"):
        found = Conditions(_weather(poor), poor.number("after_s"))
    if shut := by_name.get("udp_blocked"):
        tcp: Tcp = "works" if shut.number("tcp") else "not offered"
        found = Conditions(Weather(loss=1.0), shut.number("after_s"), tcp)
    if shut := by_name.get("media_blocked"):
        tcp = "deaf" if shut.number("tcp") else "refused"
        found = Conditions(Weather(loss=1.0), shut.number("after_s"), tcp)
    return found


def _weather(fault: Fault) -> Weather:
    return Weather(
        loss=fault.number("loss"),
        delay_s=fault.number("delay_s"),
        jitter_s=fault.number("jitter_s"),
        rate_bps=fault.number("rate_kbps") * 1000,
    )


@dataclass
class Lane:
    """
    One direction of a path: says when a datagram comes out, or that it never does.

    ``dice`` gives numbers from 0 to 1 (1 excluded).
    """

    dice: Callable[[], float]
    weather: Weather = CLEAR
    _free_at: float = field(default=0.0, init=False)
    _last_out: float = field(default=0.0, init=False)

    def out_at(self, now: float, size: int) -> float | None:
        """When the datagram of ``size`` bytes that comes in ``now`` comes out; None if it is lost."""
        weather = self.weather
        if self.dice() < weather.loss:
            return None
        sent = now
        if weather.rate_bps:
            sent = max(now, self._free_at)
            if sent - now > LONGEST_QUEUE_S:
                return None
            sent = self._free_at = sent + size * 8 / weather.rate_bps
        swing = weather.jitter_s * (2 * self.dice() - 1) if weather.jitter_s else 0.0
        self._last_out = max(self._last_out, sent + max(weather.delay_s + swing, 0.0))
        return self._last_out


def cleared(given: Conditions) -> Conditions:
    """The same path in fine weather."""
    return replace(given, weather=CLEAR, after_s=0.0)
