"""What was measured of the room: how it was joined, the moments in it, and how it ended. Part of `facts`."""

from typing import Literal

from liveavatar_ops.health.facts_media import Part

OwnNetwork = Literal["name", "route", "listener", "certificate", "proxy", "variable"]
"""Which part of our own way out stood in the way (see own_network.py)."""


class IcePath(Part):
    """The way media took, from the selected candidate pair."""

    protocol: Literal["udp", "tcp"] | None = None
    local_type: str | None = None
    remote_type: str | None = None
    relay_protocol: str | None = None
    round_trip_s: float | None = None


class RoomFailure(Part):
    """Why the room was not reached: signalling, its token, or the media path (ICE)."""

    kind: Literal["signalling", "token", "ice", "deadline"]
    sentence: str
    tcp_would_work: bool | None = None
    """After ICE: whether a TCP port that the server offers takes connections; None: not asked, not known."""
    own_network: OwnNetwork | None = None
    """As with a refusal."""


class Reconnection(Part):
    """A time in which our connection to the room was lost and being made anew."""

    since_s: float
    until_s: float | None = None
    """None: it had not come back when the watching or the room ended."""


class RoomFacts(Part):
    """The moments between asking to join and the last look, and how the room ended."""

    connect_started_s: float | None = None
    connected_s: float | None = None
    avatar_joined_s: float | None = None
    video_published_s: float | None = None
    video_subscribed_s: float | None = None
    audio_published_s: float | None = None
    audio_subscribed_s: float | None = None
    watched_until_s: float | None = None
    """When watching ended; the waits for what never came count up to here."""
    video_ended_s: float | None = None
    """When the avatar muted its video track or took it back, and did not show it again."""
    video_ended_by: Literal["muted", "unpublished"] | None = None
    avatar_left_s: float | None = None
    disconnected_s: float | None = None
    disconnect_reason: str | None = None
    """LiveKit's word, for example ROOM_DELETED; None after our own leaving."""
    reconnects: int = 0
    reconnecting_s: float = 0.0
    """Length of the reconnections that came to an end."""
    reconnections: tuple[Reconnection, ...] = ()
    participants: tuple[str, ...] = ()
    failure: RoomFailure | None = None
    path: IcePath | None = None

    @property
    def gone(self) -> bool:
        """Whether the avatar or the room went away while we were watching."""
        return self.avatar_left_s is not None or self.disconnected_s is not None

    @property
    def waited_until_s(self) -> float | None:
        """Up to when something could still come: the room's end, else the end of our watching."""
        return self.disconnected_s if self.disconnected_s is not None else self.watched_until_s
