"""Checks of every kind, with pictures, for whatever draws them; and words that try to break out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.facts import (
    AudioFacts,
    Depth,
    EventFact,
    Facts,
    FrameSeries,
    HostFacts,
    LagSpike,
    LevelSeries,
    Refusal,
    RoomFacts,
    Span,
    VideoFacts,
)
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.report import HealthResult, health_result
from liveavatar_ops.health.thumbnails import Thumbnail
from tests.support.health_facts import healthy, span, step


def thumbnail(at_s: float, picture: npt.NDArray[np.uint8]) -> Thumbnail:
    """A kept frame, from RGB rows."""
    return Thumbnail(at_s, picture.shape[1], picture.shape[0], picture.tobytes())


def pictures(count: int, *, first_s: float = 2.0, height: int = 180, width: int = 320) -> list[Thumbnail]:
    """A gradient that moves on, once a second."""
    across = np.linspace(0, 200, width)[None, :] * np.ones((height, 1))
    made = (np.roll(across, 9 * index, axis=1).astype(np.uint8) for index in range(count))
    return [thumbnail(first_s + index, np.stack([each] * 3, axis=-1)) for index, each in enumerate(made)]


def result_of(facts: Facts, limits: Limits | None = None) -> HealthResult:
    """The facts, judged."""
    limits = limits or Limits()
    return health_result(facts, judge(facts, limits), limits)


def spoken() -> AudioFacts:
    """An avatar that speaks from 8.2 s to 11.7 s."""
    levels = tuple(-90.0 if not 62 <= index < 97 else -22.0 - index % 5 for index in range(120))
    return AudioFacts(
        frames=600,
        heard_s=12.0,
        first_frame_s=1.8,
        speech_s=3.5,
        speech=(Span(kind="speech", start_s=8.2, end_s=11.7),),
        level_dbfs=-24.0,
        series=LevelSeries(at_s=tuple(2.0 + index / 10 for index in range(120)), dbfs=levels),
    )


EVENTS = (
    EventFact(at_s=5.3, type="user.speak_started"),
    EventFact(at_s=8.1, type="avatar.speak_started"),
    *(EventFact(at_s=8.3 + index / 10, type="avatar.transcription.chunk") for index in range(12)),
    EventFact(at_s=11.9, type="avatar.speak_ended"),
    EventFact(at_s=13.0, type="session.stopped", detail="IDLE_TIMEOUT"),
)
NO_PICTURE: dict[str, object] = {"video": VideoFacts(watched_until_s=12), "audio": AudioFacts()}
REFUSED = Refusal(step="start", error="ServerFault", status=500, sentence="LiveAvatar answered 500.")


def long_watch() -> Facts:
    """Ten minutes at 25 fps, kept as 1500 points of ten frames each."""
    moments = [2.0 + index * 0.4 for index in range(1500)]
    series = FrameSeries(at_s=tuple(moments), luma=(120.0,) * 1500, motion=(22.0,) * 1500)
    video = {"frames": 15000, "watched_until_s": 602.0, "series": series}
    return healthy(video=video, finished_s=602.5, room={"watched_until_s": 602.0})


CHECKS: dict[str, Facts] = {
    "healthy": healthy(),
    "depth api": healthy(Depth.API),
    "depth session": healthy(Depth.SESSION),
    "conversation": healthy(Depth.CONVERSATION, audio=spoken(), events=EVENTS),
    "no answer": healthy(
        Depth.CONVERSATION,
        conversation={
            "answer_started_s": None,
            "answer_latency_s": None,
            "waited_s": 12.0,
            "mouth_moving_s": 0.0,
        },
    ),
    "frozen": healthy(
        video={"frozen_s": 10.0, "frozen_at_s": 4.0, "spans": (span("frozen", 4.0, 14.0),)},
    ),
    "black": healthy(video={"black_s": 6.0, "black_share": 0.6, "spans": (span("black", 8.0, 14.0),)}),
    "gap": healthy(
        video={"longest_gap_s": 3.0, "longest_gap_at_s": 6.0, "spans": (span("gap", 6.0, 9.0),), "fps": 18.0}
    ),
    "own host": healthy(host=HostFacts(loop_lag_p95_s=0.5, spikes=(LagSpike(at_s=6.0, lag_s=0.5),))),
    "refused": healthy(
        Depth.SESSION,
        refusal=REFUSED,
        session_id=None,
        steps=(step("credits", 0.0), step("start", 0.3, 0.6, ok=False, status=500)),
    ),
    "no avatar": healthy(
        room=RoomFacts(connect_started_s=0.9, connected_s=1.1, watched_until_s=21.1), **NO_PICTURE
    ),
    "nothing at all": healthy(Depth.API, steps=(), finished_s=0.0),
    "long watch": long_watch(),
}

BREAKING_OUT = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(1)</script>",
    "</title></svg><script src=https://evil.example/x.js></script>",
    "{{ 7 * 7 }}{% raw %}",
    "\x00\x08\x1b[31m\ufffe ]]> <!-- &amp; &lt;",
)


def hostile(words: str) -> Facts:
    """A check in which everything that others may name says `words`."""
    facts = healthy(
        Depth.CONVERSATION,
        audio=spoken(),
        events=(EventFact(at_s=5.0, type=words, topic=words, sender=words, detail=words),),
        refusal=Refusal(step="start", error="ServerFault", status=500, sentence=words),
        steps=(step("start", 0.3, 0.6, ok=False, status=500), step(words, 1.0)),
        notes=(words,),
        probe_failure=words,
        room={"disconnect_reason": words, "disconnected_s": 13.0, "participants": (words,)},
        network={"codec": words, "decoder": words},
    )
    target = facts.target.model_copy(
        update={"name": words, "stack": words, "template": words, "avatar_id": words, "connector": words}
    )
    return facts.model_copy(update={"target": target, "session_id": words})


def everything_shown(count: int = 12) -> Sequence[tuple[str, HealthResult, list[Thumbnail]]]:
    """Every check by name, judged, with pictures where frames came."""
    return [
        (name, result_of(facts), pictures(count) if facts.video.frames else [])
        for name, facts in CHECKS.items()
    ]
