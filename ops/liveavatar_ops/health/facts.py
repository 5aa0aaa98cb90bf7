"""What a check measured, in numbers and moments: all that judge, reports and evidence ever look at.

Every moment (`…_s` without "took", "longest" and the like) counts in seconds from t0, the moment the first
API call of the check was made. None means: did not happen, or was not looked at at this depth.
Facts hold no token and no key; what a server said is scrubbed by whoever writes it here.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from liveavatar_ops.health.facts_media import (
    ArrivalSeries,
    AudioFacts,
    ConversationFacts,
    FrameSeries,
    LevelSeries,
    LipFacts,
    NetworkFacts,
    Part,
    SizeChange,
    Span,
    Unasked,
    VideoFacts,
)
from liveavatar_ops.health.facts_room import IcePath, OwnNetwork, Reconnection, RoomFacts, RoomFailure

__all__ = [
    "NO_CREDITS",
    "SESSION_STOPPED",
    "ApiStep",
    "ArrivalSeries",
    "AudioFacts",
    "ConversationFacts",
    "CreditFacts",
    "Depth",
    "EventFact",
    "Facts",
    "FrameSeries",
    "HostFacts",
    "IcePath",
    "LagSpike",
    "LevelSeries",
    "LipFacts",
    "NetworkFacts",
    "OwnNetwork",
    "Part",
    "Reconnection",
    "Refusal",
    "RoomFacts",
    "RoomFailure",
    "SizeChange",
    "Span",
    "StopFacts",
    "TargetFacts",
    "Unasked",
    "VideoFacts",
]


class Depth(StrEnum):
    """How far a check goes; each includes the one before."""

    API = "api"
    SESSION = "session"
    VIDEO = "video"
    CONVERSATION = "conversation"

    def includes(self, other: "Depth") -> bool:
        """Whether a check of this depth also does what `other` does."""
        order = list(Depth)
        return order.index(self) >= order.index(other)


class TargetFacts(Part):
    """What was checked. `width` and `height` are what was asked for, None where nothing was."""

    name: str
    depth: Depth
    stack: str | None = None
    template: str | None = None
    digest: str | None = None
    avatar_id: str | None = None
    mode: Literal["LITE", "FULL"] | None = None
    connector: str | None = None
    """The agent behind the avatar, for example `openai_realtime`."""
    width: int | None = None
    height: int | None = None
    sandbox: bool = False
    max_session_duration_s: int | None = None
    """The least of what the template asks for, what the sandbox allows and what the start answered."""
    speaks_first: bool = False
    """Whether the context gives an opening text, so that the avatar greets unasked."""


class ApiStep(Part):
    """One API call. Names in use: credits, avatar, context, secret, voice, token, start, stop."""

    name: str
    started_s: float
    took_s: float
    ok: bool
    status: int | None = None
    code: int | None = None


NO_CREDITS = "NO_CREDITS"
SESSION_STOPPED = "session.stopped"
"""The event by which the service says that a session is over (LiveAvatar API facts §3.4)."""


class Refusal(Part):
    """The step that ended the check early. `error` is the class name of the API client's error tree."""

    step: str
    error: str
    sentence: str
    """What did not happen, why, and what to do: the error's own text, scrubbed."""
    status: int | None = None
    code: int | None = None
    """LiveAvatar's application code, for example 4003 (concurrency) or 4033 (credits)."""
    retry_after_s: float | None = None
    own_network: OwnNetwork | None = None
    """None where our own network had no part in it, or none that is known."""


class EventFact(Part):
    """One data-channel event, as claimed by the service. No transcript text is kept."""

    at_s: float
    type: str
    topic: str | None = None
    sender: str | None = None
    detail: str | None = None
    """A state or a stop reason; never what was said."""


class LagSpike(Part):
    """A moment when our own event loop woke late."""

    at_s: float
    lag_s: float


class HostFacts(Part):
    """Whether our own machine kept up: without this a busy laptop would look like a sick avatar."""

    loop_lag_max_s: float = 0.0
    loop_lag_p95_s: float = 0.0
    spikes: tuple[LagSpike, ...] = ()
    cpu_share: float | None = None
    """CPU of the check itself, in cores."""
    busy_share: float | None = None
    """CPU of the whole machine while watching, 0 to 1."""
    waited_share: float | None = None
    """Share of the watch in which some task of the machine waited for a CPU (Linux pressure stall)."""
    stolen_share: float | None = None
    """Share of CPU time that a hypervisor gave to others."""
    throttled_share: float | None = None
    """Share of the periods of our CPU quota in which it was used up (cgroup); None without a quota."""
    load: float | None = None
    """One-minute load average."""
    cores: int | None = None
    backlog_max: int = 0
    """Most frames that waited for analysis."""
    frames_dropped: int = 0
    """Frames dropped on our side before anyone looked at them."""


class StopFacts(Part):
    """Whether the LiveAvatar session that was started was also ended; one that is not, bills."""

    needed: bool = False
    stopped: bool = False
    by: Literal["check", "parent", "janitor", "vendor"] | None = None
    took_s: float | None = None
    """How long LiveAvatar took over it: stop calls until the first that was heard, without pauses of ours."""
    sentence: str | None = None
    """What is open, why it could not be stopped and what to type: said as it stands here."""
    unheard: bool = False
    """Whether a stop call of ours was not answered at all, be it that a later one was."""


class CreditFacts(Part):
    """
    What the check cost: `estimate`, by the price list. `before` and `after` are the account's own, which
    customers and top-ups move too and a late bill moves afterwards, so their difference is nobody's cost.
    """

    before: Decimal | None = None
    after: Decimal | None = None
    estimate: Decimal | None = None
    minute: Decimal | None = None
    """What one minute of such a session costs by the price list; 0 in the sandbox."""

    @property
    def short(self) -> bool:
        """Whether the account has less than one minute's worth, which a start needs (facts §4)."""
        return self.before is not None and self.minute is not None and self.before < self.minute


class Facts(Part):
    """One check, as measured. Parts that the depth does not reach stay at their defaults (or None)."""

    target: TargetFacts
    started_at: datetime
    session_id: str | None = None
    finished_s: float = 0.0
    steps: tuple[ApiStep, ...] = ()
    refusal: Refusal | None = None
    room: RoomFacts = RoomFacts()
    video: VideoFacts = VideoFacts()
    audio: AudioFacts = AudioFacts()
    conversation: ConversationFacts | None = None
    unasked: Unasked | None = None
    events: tuple[EventFact, ...] = ()
    network: NetworkFacts = NetworkFacts()
    host: HostFacts = HostFacts()
    stop: StopFacts = StopFacts()
    credits: CreditFacts = CreditFacts()
    probe_failure: str | None = None
    """Why the probe itself ended without finishing (killed, crashed, deadline); never the avatar's fault."""
    notes: tuple[str, ...] = Field(default=())

    @property
    def stopped(self) -> EventFact | None:
        """The service's word that it ended the session while we watched."""
        return next((event for event in self.events if event.type == SESSION_STOPPED), None)

    @property
    def out_of_credits(self) -> bool:
        """Whether the session ended because the account had none left (end reason NO_CREDITS, facts §4)."""
        return self.stopped is not None and self.stopped.detail == NO_CREDITS

    @property
    def unheard(self) -> bool:
        """Whether the service told what happened in the room, but not that it heard our question."""
        talk = self.conversation
        return talk is not None and talk.user_heard_event_s is None and bool(self.events)

    def step(self, name: str) -> ApiStep | None:
        """The last step of this name, if it was made."""
        return next((step for step in reversed(self.steps) if step.name == name), None)
