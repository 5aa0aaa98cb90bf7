"""
Makes the clip of a check, an MP4 that plays everywhere, from what was kept while it ran.

Runs when the LiveAvatar session is over. Needs PyAV (the extra `clip`), imported only when a clip is wanted.
Every picture is shown at the moment it came: where the avatar stood, the clip stands.
"""

from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.prompt import load_prompt
from liveavatar_ops.health.recording import Kept, kept_frames, pictures, sounds
from liveavatar_ops.health.recording_sound import RATE_HZ, Samples, laid_out, with_prompt

if TYPE_CHECKING:
    from av import VideoFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream

MISSING = "--record: needs PyAV, which is not installed. Install it with: pip install 'liveavatar-ops[clip]'"
TICKS = 1000  # a second; moments of pictures are kept to the millisecond
Encoders = tuple[tuple[str, dict[str, str]], ...]
ENCODERS: Encoders = (
    ("libx264", {"crf": "26", "preset": "veryfast"}),
    ("mpeg4", {"qscale": "5"}),
)
SOUND_BITS_PER_S = 48_000


class NoClip(Exception):
    """There is no clip; the text says why."""


def recorder_missing(find: Callable[[str], object] = find_spec) -> str | None:
    """The line for whoever asked for a clip where PyAV is not installed; None where it is."""
    return None if find("av") is not None else MISSING


def make_clip(folder: Path, facts: Facts, path: Path, *, encoders: Encoders = ENCODERS) -> float:
    """
    Encode what the spool in `folder` holds into `path`; returns the clip's length in seconds.

    `encoders` are tried in order. Raises NoClip where nothing was kept or nothing can encode it.
    """
    kept = kept_frames(folder)
    if not kept:
        raise NoClip("no clip: not one frame came")
    begins_s = kept[0].at_s
    ends_s = max(kept[-1].at_s + 1 / TICKS, facts.video.watched_until_s, facts.room.watched_until_s or 0.0)
    sound = _sound(folder, facts, begins_s, ends_s)
    try:
        _encode(folder, kept, sound, path, ends_s=ends_s, encoders=encoders)
    except (OSError, ValueError, ImportError) as why:  # PyAV's errors are both of these
        raise NoClip(f"no clip: encoding it failed ({type(why).__name__}: {why})") from None
    return ends_s - begins_s


def _sound(folder: Path, facts: Facts, begins_s: float, ends_s: float) -> Samples:
    """What the avatar said and what we asked; empty where there was neither."""
    chunks = list(sounds(folder))
    asked_s = facts.conversation.prompt_started_s if facts.conversation else None
    if not chunks and asked_s is None:
        return np.empty(0, np.int16)
    sound = laid_out(chunks, begins_s, ends_s)
    return sound if asked_s is None else with_prompt(sound, load_prompt(), asked_s - begins_s)


def _encode(
    folder: Path, kept: list[Kept], sound: Samples, path: Path, *, ends_s: float, encoders: Encoders
) -> None:
    import av  # noqa: PLC0415 -- optional, and 100 MB: only who asks for a clip needs it

    largest = max(kept, key=lambda each: each.width * each.height)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        picture = _picture_stream(out, largest, encoders)
        voice = _sound_stream(out) if sound.size else None
        said = 0
        last: av.VideoFrame | None = None
        for each, held in pictures(folder, kept):
            at_s = each.at_s - kept[0].at_s
            said = _speak(out, voice, sound, said, until_s=at_s)
            raw = np.frombuffer(held, np.uint8).reshape(each.height * 3 // 2, each.width)
            last = av.VideoFrame.from_ndarray(raw, format="yuv420p")  # the encoder scales what differs
            _show(out, picture, last, at_s)
        if last is not None:  # the wait after the last frame is part of what a viewer saw
            _show(out, picture, last, ends_s - kept[0].at_s)
        _speak(out, voice, sound, said, until_s=ends_s)
        out.mux(picture.encode(None))
        if voice is not None:
            out.mux(voice.encode(None))


def _picture_stream(out: "OutputContainer", size: Kept, encoders: Encoders) -> "VideoStream":
    from av.codec import Codec  # noqa: PLC0415 -- as above
    from av.codec.codec import UnknownCodecError  # noqa: PLC0415 -- as above

    for name, options in encoders:
        try:
            Codec(name, "w")
        except UnknownCodecError:
            continue
        stream: VideoStream = out.add_stream(name, rate=12, options=dict(options))  # type: ignore[assignment] # video
        stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        return stream
    raise NoClip("no clip: this build of PyAV encodes neither H.264 nor MPEG-4")


def _sound_stream(out: "OutputContainer") -> "AudioStream":
    stream: AudioStream = out.add_stream("aac", rate=RATE_HZ, layout="mono")
    stream.bit_rate = SOUND_BITS_PER_S
    return stream


def _show(out: "OutputContainer", stream: "VideoStream", frame: "VideoFrame", at_s: float) -> None:
    frame.pts, frame.time_base = round(at_s * TICKS), Fraction(1, TICKS)
    out.mux(stream.encode(frame))


def _speak(
    out: "OutputContainer", stream: "AudioStream | None", sound: Samples, said: int, *, until_s: float
) -> int:
    """Encode sound up to a moment, so that it lies beside the picture in the file; returns how much."""
    import av  # noqa: PLC0415 -- as above

    until = min(round(until_s * RATE_HZ), len(sound))
    if stream is None or until - said < (RATE_HZ // 2 if until < len(sound) else 1):
        return said
    frame = av.AudioFrame.from_ndarray(sound[said:until].reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, said, Fraction(1, RATE_HZ)
    out.mux(stream.encode(frame))
    return until
