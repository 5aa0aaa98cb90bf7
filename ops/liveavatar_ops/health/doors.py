"""Where a LiveKit server takes media: its ICE candidates and TURN addresses, read from what it says. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

By = Literal["UDP", "TCP", "TLS"]

_CANDIDATE = re.compile(
    r"candidate:\S+ \d+ (?P<by>udp|tcp) \d+ (?P<host>\S+) (?P<port>\d{1,5}) typ \S+(?P<rest>.*)",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"(?P<scheme>turns?):(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>\d{1,5}))?"
    r"(?:\?transport=(?P<by>udp|tcp))?",
    re.IGNORECASE,
)
_LAST_PORT = 65535


@dataclass(frozen=True)
class Door:
    """One address at which media can be taken; ``turn`` where a relay of the server's takes it."""

    host: str
    port: int
    by: By
    turn: bool = False

    @property
    def what(self) -> str:
        """How to call it."""
        if self.turn:
            return f"TURN over {self.by} at"
        return f"the server's {self.by} port"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def media_door(line: str) -> Door | None:
    """The door in an ICE candidate (RFC 8839 §5.1, TCP: RFC 6544 §4.5); None where one cannot knock there."""
    found = _CANDIDATE.match(line)
    if not found or not _is_address(found["host"]) or not 0 < int(found["port"]) <= _LAST_PORT:
        return None
    by: By = "UDP" if found["by"].lower() == "udp" else "TCP"
    if by == "TCP" and "tcptype passive" not in found["rest"].lower():
        return None  # an active one is where the server would come from
    return Door(found["host"], int(found["port"]), by)


def turn_door(url: str) -> Door | None:
    """The door in a TURN URL (RFC 7065); None for other ICE servers, such as STUN's."""
    found = _TURN.fullmatch(url)
    if not found:
        return None
    secure = found["scheme"].lower() == "turns"
    port = int(found["port"] or (5349 if secure else 3478))
    if not 0 < port <= _LAST_PORT:
        return None
    by: By = "TLS" if secure else "TCP" if (found["by"] or "").lower() == "tcp" else "UDP"
    return Door(found["host"].strip("[]"), port, by, turn=True)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False  # a name that only a browser's own network knows (mDNS)
    return True
