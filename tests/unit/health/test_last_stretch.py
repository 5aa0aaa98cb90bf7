"""A gap in which packets kept arriving was lost on our side; one in which nothing came was the avatar's."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from liveavatar_ops.health.arrivals import Arrivals
from liveavatar_ops.health.facts import ArrivalSeries, NetworkFacts
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity, Verdict
from tests.support.health_facts import healthy, span

GAP = {
    "longest_gap_s": 2.5,
    "longest_gap_at_s": 5.0,
    "freeze_ratio": 0.13,
    "fps": 9.4,
}


def arrivals(in_gap=38, asked=12, sent_again=1):
    """Twelve seconds at 38 packets a second; in the gap from 5 s to 7.5 s so many, and asked so often."""
    at_s = [2 + index / 2 for index in range(25)]
    received, asked_again = [], []
    packets = requests = 0.0
    for moment in at_s:
        stands = 5.0 < moment <= 7.5
        packets += (in_gap if stands else 38) / 2
        requests += asked / 5 if stands else 0
        received.append(round(packets))
        asked_again.append(round(requests))
    return ArrivalSeries(
        at_s=at_s, received=received, asked_again=asked_again, sent_again=[sent_again] * len(at_s)
    )


def judged(counted, **video):
    facts = healthy(video={**GAP, **video}, network=NetworkFacts(arrivals=counted))
    return judge(facts, Limits())


def test_a_gap_in_which_packets_kept_arriving_is_our_own_networks():
    found = judged(arrivals())

    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.OWN_NETWORK)
    assert found.reasons[0].sentence == (
        "Packets kept arriving while the picture stood for 2.5 s: others were lost on their way here."
    )
    assert {"gap", "fps"} <= {reason.measure for reason in found.reasons}
    assert {reason.severity for reason in found.reasons} == {Severity.DOUBTFUL}
    assert found.next_step.startswith("Look at this machine's own line")


@pytest.mark.parametrize(
    "counted",
    [
        arrivals(in_gap=0, asked=0),
        arrivals(in_gap=3),
        arrivals(asked=0),
        arrivals(sent_again=0),
        ArrivalSeries(),
        ArrivalSeries(at_s=[5.0], received=[3], asked_again=[1], sent_again=[1]),
    ],
    ids=[
        "nothing came",
        "hardly anything came",
        "nothing was missing",
        "the server had no copies",
        "never counted",
        "counted once",
    ],
)
def test_any_other_gap_is_the_avatars(counted):
    found = judged(counted)

    assert (found.verdict, found.cause) == (Verdict.UNHEALTHY, Cause.FROZEN)


def test_a_picture_that_stands_while_frames_come_is_no_matter_of_packets():
    standing = {"frozen_s": 11.0, "frozen_at_s": 2.5, "spans": (span("frozen", 2.5, 13.5),)}
    found = judged(arrivals(), **standing)

    assert (found.verdict, found.cause) == (Verdict.UNHEALTHY, Cause.FROZEN)
    assert {reason.measure for reason in found.reasons if reason.severity is Severity.FAILS} == {"frozen"}


def test_a_short_gap_explains_no_slow_picture():
    slow = {"longest_gap_s": 0.3, "freeze_ratio": 0.0, "fps": 9.0}
    found = judged(arrivals(), **slow)

    assert (found.verdict, found.cause) == (Verdict.UNHEALTHY, Cause.SLOW)


def statistics(received, asked, again):
    """What LiveKit's receiver says of a picture, as far as it is read."""
    inbound = SimpleNamespace(
        received=SimpleNamespace(packets_received=received),
        inbound=SimpleNamespace(nack_count=asked, retransmitted_packets_received=again),
    )
    return SimpleNamespace(WhichOneof=lambda _: "inbound_rtp", inbound_rtp=inbound)


class Track:
    """Answers, refuses once, and answers again."""

    def __init__(self):
        self.asked = 0

    async def get_stats(self):
        self.asked += 1
        if self.asked == 2:
            raise RuntimeError("the track is gone")
        return [statistics(self.asked * 10, self.asked, 0)]


def test_packets_are_counted_while_there_is_a_track_and_a_refusal_does_no_harm(monkeypatch):
    monkeypatch.setattr("liveavatar_ops.health.arrivals.EVERY_S", 0.0)
    moments = iter(range(100))
    counted, track = Arrivals(lambda: float(next(moments))), Track()
    looks = iter([None, track, track])

    async def watched():
        task = asyncio.create_task(counted.count(lambda: next(looks, track)))
        while track.asked < 3:
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(watched())

    found = counted.series()
    assert found.received[:2] == (10, 30)
    assert found.asked_again[:2] == (1, 3)
    assert found.at_s[:2] == (0.0, 1.0)


def test_nothing_counted_is_an_empty_series():
    assert Arrivals(lambda: 0.0).series() == ArrivalSeries()
