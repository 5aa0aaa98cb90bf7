"""What was measured of picture, sound and talk: the media half of `facts`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from pulumi_liveavatar.text import clean


class Part(BaseModel):
    """
    A frozen piece of facts; unknown fields are refused so that a typo never loses a number.

    Whatever a server, a file or a participant called itself is made text here that every report can hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _text_can_be_written(cls, given: object) -> object:
        if isinstance(given, tuple | list) and given and type(given[0]) is str:
            return tuple(clean(each) if type(each) is str else each for each in given)
        return clean(given) if type(given) is str else given


class Span(Part):
    """Something that lasted, for marks on the sheet and bars on the timeline."""

    kind: Literal["frozen", "black", "one_colour", "gap", "speech", "prompt", "starved"]
    start_s: float
    end_s: float

    @property
    def took_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class ArrivalSeries(Part):
    """The picture's packets, counted twice a second: parallel lists, each a running sum."""

    at_s: tuple[float, ...] = ()
    received: tuple[int, ...] = ()
    asked_again: tuple[int, ...] = ()
    """How often we told the media server that packets were missing (NACK)."""
    sent_again: tuple[int, ...] = ()
    """Packets of which it had a copy and sent it."""


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
    """Of the sound, what the decoder made up to be heard; silence that it put in does not count."""
    concealed_silence_share: float | None = None
    """Of the sound, silence that the decoder put in: none was sent while nobody spoke, or none arrived."""
    sound_loss_share: float | None = None
    """As `loss_share`, of the sound's packets."""
    arrivals: ArrivalSeries = ArrivalSeries()


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
    broken_share: float = 0.0
    """Share of the speech lost in short holes with hard edges; the stops of p, t, k count too, up to 0.12."""
    series: LevelSeries = LevelSeries()


class LipFacts(Part):
    """How mouth and voice went together. Energies are mean motion of the mouth region, grey levels."""

    mouth_speaking: float | None = None
    mouth_silent: float | None = None
    mouth_noise: float | None = None
    """Motion of a region that does not take part, as a yardstick."""
    moving_share: float | None = None
    """Share of the speech in which a small area moved as a talking mouth does."""
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
    """Speech before the prompt, also of a turn that went on beyond its beginning."""
    after_prompt_speech_s: float = 0.0
    """Speech from the prompt's end to the end of listening, whoever it was for."""
    waited_s: float = 0.0
    """How long was listened after the prompt."""
    speak_started_event_s: float | None = None
    speak_ended_event_s: float | None = None
    user_heard_event_s: float | None = None
    """When the service said that it heard us (user.speak_started or user.transcription)."""
    mouth_moving_s: float = 0.0
    """Time with a moving mouth after the prompt, heard or not."""
    lips: LipFacts = LipFacts()

    @property
    def talked_on_s(self) -> float:
        """How long a turn that began before the prompt's end was heard after it, where no answer came."""
        return 0.0 if self.answer_started_s is not None else self.after_prompt_speech_s


class Unasked(Part):
    """Why there was no conversation though one was wanted: nothing was asked, or not listened to its end."""

    kind: Literal["microphone_refused", "microphone_unanswered", "session_over"]
    why: str
