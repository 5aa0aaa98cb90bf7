"""How long the probe stays in the room, told in simulated time: no room, no API, no waiting."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.job import Job
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.probe import POLL_S, Probe
from pulumi_liveavatar.api.sessions import Started
from pulumi_liveavatar.settings import Settings

LIMITS = Limits(watch_s=10.0, watch_longer_s=12.0)
FIRST_FRAME_S = 1.0
NEVER_S = float("inf")
TOO_LONG_S = 1000.0
SLACK_S = 2 * POLL_S
TARGET = TargetFacts(name="desk", depth=Depth.VIDEO)

really_sleep = asyncio.sleep


@dataclass
class Clock:
    """Seconds that pass by sleeping only; who sleeps without end is told so."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        assert self.at < TOO_LONG_S, "nothing ends this wait"
        await really_sleep(0)


@dataclass
class Room:
    """What the probe reads of a room: the avatar is there and showed its first frame at 1 s."""

    over_s: float | None = None
    avatar_seen: bool = True
    first_frame_s: float | None = FIRST_FRAME_S
    video_track: None = None
    audio_track: None = None
    room: Any = field(init=False)

    def __post_init__(self) -> None:
        self.room = SimpleNamespace(get_rtc_stats=self._statistics)

    async def _statistics(self) -> SimpleNamespace:
        return SimpleNamespace(subscriber_stats=[], publisher_stats=[])


@dataclass
class Senses:
    """Cannot say until `until_s` whether the picture stands."""

    until_s: float = 0.0
    speech: Any = list

    def undecided_s(self, now_s: float) -> float:
        return max(self.until_s - now_s, 0.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("liveavatar_ops.health.probe.asyncio.sleep", clock.sleep)
    return clock


@pytest.fixture
def probe_with(tmp_path: Path, clock: Clock) -> Callable[..., Any]:
    """`probe_with(leave_after_s=60)`: a probe whose clock begins now; Any, for the fakes it is given."""

    def make(**job: Any) -> Probe:
        given = Job(
            check_id="check-1",
            target=job.pop("target", TARGET),
            body={},
            limits=LIMITS,
            workdir=tmp_path,
            ledger=tmp_path / "ledger.sqlite3",
            api_url="",
            **job,
        )
        settings = Settings(LIVEAVATAR_API_KEY="key", LIVEAVATAR_API_URL="http://127.0.0.1:9")
        probe = Probe(given, settings, lambda _phase: None)
        probe._notes.clock = clock
        probe._notes.now_s()
        return probe

    return make


@pytest.mark.parametrize(
    ("longest_s", "leave_after_s", "leaves_at_s"),
    [
        (60, None, 58.0),
        (None, 45.0, 43.0),
        (60, 45.0, 43.0),
        (45, 60.0, 43.0),
        (2, None, 1.0),
        (None, 0.0, 1.0),
        (None, None, NEVER_S),
    ],
    ids=[
        "the session's own end",
        "the budget's",
        "the budget's, which is first",
        "the session's, which is first",
        "a session of two seconds",
        "a budget of nothing",
        "neither is known",
    ],
)
def test_we_leave_two_seconds_before_the_first_end_but_stay_for_one(
    probe_with: Callable[..., Any],
    clock: Clock,
    longest_s: int | None,
    leave_after_s: float | None,
    leaves_at_s: float,
):
    """Both ends count from the start call, not from the check's first call."""
    probe = probe_with(leave_after_s=leave_after_s)
    clock.at = 7.0
    probe._notes.call("start", lambda: None)
    clock.at = 9.0

    assert probe._room_ends_at(opened(longest_s)) == 7.0 + leaves_at_s


@pytest.mark.parametrize(("answered", "leaves_at_s"), [(None, 58.0), (45, 43.0), (600, 58.0)])
def test_what_the_template_or_the_sandbox_allows_ends_it_where_the_answer_leaves_it_out(
    probe_with: Callable[..., Any], answered: int | None, leaves_at_s: float
):
    """`max_session_duration` is optional in the answer of the start call (LiveAvatar API facts §2.9)."""
    probe = probe_with(target=TARGET.model_copy(update={"max_session_duration_s": 60}))
    probe._notes.call("start", lambda: None)

    assert probe._room_ends_at(opened(answered)) == leaves_at_s


@pytest.mark.parametrize(
    ("asked_s", "answered_s", "longest_s"), [(60, None, 60), (None, 45, 45), (60, 45, 45), (None, None, None)]
)
def test_the_answer_of_the_start_call_may_shorten_what_is_known_of_the_length(
    probe_with: Callable[..., Any], asked_s: int | None, answered_s: int | None, longest_s: int | None
):
    probe = probe_with(target=TARGET.model_copy(update={"max_session_duration_s": asked_s}))
    probe._api._note_longest(opened(answered_s))

    assert probe._notes.facts().target.max_session_duration_s == longest_s


def test_a_talk_that_the_rooms_end_cuts_off_is_known_as_that(
    probe_with: Callable[..., Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    """Our own host was not to blame for it."""
    probe = probe_with(target=TARGET.model_copy(update={"depth": Depth.CONVERSATION}))

    async def endless(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("liveavatar_ops.health.probe.talk", endless)
    asyncio.run(probe._watch(Room(), Senses(), 14.0))

    assert probe._notes.facts().unasked.kind == "session_over"
    assert probe._notes.notes[-1].startswith("the talk was cut off: ")


@pytest.mark.parametrize(("over_s", "kept"), [(None, False), (9.0, True)], ids=["our time", "room over"])
def test_a_talk_that_only_our_own_time_cuts_off_is_no_short_session(
    probe_with: Callable[..., Any],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    over_s: float | None,
    kept: bool,
):
    """A longer session would not help."""
    probe = probe_with(target=TARGET.model_copy(update={"depth": Depth.CONVERSATION}))

    async def endless(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("liveavatar_ops.health.probe.talk", endless)
    asyncio.run(probe._watch(Room(over_s=over_s), Senses(), NEVER_S))

    assert (probe._notes.facts().unasked is not None) is kept


def test_without_a_start_no_end_is_known(probe_with: Callable[..., Any]):
    assert probe_with(leave_after_s=60.0)._room_ends_at(opened(60)) == NEVER_S


def opened(longest_s: int | None) -> Started:
    return Started(
        session_id="session-1",
        livekit_url="ws://127.0.0.1:9",
        livekit_client_token="token",
        max_session_duration=longest_s,
    )


@pytest.mark.parametrize(
    ("bounds", "ends_s"),
    [
        ({"by_s": 20.0}, 20.0),
        ({"by_s": 20.0, "done_s": 5.0}, 5.0),
        ({"by_s": 20.0, "room_ends_s": 8.0}, 8.0),
        ({"by_s": 20.0, "over_s": 3.0}, 4.0),
        ({"by_s": 20.0, "over_s": 3.0, "done_s": 3.5}, 3.5),
    ],
    ids=["its time is up", "done", "the room must be left", "a second after the end", "done in that second"],
)
def test_waiting_ends_with_its_time_or_the_room_or_a_second_after_the_avatar_left(
    probe_with: Callable[..., Any], clock: Clock, bounds: dict[str, float], ends_s: float
):
    """Frames that were on their way when the avatar left still arrive."""
    room, done_s = Room(bounds.get("over_s")), bounds.get("done_s", NEVER_S)
    waiting = probe_with()._until(
        room, bounds.get("room_ends_s", NEVER_S), bounds["by_s"], lambda: clock.at >= done_s
    )
    asyncio.run(waiting)

    assert ends_s <= clock.at <= ends_s + SLACK_S


def test_the_session_is_kept_alive_every_minute(probe_with: Callable[..., Any], clock: Clock):
    """LiveAvatar ends a session that it has not heard of for long."""
    probe, kept_at_s = probe_with(), []

    class Enough(Exception):
        """The loop has no end of its own."""

    def keep_alive() -> None:
        kept_at_s.append(clock.at)
        if len(kept_at_s) == 3:
            raise Enough

    probe._api = SimpleNamespace(keep_alive=keep_alive)
    with pytest.raises(Enough):
        asyncio.run(probe._keep_alive())

    assert kept_at_s == [60.0, 120.0, 180.0]


@pytest.mark.parametrize(
    ("undecided_until_s", "ends_s"),
    [(0.0, 11.0), (11.0, 11.0), (15.0, 15.0), (TOO_LONG_S, 23.0)],
    ids=["decided", "decided just in time", "decided late", "never decided"],
)
def test_a_picture_that_seems_to_stand_is_watched_longer_but_not_for_ever(
    probe_with: Callable[..., Any], clock: Clock, undecided_until_s: float, ends_s: float
):
    """Ten seconds from the first frame, and at most twelve more."""
    probe = probe_with()
    asyncio.run(probe._watch(Room(), Senses(undecided_until_s), NEVER_S))

    assert ends_s <= clock.at <= ends_s + SLACK_S
    assert probe._notes.notes == []


def test_watching_that_the_rooms_end_cuts_short_leaves_a_note(probe_with: Callable[..., Any], clock: Clock):
    """With how long it was, or the reader would wonder about ten seconds that are missing."""
    probe = probe_with()
    asyncio.run(probe._watch(Room(), Senses(TOO_LONG_S), 6.0))

    assert 6.0 <= clock.at <= 6.0 + SLACK_S
    assert probe._notes.notes == [
        "watched for 5 s of 10 s: the session may not last longer (its own limit, or --max-credits)"
    ]


@pytest.mark.parametrize("room_ends_s", [11.0, 14.0], ids=["with the watching", "while watching longer"])
def test_a_room_that_ends_after_the_full_watching_leaves_no_note(
    probe_with: Callable[..., Any], clock: Clock, room_ends_s: float
):
    """What was asked for was watched; only the longer look is cut short."""
    probe = probe_with()
    asyncio.run(probe._watch(Room(), Senses(TOO_LONG_S), room_ends_s))

    assert room_ends_s <= clock.at <= room_ends_s + SLACK_S
    assert probe._notes.notes == []
