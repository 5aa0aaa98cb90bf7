"""
Rewrites LiveKit's signalling so that media has one way only: through the relays.

Towards the user, the server's candidates become the relays' doors; towards the server, the user's candidates
are left out, so that the server never knocks at the user's own address and learns the relay's from what
arrives there. Messages that hold no candidate pass as they are, byte for byte.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from livekit.protocol.rtc import SignalRequest, SignalResponse

HERE = "127.0.0.1"
Address = tuple[str, int]

# A TCP candidate ranks below a UDP one by this much type preference (RFC 6544 §4.2; pion does the same).
_BELOW_UDP = 27 << 24
_FIELDS = 8  # candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE …


@dataclass(frozen=True)
class Doors:
    """The relays' ports on this machine; ``tcp`` is None where TCP is not offered."""

    udp: int
    tcp: int | None = None


class Rewriting:
    """Both directions of one user's signalling; ``found`` is told where the server takes media."""

    def __init__(self, doors: Doors, found: Callable[[Address], None]) -> None:
        self._doors = doors
        self._found = found

    def to_user(self, raw: bytes) -> list[bytes]:
        """What the user gets in place of one message of the server."""
        message = SignalResponse.FromString(raw)
        kind = message.WhichOneof("message")
        if kind in ("offer", "answer"):
            description = getattr(message, kind)
            description.sdp = self._described(description.sdp)
        elif kind == "trickle":
            return self._trickled(message)
        else:
            return [raw]
        return [message.SerializeToString()]

    def to_server(self, raw: bytes) -> list[bytes]:
        """What the server gets in place of one message of the user."""
        message = SignalRequest.FromString(raw)
        kind = message.WhichOneof("message")
        if kind == "trickle":
            return []
        if kind in ("offer", "answer"):
            description = getattr(message, kind)
            description.sdp = without_candidates(description.sdp)
            return [message.SerializeToString()]
        return [raw]

    def candidates(self, text: str) -> list[str]:
        """The doors that stand for one candidate of the server (``candidate:…``)."""
        words = text.split()
        if len(words) < _FIELDS or words[2].lower() != "udp":
            return []
        self._found((words[4], int(words[5])))
        udp = [*words[:4], HERE, str(self._doors.udp), *words[6:]]
        if self._doors.tcp is None:
            return [" ".join(udp)]
        rank = str(max(int(words[3]) - _BELOW_UDP, 1))
        tcp = [words[0] + "6", words[1], "tcp", rank, HERE, str(self._doors.tcp), "typ", words[7]]
        return [" ".join(udp), " ".join([*tcp, "tcptype", "passive", *words[8:]])]

    def _described(self, sdp: str) -> str:
        lines: list[str] = []
        for line in sdp.split("\r\n"):
            if line.startswith("a=candidate:"):
                lines += ["a=" + door for door in self.candidates(line.removeprefix("a="))]
            else:
                lines.append(line)
        return "\r\n".join(lines)

    def _trickled(self, message: SignalResponse) -> list[bytes]:
        init = json.loads(message.trickle.candidateInit)
        if not init.get("candidate"):  # the end of candidates
            return [message.SerializeToString()]
        doors, last = self.candidates(init["candidate"]), message.trickle.final
        found = []
        for door in doors:
            message.trickle.candidateInit = json.dumps({**init, "candidate": door})
            message.trickle.final = last and door == doors[-1]
            found.append(message.SerializeToString())
        return found


def without_candidates(sdp: str) -> str:
    """A session description that tells nothing of addresses."""
    return "\r\n".join(line for line in sdp.split("\r\n") if not line.startswith("a=candidate:"))
