"""How each of OpenAI's voice names sounds here: an espeak-ng variant, a pitch and a pace."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """`variant` is espeak-ng's; `pitch` its 0 to 99; `hertz` is the fallback's fundamental."""

    variant: str
    pitch: int
    words_per_minute: int
    hertz: float


# The names: LiveAvatar API facts §2.9 (openai_realtime_config.voice).
VOICES: dict[str, Voice] = {
    "alloy": Voice("en-us+f2", 42, 168, 180),
    "ash": Voice("en-us+m3", 40, 164, 118),
    "ballad": Voice("en-gb+m7", 52, 150, 128),
    "coral": Voice("en-us+f4", 58, 176, 205),
    "echo": Voice("en-us+m1", 48, 166, 124),
    "fable": Voice("en-gb+m2", 60, 160, 140),
    "onyx": Voice("en-us+m5", 22, 152, 92),
    "nova": Voice("en-us+f1", 62, 180, 215),
    "shimmer": Voice("en-us+f5", 70, 170, 228),
    "sage": Voice("en-gb+f3", 46, 158, 190),
    "verse": Voice("en-us+m4", 56, 172, 135),
    "marin": Voice("en-us+f3", 52, 172, 196),
    "cedar": Voice("en-us+m2", 30, 158, 104),
}
DEFAULT = "alloy"


def voice_named(name: str) -> Voice:
    """The voice of a name; an unknown name speaks with the default voice (callers refuse it earlier)."""
    return VOICES.get(name, VOICES[DEFAULT])
