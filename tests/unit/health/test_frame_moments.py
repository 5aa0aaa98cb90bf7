"""When a frame came: what its receiver says, and not when we got round to it."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.frames import AVATAR, SAME_CLOCK_S, RoomWatch
from liveavatar_ops.health.notebook import Notebook
from livekit import rtc

T0 = 5000.0  # of the machine's clock, when the first API call was made


def moments(monkeypatch: pytest.MonkeyPatch, stamps_s: list[float], *, read_at_s: float) -> list[float]:
    """Where on the check's clock frames are put whose stamps are these; all are read at one moment."""
    clock = SimpleNamespace(now=T0)
    notes = Notebook(TargetFacts(name="desk", depth=Depth.VIDEO), clock=lambda: clock.now)
    notes.call("credits", lambda: None)
    clock.now = read_at_s

    async def stream(*_track: object, **_how: object) -> AsyncIterator[SimpleNamespace]:
        for stamp_s in stamps_s:
            frame = SimpleNamespace(width=32, height=16, data=bytes(768))
            yield SimpleNamespace(frame=frame, timestamp_us=round(stamp_s * 1e6))

    monkeypatch.setattr(rtc, "VideoStream", stream)
    seen: list[float] = []

    async def watch() -> float | None:
        visit = RoomWatch(
            notes, on_frame=lambda frame: seen.append(frame.at_s), on_sound=lambda _sound, _at_s: None
        )
        publication = SimpleNamespace(kind=rtc.TrackKind.KIND_VIDEO)
        visit.room.emit("track_subscribed", "track", publication, SimpleNamespace(identity=AVATAR))
        for _ in range(10 + len(stamps_s)):
            await asyncio.sleep(0)
        return visit.first_frame_s

    assert asyncio.run(watch()) == seen[0]
    return seen


def test_frames_read_in_one_go_keep_the_moments_at_which_they_came(monkeypatch: pytest.MonkeyPatch):
    """A loop that slept for a second must not make a gap of it, nor a burst after it."""
    came = [2.0, 2.04, 2.08, 2.92]

    seen = moments(monkeypatch, [T0 + at_s for at_s in came], read_at_s=T0 + 3.0)

    assert seen == pytest.approx(came, abs=1e-5)


@pytest.mark.parametrize("stamp_s", [0.0, 1.7e9, T0 + 3.0 - SAME_CLOCK_S])
def test_a_stamp_of_another_clock_is_replaced_by_now(monkeypatch: pytest.MonkeyPatch, stamp_s: float):
    """The time of day, or a clock that starts with the stream, says nothing on ours."""
    assert moments(monkeypatch, [stamp_s], read_at_s=T0 + 3.0) == pytest.approx([3.0])
