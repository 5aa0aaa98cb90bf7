"""No limit without effect: those that the judge alone reads, shifted, change the verdict."""

import numpy as np
import pytest

from liveavatar_ops.health.facts import (
    ArrivalSeries,
    Depth,
    EventFact,
    HostFacts,
    LagSpike,
    NetworkFacts,
)
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Verdict
from tests.support.health_facts import healthy, span
from tests.unit.health.test_limits_apply import limits

STARVED = HostFacts(loop_lag_p95_s=0.3, loop_lag_max_s=1.2, busy_share=1.0, cores=2)
FROZEN = {"frozen_s": 10.5, "frozen_at_s": 3.0}
SILENT = {
    "answer_started_s": None, "answer_latency_s": None, "answer_speech_s": 0.0, "waited_s": 12.0,
    "mouth_moving_s": 0.0,
}  # fmt: skip
BLACK_HALF = {
    "frozen_s": 11.0, "frozen_at_s": 2.5, "black_s": 6.0,
    "spans": (span("frozen", 2.5, 13.5), span("black", 2.5, 8.5)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "shifted"),
    [
        ({"host": {"stolen_share": 0.2}}, {"host_stolen_share": 0.5}),
        ({"host": {"throttled_share": 0.3}}, {"host_throttled_share": 0.5}),
        (
            {"network": {"frames_decoded": 300, "frames_dropped": 60}},
            {"host_decoder_dropped_share": 0.5},
        ),
    ],
)
def test_what_tells_that_cpu_was_taken_from_us_may_be_shifted(taken, shifted):
    facts = healthy(video={"fps": 9.0}, **taken)

    assert judge(facts, Limits()).cause is Cause.OWN_HOST
    assert judge(facts, limits(**shifted)).cause is Cause.SLOW


def test_how_often_a_busy_machine_must_have_looked_may_be_shifted():
    facts = healthy(host=STARVED, video={**FROZEN, "fps": 5.0})

    assert judge(facts, Limits()).cause is Cause.OWN_HOST
    assert judge(facts, limits(host_looks_fps=4)).cause is Cause.FROZEN


def test_how_much_a_busy_machine_must_have_heard_may_be_shifted():
    facts = healthy(Depth.CONVERSATION, host=STARVED, conversation=SILENT)
    short = facts.model_copy(update={"audio": facts.audio.model_copy(update={"heard_s": 6.0})})

    assert judge(short, Limits()).cause is Cause.OWN_HOST
    assert judge(short, limits(host_heard_share=0.2)).cause is Cause.MUTE


def test_what_explains_a_standing_picture_may_be_shifted():
    """Black for half of the time that it stood: two faults by default, one where half is enough."""
    found = [
        {reason.measure for reason in judge(healthy(video=BLACK_HALF), held).reasons}
        for held in (Limits(), limits(stands_explained_share=0.5))
    ]

    assert "frozen" in found[0]
    assert "frozen" not in found[1]


@pytest.mark.parametrize(("least", "verdict"), [(1, Verdict.DEGRADED), (2, Verdict.HEALTHY)])
def test_how_many_reconnects_degrade_may_be_shifted(least: int, verdict: Verdict):
    """Fewer are told all the same."""
    judged = judge(healthy(room={"reconnects": 1}), limits(reconnects_degraded=least))

    assert judged.verdict is verdict
    assert any(reason.cause is Cause.SIGNALLING for reason in judged.reasons)


def test_how_late_a_voice_is_noted_may_be_shifted():
    late = healthy(
        Depth.CONVERSATION, events=(EventFact(at_s=5.0, type="user.transcription", detail="hello"),)
    )
    assert late.conversation is not None
    begun_s = late.conversation.answer_started_s
    assert begun_s is not None
    late = late.model_copy(
        update={"conversation": late.conversation.model_copy(update={"speak_started_event_s": begun_s - 0.6})}
    )

    def noted(held: Limits) -> bool:
        return any("after the service said" in reason.sentence for reason in judge(late, held).reasons)

    assert not noted(Limits())
    assert noted(limits(heard_late_noted_s=0.5))


def test_how_much_of_a_gap_our_own_standing_still_excuses_may_be_shifted():
    facts = healthy(
        video={"longest_gap_s": 2.6, "longest_gap_at_s": 60.0, "freeze_s": 2.6, "window_s": 148.0},
        room={"watched_until_s": 150.0},
        host={"spikes": (LagSpike(at_s=62.5, lag_s=1.0),)},
    )

    assert judge(facts, Limits()).cause is Cause.FROZEN
    assert judge(facts, limits(host_stood_share=0.3)).cause is Cause.OWN_HOST


def arrivals(*, asked_from_s: float) -> ArrivalSeries:
    """Half of the usual packets in the gap from 5 s to 7.5 s; asked for again at one moment."""
    at_s = [2 + index / 2 for index in range(25)]
    steps = [10 if 5.0 < moment <= 7.5 else 20 for moment in at_s]
    return ArrivalSeries(
        at_s=at_s,
        received=np.cumsum(steps).tolist(),
        asked_again=[3 if moment >= asked_from_s else 0 for moment in at_s],
        sent_again=[1] * len(at_s),
    )


@pytest.mark.parametrize(
    ("changed", "asked_from_s", "cause"),
    [
        ({}, 5.5, Cause.OWN_NETWORK),
        ({"lost_gap_s": 3.0}, 5.5, Cause.FROZEN),
        ({"lost_arrived_share": 0.9}, 5.5, Cause.FROZEN),
        ({}, 3.0, Cause.FROZEN),
        ({"lost_asked_before_s": 3.0}, 3.0, Cause.OWN_NETWORK),
    ],
)
def test_what_tells_a_loss_on_our_line_may_be_shifted(changed, asked_from_s: float, cause: Cause):
    gap = {"longest_gap_s": 2.5, "longest_gap_at_s": 5.0, "freeze_ratio": 0.13, "fps": 9.4}
    facts = healthy(video=gap, network=NetworkFacts(arrivals=arrivals(asked_from_s=asked_from_s)))

    assert judge(facts, limits(**changed)).cause is cause
