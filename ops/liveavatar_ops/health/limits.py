"""Every threshold of a check in one typed place: default, unit, reason and source.

A pair `<measure>_degraded_<unit>` / `<measure>_unhealthy_<unit>` draws the two lines of one measure. A
template's `health:` block and `--limit name=value` override single limits; `liveavatar-ops health explain`
prints them all. The defaults were found on synthetic pictures and in vendors' published rules: calibrate them
on your own good sessions.

Numbers that stand beside the code draw no line: they define a measure (a window, W3C's freeze), or bound what
is kept and shown.
"""

from pydantic import BaseModel, ConfigDict

from liveavatar_ops.health.limit_field import limit as _limit

_PROMPT_MOST_S = 15.0  # to join with a microphone, and speak

_OWN = "our own starting point"
_SEEN = "measured on synthetic pictures, through H.264 and VP8"
_VOICES = "measured on the prompt and the emulator's voices, raw and through Opus"
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
    warm_up_s: float = _limit(
        2, "s", "start of the picture that rates, size, black and one colour do not count", "encoders ramp up"
    )
    watch_s: float = _limit(10, "s", "how long the picture is watched after its first frame", _OWN)
    watch_longer_s: float = _limit(
        12,
        "s",
        "how much longer a picture that seems to stand still is watched before it is called frozen",
        _SEEN,
    )
    watch_longer_after_s: float = _limit(2.5, "s", "a picture that stood this long is watched longer", _SEEN)
    listen_first_s: float = _limit(
        2, "s", "listened before asking: the resting mouth, and time for a greeting to begin", _OWN
    )
    greeting_begins_s: float = _limit(5, "s", "a greeting is waited for, where the template has one", _OWN)
    greeting_longest_s: float = _limit(12, "s", "a greeting is heard out; then we ask all the same", _OWN)
    pause_s: float = _limit(0.8, "s", "quiet this long is the end of a turn", "pauses of synthetic speech")
    answer_deadline_s: float = _limit(
        12, "s", "how long an answer is waited for", "4 s past answer_unhealthy_s"
    )
    answer_longest_s: float = _limit(8, "s", "an answer is listened to; more proves no more", _OWN)

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
    reconnects_degraded: float = _limit(
        1,
        "or more",
        "times that the room was joined anew: what was lost meanwhile is not known",
        _OWN,
        most=1000,
    )

    # Cadence of the picture.
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

    # Content of the picture.
    still_below_levels: float = _limit(
        5, "grey levels", "largest change of a 16×16 block that is still a standing picture",
        "codec noise ≤ 3.9 (VP8), ≤ 1.8 (H.264); a moving mouth ≥ 8.7 (p99), a blink 53", most=255,
    )  # fmt: skip
    centre_share: float = _limit(
        0.6, "share", "of width and of height in which a face, and its mouth, is looked for", _OWN
    )
    small_area_share: float = _limit(
        0.05, "share", "of blocks, none in the centre: fewer that move or stand out are a logo", _SEEN
    )
    cut_levels: float = _limit(8, "grey levels", "change of a block that a scene cut makes", _SEEN, most=255)
    cut_area_share: float = _limit(0.5, "share", "of blocks that change so at once make a scene cut", _SEEN)
    settles_s: float = _limit(
        0.5, "s", "an encoder sharpens a new scene for this long, which is not life", _SEEN
    )
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
    black_detail_levels: float = _limit(
        4, "grey levels", "a block this far from the middle one stands out", _SEEN, most=255
    )
    black_degraded_s: float = _limit(0.2, "s", "a flash of black", _OWN)
    black_unhealthy_s: float = _limit(2, "s", "the picture is black", _FFMPEG)
    one_colour_below_levels: float = _limit(
        2, "grey levels", "standard deviation of a flat picture", _SEEN, most=255
    )
    one_colour_degraded_s: float = _limit(0.5, "s", "a flash of one colour", _OWN)
    one_colour_unhealthy_s: float = _limit(2, "s", "the picture is one colour", _OWN)
    stands_explained_share: float = _limit(
        0.8, "share", "of the watch black or of one colour explains that the picture stood", _OWN
    )
    size_degraded_share: float = _limit(
        0.99, "share", "of the width or height asked for", "LiveAvatar: 720p by default", most=4
    )
    size_unhealthy_share: float = _limit(
        0.7, "share", "of the width or height asked for: less is half the picture", _OWN, most=4
    )
    size_lasts_s: float = _limit(2, "s", "smaller for less than this, in all, is a dip of some line", _OWN)
    size_ends_s: float = _limit(0.5, "s", "smaller for less than this at the very end is a dip, too", _OWN)

    # Network, noted only: it may be ours.
    loss_noted_share: float = _limit(
        0.05, "share", "packets lost: sound that is made up for them is not the avatar's", "Daily, Twilio"
    )
    jitter_noted_s: float = _limit(0.1, "s", "arrival jitter", "Twilio, Teams")
    round_trip_noted_s: float = _limit(0.5, "s", "round trip", "Teams")

    # Sound and conversation.
    speech_floor_dbfs: float = _limit(-45, "dBFS", "quieter is not speech", _OWN, most=0)
    speech_over_noise_db: float = _limit(
        12, "dB", "over the quietest tenth, where that is louder than the floor: hum is no speech", _OWN
    )
    noise_most_dbfs: float = _limit(-25, "dBFS", "louder is unbroken speech and not hum", _OWN, most=0)
    speech_release_db: float = _limit(8, "dB", "below the floor, at which speech ends", _OWN)
    speech_hang_s: float = _limit(0.3, "s", "a shorter pause is inside a word or between two", _OWN)
    speech_least_s: float = _limit(0.3, "s", "shorter is a click, not speech", _OWN)
    concealed_degraded_share: float = _limit(
        0.05, "share", "sound made up by the decoder", "vendors' 4 to 5 %"
    )
    concealed_unhealthy_share: float = _limit(0.2, "share", "sound made up by the decoder", _OWN)
    clipped_at_share: float = _limit(
        0.97, "share", "of full scale: codecs ring a little below and above a clipped edge", _SEEN
    )
    clipped_degraded_share: float = _limit(0.01, "share", "samples at full scale while speaking", _OWN)
    clipped_unhealthy_share: float = _limit(0.1, "share", "samples at full scale while speaking", _OWN)
    broken_below_db: float = _limit(
        20, "dB", "below the loud parts of a turn of speech is a hole in it", _VOICES
    )
    broken_edge_db: float = _limit(
        12, "dB", "below them at most, right before and after: a hole has hard edges, a voice fades", _VOICES
    )
    broken_longest_s: float = _limit(0.16, "s", "a longer hole is a pause between two words", _VOICES)
    broken_evidence_s: float = _limit(2, "s", "of speech, before a voice is called broken", _OWN)
    broken_degraded_share: float = _limit(
        0.2, "share", "of speech lost in holes: words break up", f"{_VOICES}: ≤ 0.13, at stops (p, t, k)"
    )
    broken_unhealthy_share: float = _limit(
        0.25, "share", "of speech lost in holes", "with every other 100 ms gone 0.21 to 0.53, middle 0.38"
    )
    quiet_degraded_dbfs: float = _limit(-38, "dBFS", "speech this quiet is hard to hear", _OWN, most=0)
    answer_degraded_s: float = _limit(3, "s", "the answer comes late", "voice-agent vendors' key metric")
    answer_unhealthy_s: float = _limit(8, "s", "the caller thinks that the line is dead", _OWN)
    heard_late_noted_s: float = _limit(
        1, "s", "after the service said that the avatar speaks", "media and its buffers take a few tenths"
    )
    mouth_moves_levels: float = _limit(
        4, "grey levels", "change of a block between two frames that is part of talking", most=255,
        source=f"{_SEEN}; half as much in a dim picture, more at less than 25 frames a second",
    )  # fmt: skip
    mouth_usual_luma: float = _limit(
        130, "luma", "around a mouth, at which mouth_moves_levels holds as it is", f"{_SEEN}: 150 to 180",
        most=255,
    )  # fmt: skip
    mouth_usual_contrast_levels: float = _limit(
        32, "grey levels", "of the middle of the picture, at which mouth_moves_levels holds", _SEEN, most=255
    )
    mouth_dimmest_share: float = _limit(
        0.5, "share", "of mouth_moves_levels: less may be coding noise", f"{_SEEN}: a still mouth ≤ 1.7"
    )
    mouth_area_share: float = _limit(
        0.0085, "share", "of the centre's blocks move together in a talking mouth", _SEEN
    )
    mouth_frames_share: float = _limit(
        0.42, "share", "of a second's frames in which a talking mouth moved",
        f"{_SEEN}: talking ≥ 0.44 (p10), listening ≤ 0.40 (p98)",
    )  # fmt: skip
    mouth_least_fps: float = _limit(8, "fps", "fewer do not tell talking from blinking", _SEEN, most=240)
    mouth_measured_share: float = _limit(
        0.7, "share", "of speech had so many frames; else nobody can say whether the mouth moved", _OWN
    )
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
    host_decoder_dropped_share: float = _limit(
        0.1, "share", "of the frames that arrived, dropped by our decoder: our rates are not evidence",
        f"{_OWN}; none seen so far on a lossy line, nor with both cores busy",
    )  # fmt: skip
    host_stolen_share: float = _limit(
        0.1, "share", "of CPU time that a hypervisor gave to others: our rates are not evidence", _OWN
    )
    host_throttled_share: float = _limit(
        0.25, "share", "of the periods of our CPU quota (cgroup) in which it was used up and we had to wait",
        "kubernetes-mixin: CPUThrottlingHigh",
    )  # fmt: skip
    host_looks_fps: float = _limit(
        8, "fps", "frames looked at, before content proves anything on a busy machine", _OWN, most=240
    )
    host_heard_share: float = _limit(
        0.8, "share", "of the watch heard, before silence proves anything on a busy machine", _OWN
    )
    host_stood_share: float = _limit(
        0.5, "share", "of a gap or wait that we stood still or had no connection excuses the avatar", _OWN
    )
    lost_gap_s: float = _limit(0.5, "s", "less, of a gap or of our question, is not laid at our line", _OWN)
    lost_arrived_share: float = _limit(
        0.25, "share", "of the usual packets came in a gap: the avatar was sending", "decision 0011"
    )
    lost_asked_before_s: float = _limit(
        1, "s", "before a gap, packets asked for again belong to it", "decision 0011"
    )

    @property
    def talk_most_s(self) -> float:
        """The longest that greeting, question and answer together can take, in seconds."""
        before = self.listen_first_s + self.greeting_begins_s + self.greeting_longest_s
        return before + _PROMPT_MOST_S + self.answer_deadline_s + self.answer_longest_s
