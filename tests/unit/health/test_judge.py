"""The judgement: every cause can be reached, the root is named, and silence is never called health."""

import itertools
import random

import pytest

from liveavatar_ops.health.facts import (
    Depth,
    HostFacts,
    RoomFacts,
    StopFacts,
    VideoFacts,
)
from liveavatar_ops.health.judge import ROOT_FIRST, judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, exit_code
from tests.support.health_facts import healthy, step
from tests.support.health_fault_parts import STARVED, TALK, D, H, I, U
from tests.support.health_faults import TABLE, refused


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
