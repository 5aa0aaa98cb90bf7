"""What a check measured, in numbers and moments: all that judge, reports and evidence ever look at.

Every moment (`…_s` without "took", "longest" and the like) counts in seconds from t0, the moment the first
API call of the check was made. None means: did not happen, or was not looked at at this depth.
Facts hold no token and no key; what a server said is scrubbed by whoever writes it here.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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


class Part(BaseModel):
    """A frozen piece of facts; unknown fields are refused so that a typo never loses a number."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(Part):
    """Something that lasted, for marks on the sheet and bars on the timeline."""

    kind: Literal["frozen", "black", "one_colour", "gap", "speech", "prompt", "starved"]
    start_s: float
    end_s: float

    @property
    def took_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class TargetFacts(Part):
    """What was checked. `width`, `height`, `fps` are what was asked for, None where nothing was."""

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
    fps: float | None = None
    sandbox: bool = False
    max_session_duration_s: int | None = None
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
    """None where the second attempt over TCP was not made."""


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
    avatar_left_s: float | None = None
    disconnected_s: float | None = None
    disconnect_reason: str | None = None
    """LiveKit's word, for example ROOM_DELETED; None after our own leaving."""
    reconnects: int = 0
    reconnecting_s: float = 0.0
    participants: tuple[str, ...] = ()
    failure: RoomFailure | None = None
    path: IcePath | None = None


class NetworkFacts(Part):
    """Selected receiver statistics; freeze and pause durations are absent because the SDK reports 0."""

    loss_share: float | None = None
    jitter_s: float | None = None
    bitrate_bps: float | None = None
    codec: str | None = None
    decoder: str | None = None
    frames_decoded: int | None = None
    frames_dropped: int | None = None
    nack_count: int | None = None
    pli_count: int | None = None
    qp_mean: float | None = None
    concealed_share: float | None = None


class FrameSeries(Part):
    """One number a frame (or a bin, `step_s` > 0), rounded, for the timeline: parallel lists."""

    at_s: tuple[float, ...] = ()
    luma: tuple[float, ...] = ()
    """Mean luma, 0 to 255."""
    motion: tuple[float, ...] = ()
    """Largest block change against the frame before, in grey levels."""


class SizeChange(Part):
    """The picture had this size from this moment on."""

    at_s: float
    width: int
    height: int


class VideoFacts(Part):
    """What the frames showed. Shares are of frames (or time) after the warm-up, 0 to 1."""

    frames: int = 0
    first_frame_s: float | None = None
    last_frame_s: float | None = None
    watched_until_s: float = 0.0
    window_s: float = 0.0
    """Length of the judged window: end of warm-up to the end of watching."""
    fps: float | None = None
    """Plain frames over time."""
    fps_eff: float | None = None
    """Harmonic rate 1/(ΣD²/ΣD): long gaps weigh as they are felt (W3C webrtc-stats sums)."""
    fps_first_third: float | None = None
    fps_last_third: float | None = None
    longest_gap_s: float = 0.0
    """Includes the wait after the last frame."""
    longest_gap_at_s: float | None = None
    open_gap_s: float = 0.0
    """The wait after the last frame alone."""
    freeze_count: int = 0
    freeze_s: float = 0.0
    freeze_ratio: float = 0.0
    """Share of the window spent in gaps ≥ max(3·avg30, avg30 + 150 ms), W3C webrtc-stats."""
    frozen_s: float = 0.0
    """Longest time the content stood still while frames kept coming."""
    frozen_at_s: float | None = None
    frozen_while_speaking_s: float = 0.0
    frozen_kind: Literal["exact", "nearly", "small_area"] | None = None
    """exact: the same picture; nearly: codec noise over it; small_area: only a logo or a clock moved."""
    frozen_total_s: float = 0.0
    black_s: float = 0.0
    """Longest black spell."""
    black_share: float = 0.0
    one_colour_s: float = 0.0
    one_colour_share: float = 0.0
    dark_share: float = 0.0
    """Frames mostly below the black level that still show detail: low light, not a fault."""
    scene_cuts: int = 0
    luma_mean: float | None = None
    contrast: float | None = None
    """Median standard deviation of luma."""
    width: int | None = None
    """The size that most frames had."""
    height: int | None = None
    smallest_width: int | None = None
    smallest_height: int | None = None
    sizes: tuple[SizeChange, ...] = ()
    analysed_share: float = 1.0
    """Frames whose content was looked at; timing covers all of them."""
    spans: tuple[Span, ...] = ()
    series: FrameSeries = FrameSeries()


class LevelSeries(Part):
    """Loudness for the timeline, one value a bin: parallel lists."""

    at_s: tuple[float, ...] = ()
    dbfs: tuple[float, ...] = ()


class AudioFacts(Part):
    """What the avatar's sound track carried. Frames that arrive are not speech: see `speech_s`."""

    frames: int = 0
    heard_s: float = 0.0
    """Length of sound received, silence included."""
    first_frame_s: float | None = None
    first_audible_s: float | None = None
    """Start of the first stretch above the floor that lasted."""
    speech_s: float = 0.0
    speech: tuple[Span, ...] = ()
    level_dbfs: float | None = None
    """RMS over speech."""
    peak_dbfs: float | None = None
    floor_dbfs: float | None = None
    clipped_share: float = 0.0
    """Samples at full scale, as a share of the samples in speech."""
    series: LevelSeries = LevelSeries()


class LipFacts(Part):
    """How mouth and voice went together. Energies are mean motion of the mouth region, grey levels."""

    mouth_speaking: float | None = None
    mouth_silent: float | None = None
    mouth_noise: float | None = None
    """Motion of a region that does not take part, as a yardstick."""
    correlation: float | None = None
    """Largest |r| of mouth series against loudness over ±400 ms."""
    offset_s: float | None = None
    """Positive: the sound comes before the picture (ITU-R BT.1359 sign)."""
    speech_s: float = 0.0
    """Length of speech that went into the numbers."""


class ConversationFacts(Part):
    """One spoken prompt and what came back (depth conversation)."""

    prompt_started_s: float | None = None
    prompt_ended_s: float | None = None
    answer_started_s: float | None = None
    answer_latency_s: float | None = None
    answer_speech_s: float = 0.0
    greeting_speech_s: float = 0.0
    waited_s: float = 0.0
    """How long was listened after the prompt."""
    speak_started_event_s: float | None = None
    speak_ended_event_s: float | None = None
    user_heard_event_s: float | None = None
    """When the service said that it heard us (user.speak_started or user.transcription)."""
    mouth_moving_s: float = 0.0
    """Time with a moving mouth after the prompt, heard or not."""
    lips: LipFacts = LipFacts()


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
    sentence: str | None = None
    """Why it could not be stopped."""


class CreditFacts(Part):
    """What the check cost. `estimate` is by the price list, before and after are the account's own."""

    before: Decimal | None = None
    after: Decimal | None = None
    estimate: Decimal | None = None

    @property
    def spent(self) -> Decimal | None:
        """Difference of the account's balance; others on the account may have spent too."""
        return None if self.before is None or self.after is None else self.before - self.after


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
    events: tuple[EventFact, ...] = ()
    network: NetworkFacts = NetworkFacts()
    host: HostFacts = HostFacts()
    stop: StopFacts = StopFacts()
    credits: CreditFacts = CreditFacts()
    probe_failure: str | None = None
    """Why the probe itself ended without finishing (killed, crashed, deadline); never the avatar's fault."""
    notes: tuple[str, ...] = Field(default=())

    def step(self, name: str) -> ApiStep | None:
        """The last step of this name, if it was made."""
        return next((step for step in reversed(self.steps) if step.name == name), None)
