"""Who left: the avatar, or we? Told from the room's own events, without a room."""

import asyncio
from types import SimpleNamespace

import pytest

from liveavatar_ops.health.facts import Depth, RoomFacts, TargetFacts
from liveavatar_ops.health.frames import AVATAR, RoomWatch
from liveavatar_ops.health.notebook import Notebook

HEYGEN = SimpleNamespace(identity=AVATAR, track_publications={})


def after(*events: str, at_s: float = 0.1) -> RoomFacts:
    """The room's facts after these events, `at_s` from one to the next; the avatar joined before them."""
    now = [0.0]

    async def play() -> RoomFacts:
        notes = Notebook(TargetFacts(name="desk", depth=Depth.VIDEO), clock=lambda: now[0])
        notes.call("credits", lambda: None)
        watch = RoomWatch(notes, on_frame=lambda _: None, on_sound=lambda _bytes, _at_s: None)
        there: dict[str, object] = watch.room._remote_participants  # what the SDK lists as present
        for name in ("participant_connected", *events):
            now[0] += at_s
            if name == "participant_connected":
                there[AVATAR] = HEYGEN
            elif name == "participant_disconnected":
                there.clear()
            watch.room.emit(name, *([HEYGEN] if name.startswith("participant") else []))  # type: ignore[arg-type]  # the SDK lists names as a Literal
        return notes.facts().room

    return asyncio.run(play())


def test_an_avatar_that_left_has_left():
    facts = after("participant_disconnected")

    assert facts.avatar_left_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    "events",
    [
        ("reconnecting", "participant_disconnected", "participant_connected", "reconnected"),
        ("participant_disconnected", "reconnecting", "participant_connected", "reconnected"),
        ("reconnecting", "participant_disconnected", "reconnected", "participant_connected"),
    ],
    ids=["resuming failed first", "joined anew at once", "told afterwards who is there"],
)
def test_our_own_joining_anew_is_not_the_avatars_leaving(events: tuple[str, ...]):
    """The SDK empties the room before it joins anew; our network must not end the avatar."""
    facts = after(*events)

    assert facts.avatar_left_s is None
    assert facts.reconnects == 1


def test_an_avatar_that_is_gone_when_we_are_back_has_left():
    facts = after("reconnecting", "participant_disconnected", "reconnected")

    assert facts.avatar_left_s == pytest.approx(0.4)


def test_leaving_long_before_the_connection_broke_is_leaving():
    facts = after("participant_disconnected", "reconnecting", at_s=3.0)

    assert facts.avatar_left_s == pytest.approx(6.0)


def test_a_lost_connection_is_kept_with_its_times_and_stays_open_until_it_is_back():
    lost, back = after("reconnecting"), after("reconnecting", "reconnecting", "reconnected")

    assert [(each.since_s, each.until_s) for each in lost.reconnections] == [(pytest.approx(0.2), None)]
    assert lost.reconnecting_s == 0
    assert [(each.since_s, each.until_s) for each in back.reconnections] == [
        (pytest.approx(0.2), pytest.approx(0.4))
    ]
    assert back.reconnecting_s == pytest.approx(0.2)
