"""Pictures and sound that were lost between the media server and us say nothing of the avatar. Pure."""

from collections.abc import Sequence

from liveavatar_ops.health.facts import ArrivalSeries, Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import show
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

_OF_CADENCE = {"gap", "freeze_ratio", "fps", "fps_fall"}
_OF_SOUND = {"concealed", "broken"}


def weighed(reasons: Sequence[Reason], facts: Facts, limits: Limits) -> list[Reason]:
    """The same reasons; what losses on our side explain is only doubtful, and it is said why."""
    found = list(reasons)
    for measures, lost in (
        (_OF_CADENCE, _pictures_lost(facts, limits)),
        (_OF_SOUND, _sound_lost(facts, limits)),
    ):
        if lost and any(_blames(reason, measures) for reason in found):
            doubtful = {"severity": Severity.DOUBTFUL}
            found = [
                Reason(cause=Cause.OWN_NETWORK, severity=Severity.DOUBTFUL, sentence=lost),
                *(
                    reason.model_copy(update=doubtful) if _blames(reason, measures) else reason
                    for reason in found
                ),
            ]
    return found


def _blames(reason: Reason, measures: set[str]) -> bool:
    return reason.measure in measures and reason.severity in {Severity.FAILS, Severity.DEGRADES}


def _pictures_lost(facts: Facts, limits: Limits) -> str | None:
    if not lost_on_the_way(facts, limits):
        return None
    took = show(facts.video.longest_gap_s, "s")
    return f"Packets kept arriving while the picture stood for {took}: others were lost on their way here."


def _sound_lost(facts: Facts, limits: Limits) -> str | None:
    """Sound is not sent again: what was lost is made up here, or is silence."""
    network = facts.network
    lost_share = max(network.loss_share or 0.0, network.sound_loss_share or 0.0)
    if lost_share < limits.loss_noted_share:
        return None
    share = show(lost_share, "share")
    return f"{share} of the packets were lost on their way here: sound was made up for them, or is missing."


def lost_on_the_way(facts: Facts, limits: Limits) -> bool:
    """Did packets keep arriving through the longest gap, while we asked for others that the server had?"""
    video, counted = facts.video, facts.network.arrivals
    begun_s, took_s = video.longest_gap_at_s, video.longest_gap_s
    if begun_s is None or took_s < limits.lost_gap_s or len(counted.at_s) < 2:
        return False
    ended_s = begun_s + took_s
    lasted_s = counted.at_s[-1] - counted.at_s[0]
    usual = (counted.received[-1] - counted.received[0]) / lasted_s if lasted_s > 0 else 0.0
    arrived = _between(counted, counted.received, begun_s, ended_s)
    asked = _between(counted, counted.asked_again, begun_s - limits.lost_asked_before_s, ended_s)
    had_copies = counted.sent_again[-1] > 0
    return usual > 0 and arrived >= limits.lost_arrived_share * usual * took_s and asked >= 1 and had_copies


def _between(counted: ArrivalSeries, sums: Sequence[int], start_s: float, end_s: float) -> float:
    return _at(counted.at_s, sums, end_s) - _at(counted.at_s, sums, start_s)


def _at(at_s: Sequence[float], sums: Sequence[int], moment_s: float) -> float:
    """A running sum at a moment between two readings, as if it had grown evenly."""
    if moment_s <= at_s[0]:
        return float(sums[0])
    for index in range(1, len(at_s)):
        if moment_s <= at_s[index]:
            grown = (moment_s - at_s[index - 1]) / (at_s[index] - at_s[index - 1])
            return sums[index - 1] + grown * (sums[index] - sums[index - 1])
    return float(sums[-1])
