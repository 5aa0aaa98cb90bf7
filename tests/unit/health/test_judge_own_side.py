"""What our own side may have caused is doubtful, what it cannot have caused stands; and what it missed."""

from typing import Any

import pytest

from liveavatar_ops.health.facts import (
    AudioFacts,
    Depth,
    EventFact,
    HostFacts,
    LagSpike,
    LipFacts,
    RoomFacts,
    SizeChange,
    StopFacts,
    VideoFacts,
)
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity, Verdict
from tests.support.health_facts import healthy, span

STARVED = HostFacts(loop_lag_p95_s=0.3, loop_lag_max_s=1.2, busy_share=1.0, cores=2)
TALK = Depth.CONVERSATION
SILENT = {
    "answer_started_s": None,
    "answer_latency_s": None,
    "answer_speech_s": 0.0,
    "waited_s": 12.0,
    "mouth_moving_s": 0.0,
}


def series(*stretches):
    """Moments of looks: (from, to, looks a second)."""
    moments = [
        round(start + n / rate, 3) for start, end, rate in stretches for n in range(int((end - start) * rate))
    ]
    return {
        "frames": len(moments),
        "series": {
            "at_s": moments,
            "luma": [100.0] * len(moments),
            "motion": [0.0] * len(moments),
        },
    }


def seen(kind, measures, start_s=3.0, end_s=13.5, looks_per_s=25.0):
    """Video with something wrong from start to end, looked at so often then, and else 25 times a second."""
    looks = series((2.0, start_s, 25), (start_s, end_s, looks_per_s), (end_s, 14.0, 25))
    return {**looks, **measures, "spans": (span(kind, start_s, end_s),)}


FROZEN = {"frozen_s": 10.5, "frozen_at_s": 3.0}
BLACK = {"black_s": 9.5}
HELD = {"frozen_while_speaking_s": 2.5, "frozen_s": 2.5, "frozen_at_s": 3.0}


def verdict(facts):
    judged = judge(facts, Limits())
    return judged.verdict, judged.cause


@pytest.mark.parametrize(
    ("kind", "measures", "cause"), [("frozen", FROZEN, Cause.FROZEN), ("black", BLACK, Cause.BLACK)]
)
def test_content_is_proof_on_a_starved_host_if_it_was_looked_at_all_along(kind, measures, cause):
    """Twenty-five looks a second before and after prove nothing of a spell with two a second."""
    often = healthy(host=STARVED, video=seen(kind, measures))
    seldom = healthy(host=STARVED, video=seen(kind, measures, looks_per_s=2.0))

    assert verdict(often) == (Verdict.UNHEALTHY, cause)
    assert verdict(seldom) == (Verdict.INCONCLUSIVE, Cause.OWN_HOST)


def test_a_long_series_that_was_put_into_bins_counts_its_frames():
    """A point of a long watch stands for several frames."""
    video = seen("frozen", FROZEN, looks_per_s=5.0) | {"frames": 5 * 55}

    assert verdict(healthy(host=STARVED, video=video)) == (Verdict.UNHEALTHY, Cause.FROZEN)


def test_standing_while_heard_needs_sound_that_came_from_the_other_side():
    """A voice that our decoder stretched over its own waits is late against the picture."""
    video = seen("frozen", HELD, start_s=3.0, end_s=5.5)

    assert verdict(healthy(host=STARVED, video=video)) == (Verdict.UNHEALTHY, Cause.FROZEN)
    assert verdict(healthy(host=STARVED, video=video, network={"concealed_share": 0.5}))[0] is (
        Verdict.INCONCLUSIVE
    )
    assert verdict(healthy(host=STARVED, video=video, audio={"heard_s": 3.0}))[0] is Verdict.INCONCLUSIVE


def test_silence_that_our_own_decoder_made_up_is_no_mute_avatar():
    claimed = healthy(TALK, host=STARVED, conversation=SILENT)

    assert verdict(claimed) == (Verdict.UNHEALTHY, Cause.MUTE)
    assert verdict(claimed.model_copy(update={"network": claimed.network.model_copy(
        update={"concealed_share": 0.4})})) == (Verdict.INCONCLUSIVE, Cause.OWN_HOST)  # fmt: skip
    assert verdict(claimed.model_copy(update={"network": claimed.network.model_copy(
        update={"concealed_silence_share": 0.4})})) == (Verdict.INCONCLUSIVE, Cause.OWN_HOST)  # fmt: skip


DOUBTFUL = {
    "a smaller layer was sent": {
        "video": {
            "sizes": (SizeChange(at_s=2.0, width=640, height=360),), "width": 640, "height": 360,
            "smallest_width": 640, "smallest_height": 360,
        }
    },
    "late sound over a mouth that had moved": {
        "depth": TALK,
        "conversation": {"lips": LipFacts(moving_share=0.1, correlation=0.2, speech_s=4.0)},
    },
    "late sound over lips": {
        "depth": TALK,
        "conversation": {"lips": LipFacts(moving_share=0.9, correlation=0.8, offset_s=-0.3, speech_s=4.0)},
    },
    "the room ended, nobody said why": {"room": {"disconnected_s": 8.0}},
    "the room ended for an unknown reason": {
        "room": {"disconnected_s": 8.0, "disconnect_reason": "UNKNOWN_REASON"}
    },
    "cut off before the avatar came": {
        "room": RoomFacts(connect_started_s=1.0, connected_s=1.2, watched_until_s=4, disconnected_s=3.0),
        "video": VideoFacts(watched_until_s=4.0),
        "audio": AudioFacts(),
    },
}  # fmt: skip


@pytest.mark.parametrize("changes", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_lateness_can_cause_is_doubtful_on_a_starved_host(changes):
    facts = healthy(**changes)

    assert judge(facts, Limits()).verdict in {Verdict.UNHEALTHY, Verdict.DEGRADED}
    assert verdict(facts.model_copy(update={"host": STARVED})) == (Verdict.INCONCLUSIVE, Cause.OWN_HOST)


@pytest.mark.parametrize(
    "changes",
    [
        {"room": {"avatar_left_s": 8.0}},
        {"room": {"disconnected_s": 8.0, "disconnect_reason": "ROOM_DELETED"}},
        {"room": {"disconnected_s": 8.0}, "events": (EventFact(at_s=7.9, type="session.stopped"),)},
    ],
    ids=["the avatar left", "the room was deleted", "the service said that it stopped"],
)
def test_an_end_that_the_other_side_told_stands_on_a_starved_host(changes):
    assert verdict(healthy(host=STARVED, **changes)) == (Verdict.UNHEALTHY, Cause.AVATAR_LEFT)


def test_a_gap_in_which_we_stood_still_ourselves_is_not_the_avatars():
    """One stall of our machine in a long watch is too little to be called starved, yet it made this gap."""
    stalled = {"longest_gap_s": 2.6, "longest_gap_at_s": 60.0, "freeze_s": 2.6, "window_s": 148.0}
    room = {"watched_until_s": 150.0}
    ours = healthy(video=stalled, room=room, host={"spikes": (LagSpike(at_s=62.5, lag_s=2.4),)})
    elsewhere = healthy(video=stalled, room=room, host={"spikes": (LagSpike(at_s=90.0, lag_s=2.4),)})
    brief = healthy(video=stalled, room=room, host={"spikes": (LagSpike(at_s=62.5, lag_s=0.4),)})

    judged = judge(ours, Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_HOST)
    assert judged.headline.endswith("; our own process stood still for 2.4 s of it.")
    assert verdict(elsewhere) == verdict(brief) == (Verdict.UNHEALTHY, Cause.FROZEN)


def test_a_session_left_open_is_said_once():
    """The sentence of the stop says it whole; without one there is a plain one."""
    said = "LiveAvatar session 5f3a may still be open and billing: it could not be stopped (500)."
    told = judge(healthy(stop=StopFacts(needed=True, sentence=said)), Limits())
    untold = judge(healthy(stop=StopFacts(needed=True)), Limits())

    assert told.headline == said
    assert untold.headline == "The LiveAvatar session may still be open and billing."


def watched(watch_s, video_s, **more):
    facts = healthy(video={"first_frame_s": 2.0, "watched_until_s": 2.0 + video_s}, **more)
    return judge(facts, Limits(watch_s=watch_s)).reasons


def test_a_watch_too_short_to_see_a_stall_says_so():
    """Healthy is what was seen; what could not be seen is named, with the length that would do."""
    (note,) = watched(2.0, 2.0)

    assert note.severity is Severity.NOTE
    assert note.sentence == (
        "The picture was watched for 2 s only: too short to be sure that it does not stall or stand. "
        "Watch for 4 s or more (--watch-for, limit watch_s)."
    )


@pytest.mark.parametrize(
    ("watch_s", "video_s", "more"),
    [(4.0, 4.0, {}), (2.0, 9.0, {}), (10.0, 3.0, {})],
    ids=["long enough", "watched longer, as it talked", "it was not the command that was short"],
)
def test_a_watch_that_was_long_enough_needs_no_note(watch_s, video_s, more):
    assert watched(watch_s, video_s, **more) == ()


@pytest.mark.parametrize(
    "room",
    [
        {"avatar_joined_s": 1.2, "watched_until_s": 4.0},
        {"avatar_joined_s": None, "avatar_left_s": None, "watched_until_s": 4.0},
    ],
    ids=["no frame yet", "no avatar yet"],
)
def test_of_a_probe_that_broke_nothing_is_said_that_it_did_not_wait_for(room: dict[str, Any]):
    """It ended while it waited: not a word about the avatar."""
    facts = healthy(probe_failure="no space left on device", room=room, video=VideoFacts(watched_until_s=4.0))

    judged = judge(facts, Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_HOST)
    assert [reason.cause for reason in judged.reasons] == [Cause.OWN_HOST]
    assert judged.headline == "No space left on device."
