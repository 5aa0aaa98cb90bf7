"""Every fault the emulator can play: where it acts, what it takes, what a caller then sees."""

from dataclasses import dataclass, field
from typing import Literal

Place = Literal["call", "account", "session"]
Value = float | int | str | bool


@dataclass(frozen=True)
class FaultKind:
    """
    One named fault.

    ``on``: a single HTTP call, a start (account), or a running session. ``params`` maps each parameter to
    its default; the default's type is the parameter's type. ``by_worker`` faults are played by the avatar
    worker, the others by the control plane; each of the worker's takes ``after_s`` and ``for_s`` too.
    """

    on: Place
    says: str
    params: dict[str, Value] = field(default_factory=dict)
    by_worker: bool = False


# When a worker's fault begins and how long it lasts; for good, if not said.
TIMES = ("after_s", "for_s")


# Least and most of a number; for every other parameter 0 or more.
BOUNDS: dict[str, tuple[float, float]] = {
    "status": (400, 599),
    "loss": (0, 1),
    "offset_ms": (-2000, 2000),
    "width": (16, 3840),
    "height": (16, 3840),
}


def _worker(says: str, **params: Value) -> FaultKind:
    return FaultKind("session", says, params, by_worker=True)


KINDS: dict[str, FaultKind] = {
    # Per call.
    "rate_limit": FaultKind("call", "429 with Retry-After; the call does not act", {"retry_after_s": 1}),
    "server_error": FaultKind(
        "call",
        "an error status; the call does not act; echo=1 quotes the request in its message",
        {"status": 500, "echo": 0},
    ),
    "reset": FaultKind("call", "the connection is reset; the call does not act"),
    "slow": FaultKind("call", "the call waits, then acts", {"delay_s": 2.0}),
    "lost_answer": FaultKind("call", "the call acts, then the connection drops without an answer"),
    "bad_json": FaultKind("call", "the call acts, the answer is cut-off JSON with status 200"),
    "hang_before": FaultKind("call", "the call waits for release before it acts"),
    "hang_after": FaultKind("call", "the call acts, its answer waits for release"),
    # Per start.
    "concurrency": FaultKind("account", "start is refused with 403 and code 4003"),
    "no_credits": FaultKind("account", "start is refused with code 4033"),
    # Per session, by the control plane.
    "early_end": FaultKind(
        "session", "the service ends the session early", {"after_s": 10.0, "reason": "SERVER_ERROR"}
    ),
    "silent_max_duration": FaultKind(
        "session", "at its maximum duration the session goes mute but stays open"
    ),
    "dispatch_failed": FaultKind(
        "session", "no avatar comes, the session ends DISPATCH_FAILED", {"after_s": 2.0}
    ),
    "bad_livekit_token": FaultKind("session", "the client token is signed with a wrong key"),
    "dead_media": FaultKind("session", "livekit_url takes connections and answers nothing"),
    # Per session, by a relay between the user and the media server; after_s counts from the start.
    "poor_network": FaultKind(
        "session",
        "media is lost and late on its way: loss is a share, each way; rate_kbps=0 is no limit",
        {"loss": 0.2, "delay_s": 0.2, "jitter_s": 0.05, "rate_kbps": 0.0, "after_s": 0.0},
    ),
    "udp_blocked": FaultKind(
        "session",
        "no UDP comes through; media can go over TCP, unless tcp=0: then TCP is not offered",
        {"tcp": 1, "after_s": 0.0},
    ),
    "media_blocked": FaultKind(
        "session",
        "no media path, neither UDP nor TCP (refused; with tcp=1 taken and deaf), while signalling works",
        {"tcp": 0, "after_s": 0.0},
    ),
    # Per session, by the avatar worker.
    "late_avatar": _worker("the avatar joins late", delay_s=20.0),
    "no_avatar": _worker("the avatar never joins"),
    "no_video": _worker("the avatar publishes sound only"),
    "no_audio": _worker("the avatar publishes video only"),
    "stall": _worker("frames stop, the track stays live", after_s=3.0),
    "frozen": _worker("the picture freezes, frames keep coming", after_s=0.0),
    "nearly_frozen": _worker("a frozen picture with compression noise", after_s=0.0),
    "frozen_logo": _worker("a frozen picture with a moving logo", after_s=0.0),
    "black": _worker("the picture is black", after_s=0.0),
    "one_colour": _worker("the picture is one colour", after_s=0.0),
    "low_fps": _worker("few frames a second", fps=5.0),
    "falling_fps": _worker("the frame rate falls while one watches"),
    "small": _worker("a small picture", width=320, height=180),
    "resolution_drop": _worker("the picture shrinks while one watches", after_s=4.0),
    "mute": _worker("the avatar's sound is silence"),
    "no_answer": _worker("the avatar never answers"),
    "slow_answer": _worker("the avatar answers late", delay_s=8.0),
    "still_mouth": _worker("the voice speaks, the mouth stays still"),
    "silent_mouth": _worker("the mouth moves, no voice is heard"),
    "clipped": _worker("the voice is clipped"),
    "breaks_up": _worker("two thirds of the voice are missing, in holes of 120 ms"),
    "av_offset": _worker("sound and picture are apart", offset_ms=400),
    "leaves": _worker("the avatar leaves the room", after_s=4.0),
    "unpublishes": _worker("the avatar takes its video track back and stays", after_s=4.0),
    "false_end": _worker("the service says that the session is over; the avatar stays", after_s=4.0),
    "bad_key": _worker("the model's endpoint refuses the key"),
    "scene_cut": _worker("the scene changes at once, as a healthy stream may"),
}
