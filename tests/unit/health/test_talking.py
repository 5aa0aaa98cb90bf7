"""Our microphone on its way into the room: what the SDK raises becomes a fact, no silence of the avatar."""

import asyncio
from types import SimpleNamespace

import pytest
from livekit.rtc.participant import PublishTrackError

from liveavatar_ops.health import talking
from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.notebook import Notebook


def unasked_after(publishing):
    """The facts of a talk in a room whose publishing ends as told."""

    async def publish_track(*_):
        await publishing()

    async def begin():
        notes = Notebook(TargetFacts(name="desk", depth=Depth.CONVERSATION))
        room = SimpleNamespace(local_participant=SimpleNamespace(publish_track=publish_track))
        begun = []
        asked = await talking.talk(room, list, notes, Limits(), begun=lambda: begun.append(1))
        assert (asked, begun) == (None, [])
        return notes.facts().unasked

    return asyncio.run(begin())


@pytest.mark.parametrize("error", [PublishTrackError("not allowed"), RuntimeError("not allowed")])
def test_a_room_that_takes_no_microphone_is_kept_as_a_refusal(error):
    """The SDK's own error is a plain Exception."""

    async def refuse():
        raise error

    found = unasked_after(refuse)

    assert (found.kind, found.why) == ("microphone_refused", "not allowed")


def test_a_room_that_does_not_answer_is_kept_as_that(monkeypatch):
    monkeypatch.setattr(talking, "PUBLISH_WITHIN_S", 0.01)

    found = unasked_after(asyncio.Event().wait)

    assert found.kind == "microphone_unanswered"
