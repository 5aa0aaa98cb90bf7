"""Every threshold of a check in one typed place: default, unit, reason and source.

A pair `<measure>_degraded_<unit>` / `<measure>_unhealthy_<unit>` draws the two lines of one measure. A
template's `health:` block and `--limit name=value` override single limits; `liveavatar-ops health explain`
prints them all. The defaults were found on synthetic pictures and in vendors' published rules: calibrate them
on your own good sessions.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError


def _limit(default: float | bool, unit: str, reason: str, source: str, *, most: float | None = None) -> Any:
    """One limit: a pydantic field that also carries what `explain` prints."""
    extra: dict[str, Any] = {"unit": unit, "reason": reason, "source": source}
    if isinstance(default, bool):
        return Field(default, description=reason, json_schema_extra=extra)
    top = 1.0 if unit == "share" and most is None else most
    least = None if unit == "dBFS" else 0.0
    return Field(default, description=reason, ge=least, le=top, allow_inf_nan=False, json_schema_extra=extra)


_OWN = "our own starting point"
_SEEN = "measured on synthetic pictures, through H.264 and VP8"
_W3C = "W3C webrtc-stats"
_BT1359 = "ITU-R BT.1359"
_AGORA = "Agora analytics: video freeze over 500 ms"
_FFMPEG = "FFmpeg blackdetect"


class Limits(BaseModel):
    """All limits of one check. Frozen: what a verdict was judged by never changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # How the check looks.
    connect_deadline_s: float = _limit(15, "s", "we give up joining the room", "SDK time-outs run to 20 s")
    avatar_deadline_s: float = _limit(
        20, "s", "we give up waiting for the avatar", "5 s past join_unhealthy_s"
    )
    video_deadline_s: float = _limit(10, "s", "we give up waiting for a frame once the avatar is there", _OWN)
    warm_up_s: float = _limit(2, "s", "start of the picture that rates do not count", "encoders ramp up")
    watch_s: float = _limit(10, "s", "how long the picture is watched after its first frame", _OWN)
    watch_longer_s: float = _limit(
        12,
        "s",
        "how much longer a picture that seems to stand still is watched before it is called frozen",
        _SEEN,
    )
    answer_deadline_s: float = _limit(
        12, "s", "how long an answer is waited for", "4 s past answer_unhealthy_s"
    )

    # Getting there.
    api_start_degraded_s: float = _limit(3, "s", "the start call takes long", _OWN)
    api_start_unhealthy_s: float = _limit(10, "s", "nobody waits this long for a start", _OWN)
    connect_degraded_s: float = _limit(
        2, "s", "joining the room takes long", "livekit/livekit#3144: about 1 s"
    )
    connect_unhealthy_s: float = _limit(8, "s", "joining the room takes too long", "livekit/livekit#3144")
    join_degraded_s: float = _limit(5, "s", "the avatar joins late", "livekit/livekit#4335")
    join_unhealthy_s: float = _limit(
        15, "s", "the avatar joins too late to be of use", "livekit/livekit#4335"
    )
    first_frame_degraded_s: float = _limit(
        5, "s", "the viewer looks at nothing", "Mux Data: time to first frame"
    )
    first_frame_unhealthy_s: float = _limit(15, "s", "the viewer has left", "Mux Data: time to first frame")

    # Cadence.
    fps_degraded: float = _limit(20, "fps", "visibly jerky at a nominal 25", "0.8 of nominal", most=240)
    fps_unhealthy: float = _limit(12, "fps", "a slide show", "Teams calls video under 7 poor", most=240)
    fps_fall_degraded_share: float = _limit(
        0.8, "share", "frame rate of the last third against the first", _OWN
    )
    fps_fall_unhealthy_share: float = _limit(
        0.5, "share", "frame rate of the last third against the first", _OWN
    )
    freeze_ratio_degraded_share: float = _limit(0.02, "share", "time spent in freezes", f"{_W3C}; Agora")
    freeze_ratio_unhealthy_share: float = _limit(0.05, "share", "time spent in freezes", f"{_W3C}; Agora")
    freeze_ratio_over_s: float = _limit(
        20, "s", "freezes are a share of at least this long: one hitch in a short watch is no trend", _OWN
    )
    gap_degraded_s: float = _limit(0.5, "s", "a hitch that everybody sees", _AGORA)
    gap_unhealthy_s: float = _limit(2, "s", "the picture stands, no frame comes", _OWN)

    # Content.
    still_below_levels: float = _limit(
        5, "grey levels", "largest change of a 16×16 block that is still a standing picture",
        "codec noise ≤ 3.9 (VP8), ≤ 1.8 (H.264); a moving mouth ≥ 8.7 (p99), a blink 53", most=255,
    )  # fmt: skip
    frozen_degraded_s: float = _limit(5, "s", "an idle avatar blinks every 2 to 6 s", _SEEN)
    frozen_unhealthy_s: float = _limit(10, "s", "no blink, no breath: a photograph", _SEEN)
    frozen_speaking_degraded_s: float = _limit(1, "s", "a voice with a standing picture", _OWN)
    frozen_speaking_unhealthy_s: float = _limit(
        2, "s", "a voice with a standing picture", "livekit/agents#2826"
    )
    black_level: float = _limit(37, "luma", "a pixel this dark is black (16 + 0.1 · 219)", _FFMPEG, most=255)
    black_pixels_share: float = _limit(0.98, "share", "of pixels black makes a frame a candidate", _FFMPEG)
    black_detail_share: float = _limit(
        0.02,
        "share",
        "of blocks that stand out from the rest: more is a dark scene, not a black picture",
        _SEEN,
    )
    black_degraded_s: float = _limit(0.2, "s", "a flash of black", _OWN)
    black_unhealthy_s: float = _limit(2, "s", "the picture is black", _FFMPEG)
    one_colour_below_levels: float = _limit(
        2, "grey levels", "standard deviation of a flat picture", _SEEN, most=255
    )
    one_colour_degraded_s: float = _limit(0.5, "s", "a flash of one colour", _OWN)
    one_colour_unhealthy_s: float = _limit(2, "s", "the picture is one colour", _OWN)
    area_degraded_share: float = _limit(
        0.99, "share", "of the area asked for", "LiveAvatar: 720p by default", most=4
    )
    area_unhealthy_share: float = _limit(0.5, "share", "of the area asked for", _OWN, most=4)

    # Network, noted only: it may be ours.
    loss_noted_share: float = _limit(0.05, "share", "packets lost", "Daily, Twilio")
    jitter_noted_s: float = _limit(0.1, "s", "arrival jitter", "Twilio, Teams")
    round_trip_noted_s: float = _limit(0.5, "s", "round trip", "Teams")

    # Sound and conversation.
    speech_floor_dbfs: float = _limit(-45, "dBFS", "quieter is not speech", _OWN, most=0)
    speech_least_s: float = _limit(0.3, "s", "shorter is a click, not speech", _OWN)
    concealed_degraded_share: float = _limit(
        0.05, "share", "sound made up by the decoder", "vendors' 4 to 5 %"
    )
    concealed_unhealthy_share: float = _limit(0.2, "share", "sound made up by the decoder", _OWN)
    clipped_degraded_share: float = _limit(0.01, "share", "samples at full scale while speaking", _OWN)
    clipped_unhealthy_share: float = _limit(0.1, "share", "samples at full scale while speaking", _OWN)
    quiet_degraded_dbfs: float = _limit(-38, "dBFS", "speech this quiet is hard to hear", _OWN, most=0)
    answer_degraded_s: float = _limit(3, "s", "the answer comes late", "voice-agent vendors' key metric")
    answer_unhealthy_s: float = _limit(8, "s", "the caller thinks that the line is dead", _OWN)
    mouth_moves_levels: float = _limit(
        4, "grey levels", "change of a block between two frames that is part of talking", most=255,
        source=f"{_SEEN}; half as much in a dim picture, more at less than 25 frames a second",
    )  # fmt: skip
    mouth_moves_share: float = _limit(
        0.25, "share", "of speech with a talking mouth; less is a still mouth",
        f"{_SEEN}, in low light and at 180 lines too: ≥ 0.64, still ≤ 0.14",
    )  # fmt: skip
    mouth_silent_s: float = _limit(2.5, "s", "of a talking mouth without a voice make a silent mouth", _SEEN)
    mouth_evidence_s: float = _limit(2, "s", "of speech, before a mouth is called still", _SEEN)
    lip_correlation_degraded_share: float = _limit(
        0.3, "share", "|r| of mouth and loudness", "synthetic mouth ≥ 0.73"
    )
    sound_early_degraded_s: float = _limit(
        0.105, "s", "sound early: detectable (45 ms), and as far beyond as we can be wrong (60 ms)",
        f"{_BT1359}; a frame at 25 fps is 40 ms, our grid 20 ms; seen up to 60 ms without a fault",
    )  # fmt: skip
    sound_early_unhealthy_s: float = _limit(
        0.15, "s", "sound early: no longer acceptable (90 ms), and our error (60 ms)", _BT1359
    )
    sound_late_degraded_s: float = _limit(0.125, "s", "sound late: detectable", _BT1359)
    sound_late_unhealthy_s: float = _limit(0.185, "s", "sound late: no longer acceptable", _BT1359)
    lips_may_fail: bool = _limit(
        False, "yes/no", "whether lip sync may make a check unhealthy; otherwise it degrades at most",
        "the measure is calibrated on synthetic faces only",
    )  # fmt: skip

    # Our own side.
    stop_degraded_s: float = _limit(5, "s", "ending the LiveAvatar session takes long", _OWN)
    host_lag_s: float = _limit(
        0.2, "s", "our event loop woke this late: timing near it is not evidence", _OWN
    )
    host_lag_share: float = _limit(
        0.05, "share", "of the watch spent in such lags: our rates are not evidence", _OWN
    )
    host_busy_share: float = _limit(
        0.97, "share", "of the machine's CPU in use: our rates are not evidence", _OWN
    )
    host_waited_share: float = _limit(
        0.5, "share", "of the watch in which some task waited for a CPU (Linux pressure stall)", _OWN
    )
    host_dropped_share: float = _limit(0.02, "share", "of frames dropped on our side", _OWN)

    pairs: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(milder, harsher) limits, filled in below; a milder line never lies beyond the harsher."""


def _pairs() -> tuple[tuple[str, str], ...]:
    names = Limits.model_fields
    return tuple(
        (n, h) for n in names if "degraded" in n and (h := n.replace("degraded", "unhealthy")) in names
    )


Limits.pairs = _pairs()


@dataclass(frozen=True)
class LimitProblem:
    """One override that cannot be used: where it stands, which it is, what is wrong with it."""

    where: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.name}: {self.message}"


class LimitsError(ValueError):
    """Overrides that cannot be used, all of them at once."""

    def __init__(self, problems: Sequence[LimitProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def limits_from(*overrides: tuple[str, Mapping[str, object]]) -> Limits:
    """
    Lay overrides over the defaults, later ones over earlier: `limits_from(("june.yaml", {...}))`.

    Each override comes with the place it was written at. Raises LimitsError naming every unknown name (with
    the nearest known one), every value of the wrong type or range, and every pair of lines that crossed.
    """
    problems: list[LimitProblem] = []
    merged: dict[str, object] = {}
    written_at: dict[str, str] = {}
    for where, values in overrides:
        for name, value in values.items():
            if name not in Limits.model_fields:
                problems.append(LimitProblem(where, name, f"no such limit{_did_you_mean(name)}"))
                continue
            merged[name], written_at[name] = value, where
    problems += _wrong_values(merged, written_at)
    limits = Limits.model_validate({k: v for k, v in merged.items() if k not in {p.name for p in problems}})
    problems += _crossed(limits, written_at)
    if problems:
        raise LimitsError(problems)
    return limits


def parse_limit_flags(flags: Iterable[str]) -> dict[str, object]:
    """Turn `--limit name=value` words into an override; raises LimitsError for words without `=`."""
    problems, values = [], {}
    for flag in flags:
        name, sign, value = flag.partition("=")
        if not sign:
            problems.append(
                LimitProblem("--limit", flag, "write it as name=value, for example gap_unhealthy_s=3")
            )
        values[name.strip()] = value.strip()
    if problems:
        raise LimitsError(problems)
    return dict(values)


def _wrong_values(merged: Mapping[str, object], written_at: Mapping[str, str]) -> list[LimitProblem]:
    problems = []
    for name, value in merged.items():
        if isinstance(value, bool) and not isinstance(Limits.model_fields[name].default, bool):
            problems.append(LimitProblem(written_at[name], name, f"{value} should be a number"))
            continue
        try:
            Limits.model_validate({name: value})
        except ValidationError as error:
            message = error.errors()[0]["msg"].replace("Input should", "should").partition(", unable to")[0]
            message = message.replace("a valid boolean", "true or false").replace(
                "a valid number", "a number"
            )
            problems.append(LimitProblem(written_at[name], name, f"{value!r} {message}"))
    return problems


def _crossed(limits: Limits, written_at: Mapping[str, str]) -> list[LimitProblem]:
    problems = []
    for mild, harsh in Limits.pairs:
        here = next((name for name in (harsh, mild) if name in written_at), None)
        defaults = [Limits.model_fields[name].default for name in (mild, harsh)]
        seen = [getattr(limits, mild), getattr(limits, harsh)]
        if here and (defaults[0] <= defaults[1]) != (seen[0] <= seen[1]):
            text = f"{mild}={seen[0]:g} and {harsh}={seen[1]:g} stand the wrong way round; set both"
            problems.append(LimitProblem(written_at[here], here, text))
    return problems


def _did_you_mean(name: str) -> str:
    near = difflib.get_close_matches(name, Limits.model_fields, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else "; `liveavatar-ops health explain` lists them all"
