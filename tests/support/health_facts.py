"""Facts of a healthy check, and a way to change one thing about them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from liveavatar_ops.health.facts import (
    ApiStep,
    AudioFacts,
    ConversationFacts,
    CreditFacts,
    Depth,
    Facts,
    FrameSeries,
    HostFacts,
    IcePath,
    LevelSeries,
    LipFacts,
    NetworkFacts,
    RoomFacts,
    SizeChange,
    Span,
    StopFacts,
    TargetFacts,
    VideoFacts,
)

STARTED = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def step(name: str, started_s: float, took_s: float = 0.08, **more: Any) -> ApiStep:
    """One API call that was answered, unless told otherwise."""
    return ApiStep(
        **{"name": name, "started_s": started_s, "took_s": took_s, "ok": True, "status": 200, **more}
    )


def healthy(depth: Depth = Depth.VIDEO, **changes: Any) -> Facts:
    """
    A healthy check of this depth. `changes` are fields of Facts; a mapping changes fields of a part:
    `healthy(video={"frozen_s": 12.0})`.
    """
    names = ["credits", "avatar"]
    steps = [step(name, index * 0.1) for index, name in enumerate(names)]
    parts: dict[str, Any] = {
        "target": TargetFacts(
            name="reception",
            depth=depth,
            stack="dev",
            template="reception",
            avatar_id="dd73ea75-1218-4ef3-92ce-606d5f7fbc0a",
            mode="LITE",
            connector="openai_realtime",
            width=1280,
            height=720,
            sandbox=True,
        ),
        "started_at": STARTED,
        "session_id": "5f3a9c1e-0000-4000-8000-000000000001" if depth.includes(Depth.SESSION) else None,
        "finished_s": 14.6,
        "credits": CreditFacts(before=Decimal(100), after=Decimal(99), estimate=Decimal(1)),
    }
    if depth.includes(Depth.SESSION):
        steps += [step("token", 0.2), step("start", 0.3, 0.6, status=201), step("stop", 14.4, 0.1)]
        parts["stop"] = StopFacts(needed=True, stopped=True, by="check", took_s=0.1)
    if depth.includes(Depth.VIDEO):
        parts |= _seen()
    if depth.includes(Depth.CONVERSATION):
        parts["conversation"] = _talk()
    parts["steps"] = tuple(steps)
    for name, change in changes.items():
        held = parts.get(name)
        if isinstance(change, Mapping) and isinstance(held, BaseModel):
            parts[name] = type(held).model_validate({**held.model_dump(), **change})
        else:
            parts[name] = change
    return Facts.model_validate(parts)


def _seen() -> dict[str, Any]:
    moments = [2.0 + index / 25 for index in range(300)]
    return {
        "room": RoomFacts(
            connect_started_s=0.95,
            connected_s=1.1,
            avatar_joined_s=1.6,
            video_published_s=1.65,
            video_subscribed_s=1.7,
            audio_published_s=1.65,
            audio_subscribed_s=1.7,
            watched_until_s=14.0,
            participants=("heygen",),
            path=IcePath(protocol="udp", local_type="host", remote_type="host", round_trip_s=0.02),
        ),
        "video": VideoFacts(
            frames=300,
            first_frame_s=2.0,
            last_frame_s=13.96,
            watched_until_s=14.0,
            window_s=10.0,
            fps=25.0,
            fps_eff=24.9,
            fps_first_third=25.0,
            fps_last_third=25.0,
            longest_gap_s=0.06,
            longest_gap_at_s=5.0,
            open_gap_s=0.04,
            frozen_s=0.8,
            frozen_at_s=6.0,
            frozen_kind="nearly",
            luma_mean=120.0,
            contrast=27.0,
            width=1280,
            height=720,
            smallest_width=1280,
            smallest_height=720,
            sizes=(SizeChange(at_s=2.0, width=1280, height=720),),
            series=FrameSeries(
                at_s=tuple(moments),
                luma=tuple(120.0 + index % 3 for index in range(300)),
                motion=tuple(1.0 + (index % 7) * 2 for index in range(300)),
            ),
        ),
        "audio": AudioFacts(
            frames=600,
            heard_s=12.0,
            first_frame_s=1.8,
            floor_dbfs=-96.0,
            peak_dbfs=-96.0,
            series=LevelSeries(
                at_s=tuple(2.0 + index / 10 for index in range(120)), dbfs=tuple(-90.0 for _ in range(120))
            ),
        ),
        "network": NetworkFacts(loss_share=0.0, jitter_s=0.004, codec="video/H264", concealed_share=0.0),
        "host": HostFacts(loop_lag_max_s=0.02, loop_lag_p95_s=0.004, cpu_share=0.3, busy_share=0.4, cores=4),
    }


def _talk() -> ConversationFacts:
    return ConversationFacts(
        prompt_started_s=5.0,
        prompt_ended_s=7.0,
        answer_started_s=8.2,
        answer_latency_s=1.2,
        answer_speech_s=3.5,
        waited_s=5.0,
        speak_started_event_s=8.1,
        speak_ended_event_s=11.8,
        user_heard_event_s=5.3,
        mouth_moving_s=3.5,
        lips=LipFacts(
            moving_share=0.9,
            mouth_speaking=6.0,
            mouth_silent=0.5,
            mouth_noise=0.4,
            correlation=0.8,
            offset_s=-0.02,
            speech_s=3.5,
        ),
    )


def span(kind: Any, start_s: float, end_s: float) -> Span:
    """A span of the given kind."""
    return Span(kind=kind, start_s=start_s, end_s=end_s)
