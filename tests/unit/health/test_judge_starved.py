"""A machine that did not keep up: what it saw is held against nobody whom its lateness may have wronged."""

import pytest

from liveavatar_ops.health.facts import (
    LagSpike,
)
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity
from tests.support.health_facts import healthy
from tests.support.health_fault_parts import STARVED, D, H, I, U
from tests.support.health_faults import TABLE

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


TAKEN = {
    "a hypervisor took it": {"host": {"stolen_share": 0.6}},
    "the quota was used up": {"host": {"throttled_share": 0.5}},
    "the decoder dropped it": {"network": {"frames_decoded": 300, "frames_dropped": 180}},
}


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("seen", [{"fps": 10.0}, {"longest_gap_s": 3.0}], ids=["slow", "gap"])
def test_cpu_that_was_taken_from_us_is_not_the_avatars_fault(taken, seen):
    """Half a CPU is a usual size for a scheduled check: others may be free, and we are late all the same."""
    judged = judge(healthy(video=seen, **taken), Limits())

    assert (judged.verdict, judged.cause) == (I, Cause.OWN_HOST)


@pytest.mark.parametrize(
    "taken",
    [
        {"host": {"stolen_share": 0.05}},
        {"host": {"throttled_share": 0.1}},
        {"network": {"frames_decoded": 300, "frames_dropped": 12}},
        {"network": {"frames_decoded": None, "frames_dropped": None}},
    ],
)
def test_a_little_of_it_excuses_nothing(taken):
    assert judge(healthy(video={"fps": 9.0}, **taken), Limits()).cause is Cause.SLOW


def test_a_starved_host_that_saw_a_healthy_avatar_says_so():
    """Good evidence stays good; the busy machine is only noted."""
    judged = judge(healthy(host=STARVED), Limits())

    assert judged.verdict is H
    assert [reason.severity for reason in judged.reasons] == [Severity.NOTE]
