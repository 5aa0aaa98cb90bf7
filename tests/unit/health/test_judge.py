"""The judgement: every cause can be reached, the root is named, and silence is never called health."""

import itertools
import random

import pytest

from liveavatar_ops.health.facts import (
    AudioFacts,
    Depth,
    HostFacts,
    LagSpike,
    LipFacts,
    Refusal,
    RoomFacts,
    RoomFailure,
    SizeChange,
    StopFacts,
    VideoFacts,
)
from liveavatar_ops.health.judge import ROOT_FIRST, judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity, Verdict, exit_code
from tests.support.health_facts import healthy, span, step

NO_VIDEO = VideoFacts(watched_until_s=14.0)
STARVED = HostFacts(loop_lag_p95_s=0.3, loop_lag_max_s=1.2, busy_share=1.0, cores=2)
SILENT = {"answer_started_s": None, "answer_latency_s": None, "answer_speech_s": 0.0, "waited_s": 12.0}
UNHEARD = {"speak_started_event_s": None, "user_heard_event_s": None, "mouth_moving_s": 0.0}
NOTHING_HEARD = {**SILENT, **UNHEARD}


def refusal(error, *, status=None, code=None, at="start", **more):
    said = {"sentence": "LiveAvatar said no.", **more}
    return Refusal(step=at, error=error, status=status, code=code, **said)


def refused(error, **more):
    """A check that a call of the API ended."""
    return healthy(refusal=refusal(error, **more), room=RoomFacts(), video=VideoFacts(), audio=AudioFacts())


def room(**changes):
    """A room that the avatar never came to."""
    return RoomFacts(**{"connect_started_s": 1.0, "connected_s": 1.2, "watched_until_s": 21.2, **changes})


def failed_room(kind, **more):
    failure = RoomFailure(kind=kind, sentence="The LiveKit server could not be reached.", **more)
    return healthy(room=RoomFacts(connect_started_s=1.0, failure=failure), video=NO_VIDEO, audio=AudioFacts())


U, D, I, H = Verdict.UNHEALTHY, Verdict.DEGRADED, Verdict.INCONCLUSIVE, Verdict.HEALTHY  # noqa: E741  # I as in inconclusive
TALK = Depth.CONVERSATION

TABLE = {
    # what happened: facts, verdict, cause
    "all is well": (healthy(), H, Cause.NONE),
    "all is well, depth api": (healthy(Depth.API), H, Cause.NONE),
    "all is well, depth session": (healthy(Depth.SESSION), H, Cause.NONE),
    "all is well, depth conversation": (healthy(TALK), H, Cause.NONE),
    "wrong key": (refused("BadCredentials", status=401, at="credits"), U, Cause.CREDENTIALS),
    "too many sessions": (refused("ConcurrencyLimit", status=403, code=4003), I, Cause.QUOTA),
    "code 4003 under another class": (refused("BadCredentials", status=403, code=4003), I, Cause.QUOTA),
    "no credits": (refused("OutOfCredits", status=400, code=4033), I, Cause.QUOTA),
    "rate limit": (refused("TooFast", status=429, retry_after_s=7), I, Cause.QUOTA),
    "unknown avatar": (refused("Invalid", status=400), U, Cause.CONFIGURATION),
    "context deleted": (refused("NotThere", status=404, at="context"), U, Cause.CONFIGURATION),
    "server fault": (refused("ServerFault", status=500), U, Cause.VENDOR_API),
    "an answer nobody can read": (refused("Unreadable", status=200), U, Cause.VENDOR_API),
    "an error of a kind yet unknown": (refused("Teapot", status=418), U, Cause.VENDOR_API),
    "no answer after others came": (refused("Unreachable"), U, Cause.VENDOR_API),
    "no name service here": (
        healthy(
            refusal=refusal("Unreachable", own_network="name"),
            steps=(step("credits", 0.0, ok=False, status=None),),
            video=NO_VIDEO,
        ),
        I,
        Cause.OWN_NETWORK,
    ),
    "our proxy fails later": (refused("Unreachable", own_network="proxy"), I, Cause.OWN_NETWORK),
    "no room server here": (failed_room("signalling", own_network="listener"), I, Cause.OWN_NETWORK),
    "signalling does not answer": (failed_room("signalling"), U, Cause.SIGNALLING),
    "room token refused": (failed_room("token"), U, Cause.SIGNALLING),
    "joining hangs": (failed_room("deadline"), U, Cause.SIGNALLING),
    "media path blocked": (failed_room("ice", tcp_would_work=True), U, Cause.ICE),
    "avatar never came": (healthy(room=room(), video=NO_VIDEO), U, Cause.NO_AVATAR),
    "room closed before the avatar": (
        healthy(room=room(disconnected_s=3.0, disconnect_reason="ROOM_DELETED"), video=NO_VIDEO),
        U,
        Cause.NO_AVATAR,
    ),
    "nobody waited for the avatar": (
        healthy(room=room(watched_until_s=4.0), video=NO_VIDEO), I, Cause.NO_AVATAR
    ),
    "avatar late": (healthy(room={"avatar_joined_s": 9.0}), D, Cause.SLOW),
    "avatar far too late": (healthy(room={"avatar_joined_s": 17.0}), U, Cause.SLOW),
    "first frame far too late": (healthy(video={"first_frame_s": 17.0}), U, Cause.SLOW),
    "no video track": (
        healthy(room=room(avatar_joined_s=2.0, watched_until_s=12.0), video=NO_VIDEO), U, Cause.NO_VIDEO
    ),
    "video track without frames": (
        healthy(
            room=room(
                avatar_joined_s=2.0, video_published_s=2.1, video_subscribed_s=2.2, watched_until_s=12.1
            ),
            video=NO_VIDEO,
        ),
        U,
        Cause.NO_VIDEO,
    ),
    "avatar left": (healthy(room={"avatar_left_s": 8.0}), U, Cause.AVATAR_LEFT),
    "room closed under us": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "ROOM_DELETED"}), U, Cause.AVATAR_LEFT
    ),
    "signalling broke off": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "SIGNAL_CLOSE"}), U, Cause.SIGNALLING
    ),
    "media broke off": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "MEDIA_FAILURE"}), U, Cause.ICE
    ),
    "reconnected once": (healthy(room={"reconnects": 1, "reconnecting_s": 0.8}), D, Cause.SIGNALLING),
    "black": (
        healthy(
            video={"black_s": 8.0, "frozen_s": 8.0, "frozen_at_s": 6.0, "spans": (span("black", 6, 14),)}
        ),
        U,
        Cause.BLACK,
    ),
    "a flash of black": (healthy(video={"black_s": 0.5}), D, Cause.BLACK),
    "one colour": (healthy(video={"one_colour_s": 8.0}), U, Cause.ONE_COLOUR),
    "frozen": (healthy(video={"frozen_s": 11.0}), U, Cause.FROZEN),
    "stood for a while": (healthy(video={"frozen_s": 7.0}), D, Cause.FROZEN),
    "stood while heard": (healthy(video={"frozen_while_speaking_s": 2.5}), U, Cause.FROZEN),
    "stalled": (
        healthy(video={"longest_gap_s": 3.0, "freeze_s": 3.0, "fps": 17.0, "fps_eff": 4.0}), U, Cause.FROZEN
    ),
    "a slide show": (healthy(video={"fps": 8.0, "fps_eff": 8.0}), U, Cause.SLOW),
    "jerky": (healthy(video={"fps": 15.0}), D, Cause.SLOW),
    "the rate falls": (healthy(video={"fps_first_third": 25.0, "fps_last_third": 9.0}), U, Cause.SLOW),
    "many hitches": (healthy(video={"freeze_s": 1.2, "freeze_count": 5}), U, Cause.SLOW),
    "small": (
        healthy(
            video={
                "sizes": (SizeChange(at_s=2.0, width=640, height=360),), "width": 640, "height": 360,
                "smallest_width": 640, "smallest_height": 360,
            }
        ),
        U,
        Cause.SMALL,
    ),
    "no sound track, nobody asked for one": (
        healthy(room={"audio_subscribed_s": None}, audio=AudioFacts()), D, Cause.MUTE
    ),
    "no sound track": (
        healthy(TALK, room={"audio_subscribed_s": None}, audio=AudioFacts(), conversation=NOTHING_HEARD),
        U,
        Cause.MUTE,
    ),
    "no sound track, and a moving mouth": (
        healthy(
            TALK,
            room={"audio_subscribed_s": None},
            audio=AudioFacts(),
            conversation={**NOTHING_HEARD, "mouth_moving_s": 3.0},
        ),
        U,
        Cause.MUTE,
    ),
    "says it speaks, is not heard": (
        healthy(TALK, conversation={**SILENT, "mouth_moving_s": 0.0}), U, Cause.MUTE
    ),
    "moving mouth without a voice": (
        healthy(TALK, conversation={**NOTHING_HEARD, "mouth_moving_s": 3.0}), U, Cause.SILENT_MOUTH
    ),
    "no answer": (healthy(TALK, conversation=NOTHING_HEARD), U, Cause.NO_ANSWER),
    "nobody waited for the answer": (
        healthy(TALK, conversation={**NOTHING_HEARD, "waited_s": 2.0}), I, Cause.NO_ANSWER
    ),
    "slow answer": (healthy(TALK, conversation={"answer_latency_s": 5.0}), D, Cause.SLOW),
    "answer far too late": (healthy(TALK, conversation={"answer_latency_s": 9.0}), U, Cause.SLOW),
    "voice with a still mouth": (
        healthy(
            TALK,
            conversation={
                "lips": LipFacts(moving_share=0.05, mouth_speaking=0.4, correlation=0.1, speech_s=4.0)
            },
        ),
        U,
        Cause.STILL_MOUTH,
    ),
    "lips out of time": (
        healthy(
            TALK,
            conversation={
                "lips": LipFacts(
                    moving_share=0.9, mouth_speaking=6, correlation=0.8, offset_s=0.2, speech_s=4.0
                )
            },
        ),
        D,
        Cause.LIP_SYNC,
    ),
    "clipped": (
        healthy(TALK, audio={"speech_s": 3.0, "level_dbfs": -6.0, "clipped_share": 0.2}), U, Cause.DISTORTED
    ),
    "hard to hear": (healthy(TALK, audio={"speech_s": 3.0, "level_dbfs": -43.0}), D, Cause.MUTE),
    "left open": (healthy(stop=StopFacts(needed=True, sentence="500.")), U, Cause.CLEAN_UP),
    "slow to stop": (healthy(stop={"took_s": 8.0}), D, Cause.SLOW),
    "probe died": (
        healthy(probe_failure="the probe process ended by SIGKILL", room=RoomFacts(), video=NO_VIDEO),
        I,
        Cause.OWN_HOST,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "verdict", "cause"), TABLE.values(), ids=TABLE)
def test_each_fault_gets_its_verdict_and_its_cause(facts, verdict, cause):
    """The fault table, by facts alone."""
    judged = judge(facts, Limits())

    assert (judged.verdict, judged.cause) == (verdict, cause)
    assert bool(judged.next_step) == (verdict is not H)
    assert judged.headline.endswith(".")


def test_every_cause_can_be_reached():
    """A cause that no facts lead to would be a word without a meaning."""
    assert {cause for _, _, cause in TABLE.values()} == set(Cause)


def test_every_cause_has_a_place_in_the_order_of_roots():
    assert sorted(ROOT_FIRST) == sorted(Cause)


def test_the_root_comes_first_and_every_reason_is_reported():
    """Two faults seen together name the cause: a stall also lowers the rate and counts as a freeze."""
    judged = judge(TABLE["stalled"][0], Limits())

    assert [reason.measure for reason in judged.reasons] == ["gap", "freeze_ratio", "fps"]
    assert judged.headline == "No frame came for 3 s while the track was live (limit 2 s)."


def test_a_black_picture_is_not_called_frozen_too():
    assert {reason.cause for reason in judge(TABLE["black"][0], Limits()).reasons} == {Cause.BLACK}


def test_frames_that_ceased_because_the_avatar_left_are_not_reported_again():
    facts = healthy(room={"avatar_left_s": 8.0}, video={"longest_gap_s": 1.0, "open_gap_s": 1.0, "fps": 18.0})

    assert [reason.cause for reason in judge(facts, Limits()).reasons] == [Cause.AVATAR_LEFT]


def test_a_refused_step_hides_what_it_made_impossible():
    """No second reason about the video that could not come."""
    judged = judge(refused("ServerFault", status=503), Limits())

    assert len(judged.reasons) == 1


STARVABLE = [
    name
    for name, (facts, verdict, cause) in TABLE.items()
    if verdict in {U, D}
    and cause in {Cause.SLOW, Cause.NO_AVATAR, Cause.NO_VIDEO, Cause.SIGNALLING, Cause.ICE, Cause.NO_ANSWER}
    and not facts.refusal
    and name not in {"room closed before the avatar", "room token refused"}
]


@pytest.mark.parametrize("name", STARVABLE)
def test_a_starved_host_is_never_the_avatars_fault(name):
    """What our own lateness can cause is inconclusive, and says whose fault it may be."""
    facts = TABLE[name][0].model_copy(update={"host": STARVED})

    judged = judge(facts, Limits())

    assert (judged.verdict, judged.cause) == (I, Cause.OWN_HOST)
    assert any(
        reason.severity is Severity.DOUBTFUL and reason.cause is TABLE[name][2] for reason in judged.reasons
    )


@pytest.mark.parametrize(
    "name",
    [
        "room closed before the avatar",
        "room token refused",
        "black",
        "one colour",
        "frozen",
        "wrong key",
        "avatar left",
        "left open",
    ],
)
def test_what_the_frames_held_is_proof_on_a_starved_host_too(name):
    """Twenty-five black pictures a second are black however busy we are, and a refusal is a refusal."""
    facts, verdict, cause = TABLE[name]

    judged = judge(facts.model_copy(update={"host": STARVED}), Limits())

    assert (judged.verdict, judged.cause) == (verdict, cause)


def test_a_picture_seen_too_seldom_is_no_proof_on_a_starved_host():
    """Between two looks a second the avatar may have blinked."""
    facts = healthy(video={"frozen_s": 11.0, "analysed_share": 0.1}, host=STARVED)

    assert judge(facts, Limits()).verdict is I


@pytest.mark.parametrize(
    "host",
    [
        {"loop_lag_p95_s": 0.25},
        {"busy_share": 0.99},
        {"waited_share": 0.7},
        {"frames_dropped": 30},
        {"spikes": (LagSpike(at_s=5.0, lag_s=0.9),)},
    ],
    ids=["late loop", "busy", "waited for a CPU", "dropped frames", "one long spike"],
)
def test_each_witness_of_starvation_is_heard(host):
    facts = healthy(host=host, video={"fps": 9.0})

    assert judge(facts, Limits()).cause is Cause.OWN_HOST
    assert judge(healthy(video={"fps": 9.0}), Limits()).cause is Cause.SLOW


def test_a_starved_host_that_saw_a_healthy_avatar_says_so():
    """Good evidence stays good; the busy machine is only noted."""
    judged = judge(healthy(host=STARVED), Limits())

    assert judged.verdict is H
    assert [reason.severity for reason in judged.reasons] == [Severity.NOTE]


def test_a_poor_network_is_noted_and_changes_nothing():
    judged = judge(healthy(network={"loss_share": 0.2, "jitter_s": 0.3}), Limits())

    assert judged.verdict is H
    assert [reason.sentence for reason in judged.reasons] == [
        "The network was poor: 20 % of the video's packets were lost.",
        "The network was poor: packets arrived with 0.3 s of jitter.",
    ]


def test_limits_decide():
    """The same facts, other lines, other verdict."""
    facts = healthy(video={"longest_gap_s": 3.0, "fps": 22.0})

    assert judge(facts, Limits()).verdict is U
    assert judge(facts, Limits(gap_degraded_s=4, gap_unhealthy_s=5)).verdict is H


def test_lip_sync_may_fail_a_check_only_where_that_was_asked_for():
    facts = TABLE["lips out of time"][0]

    assert judge(facts, Limits(lips_may_fail=True)).verdict is U


def test_no_facts_without_a_frame_are_ever_healthy_at_video_depth():
    """Property: whatever else the facts say, no frame is no health."""
    chance = random.Random(20261123)  # noqa: S311  # facts, not secrets
    moments = [None, 0.5, 2.0, 30.0]
    for _ in range(2000):
        facts = healthy(
            chance.choice([Depth.VIDEO, TALK]),
            video=VideoFacts(watched_until_s=chance.choice([0.0, 14.0])),
            room=RoomFacts(
                connected_s=chance.choice(moments),
                avatar_joined_s=chance.choice(moments),
                video_published_s=chance.choice(moments),
                video_subscribed_s=chance.choice(moments),
                audio_subscribed_s=chance.choice(moments),
                watched_until_s=chance.choice(moments),
                disconnected_s=chance.choice(moments),
                avatar_left_s=chance.choice(moments),
            ),
            host=chance.choice([HostFacts(), STARVED]),
            conversation=None,
            steps=chance.choice([(), (step("start", 0.1),)]),
        )

        assert judge(facts, Limits()).verdict in {U, I}


@pytest.mark.parametrize("depth", list(Depth))
def test_a_check_that_left_nothing_behind_is_inconclusive(depth):
    """Silence proves nothing."""
    facts = healthy(
        depth, steps=(), room=RoomFacts(), video=VideoFacts(), stop=StopFacts(), conversation=None
    )

    judged = judge(facts, Limits())

    assert (judged.verdict, judged.cause) == (I, Cause.OWN_HOST)


def test_a_conversation_that_did_not_take_place_is_not_healthy():
    assert judge(healthy(TALK, conversation=None), Limits()).verdict is I


def test_worse_numbers_never_give_a_better_verdict():
    """Property: each measure alone, from fine to terrible, only ever gets worse."""
    order = [H, D, U]
    for field, values in {
        "frozen_s": (0, 6, 11, 100),
        "black_s": (0, 0.5, 3, 100),
        "longest_gap_s": (0, 0.6, 3, 100),
        "fps": (25, 15, 5, 0),
    }.items():
        ranks = [order.index(judge(healthy(video={field: value}), Limits()).verdict) for value in values]

        assert all(a <= b for a, b in itertools.pairwise(ranks)), field
        assert ranks == [0, 1, 2, 2], field


def test_judging_twice_gives_the_same():
    facts = TABLE["stalled"][0]

    assert judge(facts, Limits()) == judge(facts, Limits())


@pytest.mark.parametrize(
    ("verdict", "strict", "code"),
    [(H, False, 0), (D, False, 0), (D, True, 1), (U, False, 1), (I, False, 3), (I, True, 3), (H, True, 0)],
)
def test_exit_codes(verdict, strict, code):
    assert exit_code(verdict, strict=strict) == code
