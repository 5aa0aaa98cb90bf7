"""Colours and words that sheet, timeline and reports share, so that red means the same everywhere."""

from liveavatar_ops.health.verdicts import Cause, Verdict

INK = "#e8eaed"
FAINT = "#9aa3ad"
DIM = "#5d6771"
PAPER = "#14181d"
CARD = "#1d232a"
EDGE = "#2c343d"
GOOD = "#37b26c"
WARN = "#e0a526"
BAD = "#e5534b"
UNSURE = "#7f8ea3"
LUMA = "#6cb6ff"
MOTION = "#b083f0"
SOUND = "#57ab9a"

VERDICT_COLOURS: dict[Verdict, str] = {
    Verdict.HEALTHY: GOOD,
    Verdict.DEGRADED: WARN,
    Verdict.UNHEALTHY: BAD,
    Verdict.INCONCLUSIVE: UNSURE,
}
SPAN_COLOURS: dict[str, str] = {
    "frozen": BAD,
    "black": BAD,
    "one_colour": BAD,
    "gap": WARN,
    "speech": SOUND,
    "prompt": LUMA,
    "starved": UNSURE,
}
CAUSE_WORDS: dict[Cause, str] = {
    Cause.NONE: "",
    Cause.CREDENTIALS: "credentials",
    Cause.QUOTA: "quota",
    Cause.CONFIGURATION: "configuration",
    Cause.VENDOR_API: "vendor API",
    Cause.SIGNALLING: "signalling",
    Cause.ICE: "media path (ICE)",
    Cause.NO_AVATAR: "no avatar",
    Cause.NO_VIDEO: "no video",
    Cause.FROZEN: "frozen picture",
    Cause.BLACK: "black picture",
    Cause.ONE_COLOUR: "one colour",
    Cause.SLOW: "slow",
    Cause.SMALL: "small picture",
    Cause.MUTE: "mute",
    Cause.NO_ANSWER: "no answer",
    Cause.STILL_MOUTH: "still mouth",
    Cause.SILENT_MOUTH: "silent mouth",
    Cause.AVATAR_LEFT: "avatar left",
    Cause.CLEAN_UP: "session left open",
    Cause.DISTORTED: "distorted voice",
    Cause.LIP_SYNC: "lip sync",
    Cause.OWN_HOST: "our own host",
    Cause.OWN_NETWORK: "our own network",
}
