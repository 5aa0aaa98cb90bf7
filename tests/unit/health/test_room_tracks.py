"""Whose tracks are watched, when they end, and what the service says of it: without a room."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from liveavatar_ops.health.facts import Depth, Facts, TargetFacts
from liveavatar_ops.health.frames import AVATAR, MOST_EVENTS, RoomWatch
from liveavatar_ops.health.notebook import Notebook
from livekit import rtc

KINDS = {"video": rtc.TrackKind.KIND_VIDEO, "audio": rtc.TrackKind.KIND_AUDIO}
Step = Callable[["Visit"], None]


class Visit:
    """A visit whose readers note whose track they would read; a second passes before each step."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self.reads: list[tuple[str, str]] = []
        self.notes = Notebook(TargetFacts(name="desk", depth=Depth.VIDEO), clock=lambda: self.at_s)
        self.notes.call("credits", lambda: None)
        self.watch = RoomWatch(self.notes, on_frame=lambda _: None, on_sound=lambda _bytes, _at_s: None)
        self.watch._read_video = lambda track: self._reading("video", track)  # type: ignore[method-assign,assignment]
        self.watch._read_audio = lambda track: self._reading("audio", track)  # type: ignore[method-assign,assignment]

    async def _reading(self, kind: str, track: str) -> None:
        self.reads.append((kind, track))

    def emit(self, name: str, *what: object) -> None:
        self.watch.room.emit(name, *what)  # type: ignore[arg-type]  # the SDK lists names as a Literal

    @property
    def facts(self) -> Facts:
        return self.notes.facts()


def who(identity: str) -> SimpleNamespace:
    return SimpleNamespace(identity=identity, track_publications={})


def joins(identity: str = AVATAR) -> Step:
    return lambda visit: visit.emit("participant_connected", who(identity))


def leaves(identity: str = AVATAR) -> Step:
    return lambda visit: visit.emit("participant_disconnected", who(identity))


def shows(kind: str, identity: str = AVATAR) -> Step:
    """Subscribed to; the track's name says whose it is."""
    publication = SimpleNamespace(kind=KINDS[kind])
    return lambda visit: visit.emit("track_subscribed", identity, publication, who(identity))


def ends(kind: str, identity: str = AVATAR) -> Step:
    return lambda visit: visit.emit("track_unpublished", SimpleNamespace(kind=KINDS[kind]), who(identity))


def mutes(kind: str, identity: str = AVATAR, *, again: bool = False) -> Step:
    name = "track_unmuted" if again else "track_muted"
    return lambda visit: visit.emit(name, who(identity), SimpleNamespace(kind=KINDS[kind]))


def says(*, topic: str = "agent-response", **said: object) -> Step:
    packet = SimpleNamespace(topic=topic, data=json.dumps(said).encode(), participant=who(AVATAR))
    return lambda visit: visit.emit("data_received", packet)


def after(*steps: Step) -> Visit:
    async def play() -> Visit:
        visit = Visit()
        for step in steps:
            visit.at_s += 1.0
            step(visit)
            await asyncio.sleep(0)
        return visit

    return asyncio.run(play())


@pytest.mark.parametrize("order", [("video", "audio"), ("audio", "video")])
def test_another_that_shows_a_picture_is_heard_too_in_whatever_order_its_tracks_come(order: tuple[str, str]):
    """Facts §3.3: if nobody is called heygen, the one with the picture is the avatar."""
    visit = after(joins("anna"), *(shows(kind, "anna") for kind in order))

    assert sorted(visit.reads) == [("audio", "anna"), ("video", "anna")]
    assert visit.facts.room.audio_subscribed_s is not None
    assert visit.facts.notes == (f"no participant {AVATAR}; anna shows the picture",)


def test_only_one_picture_is_judged():
    """Two in one meter would be cuts and gaps that nobody saw."""
    visit = after(joins("anna"), shows("video", "anna"), joins(), shows("video"), shows("audio"))

    assert visit.reads == [("video", "anna")]
    assert visit.facts.notes[1] == f"{AVATAR} came after anna, whose picture is judged"


def test_who_is_judged_leaves_and_nobody_else():
    tracks = (joins("anna"), shows("video", "anna"), joins())

    assert after(*tracks, leaves()).facts.room.avatar_left_s is None
    assert after(*tracks, leaves("anna")).facts.room.avatar_left_s == 4.0


def test_a_stranger_beside_the_avatar_is_not_watched():
    visit = after(joins(), joins("anna"), shows("video", "anna"), shows("audio", "anna"), shows("video"))

    assert visit.reads == [("video", AVATAR)]


@pytest.mark.parametrize(
    ("steps", "ended"),
    [
        ((ends("video"),), (3.0, "unpublished")),
        ((mutes("video"),), (3.0, "muted")),
        ((mutes("video"), mutes("video", again=True)), (None, None)),
        ((ends("video"), shows("video")), (None, None)),
        ((ends("audio"), mutes("audio"), mutes("video", "anna")), (None, None)),
        ((lambda visit: visit.emit("reconnecting"), ends("video")), (None, None)),
    ],
    ids=["taken back", "muted", "muted for a while", "shown anew", "another track", "we were cut off"],
)
def test_a_picture_ends_with_its_track(steps: tuple[Step, ...], ended: tuple[float | None, str | None]):
    room = after(joins(), shows("video"), *steps).facts.room

    assert (room.video_ended_s, room.video_ended_by) == ended


def test_leaving_is_one_word_and_not_two():
    """A track goes with its owner; both come at once."""

    def go(visit: Visit) -> None:
        ends("video")(visit)
        leaves()(visit)

    room = after(joins(), shows("video"), go).facts.room

    assert room.avatar_left_s == 3.0
    assert room.video_ended_s is None


@pytest.mark.parametrize("name", ["stop_reason", "end_reason"])
def test_why_a_session_was_stopped_is_read_under_either_name(name: str):
    """The SDK says stop_reason, other clients end_reason (facts §6.14)."""
    visit = after(joins(), says(event_type="session.stopped", **{name: "NO_CREDITS"}))

    assert visit.facts.out_of_credits
    assert visit.watch.over_s == 2.0


def test_the_end_is_heard_behind_any_number_of_events():
    chatter = [says(event_type="avatar.transcription.chunk", text="so")] * (MOST_EVENTS + 50)

    visit = after(*chatter, says(event_type="session.stopped"))

    assert len(visit.facts.events) == MOST_EVENTS + 1
    assert visit.facts.stopped is not None


@pytest.mark.parametrize(
    "step",
    [
        says(topic="chat", event_type="session.stopped"),
        says(text="no type"),
        lambda visit: visit.emit(
            "data_received", SimpleNamespace(topic="agent-response", data=b"[1]", participant=None)
        ),
    ],
    ids=["another topic", "no event", "no object"],
)
def test_what_is_no_event_is_no_event(step: Step):
    assert after(step).facts.events == ()
