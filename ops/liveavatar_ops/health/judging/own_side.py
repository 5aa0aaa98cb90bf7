"""Our own part in what was seen: a machine that did not keep up, a probe that died, a session left open."""

from collections.abc import Iterator

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import MEASURES, show
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

_IMMUNE_CAUSES = {
    Cause.CREDENTIALS,
    Cause.QUOTA,
    Cause.CONFIGURATION,
    Cause.VENDOR_API,
    Cause.OWN_HOST,
    Cause.AVATAR_LEFT,
    Cause.CLEAN_UP,
}
_PROVEN = {measure.name for measure in MEASURES if measure.proven_by_content}
_LEAST_LOOKS_PER_S = 8.0  # frames looked at, before content counts as proof on a starved host


def reasons(facts: Facts) -> Iterator[Reason]:
    """What went wrong on our side of the check."""
    if facts.probe_failure:
        said = facts.probe_failure.rstrip(".")
        text = f"{said[:1].upper()}{said[1:]}."
        yield Reason(cause=Cause.OWN_HOST, severity=Severity.DOUBTFUL, sentence=text)
    if facts.stop.needed and not facts.stop.stopped:
        why = f": {facts.stop.sentence}" if facts.stop.sentence else "."
        text = f"The LiveAvatar session may still be open and billing{why}"
        yield Reason(cause=Cause.CLEAN_UP, severity=Severity.FAILS, sentence=text)


def starved(facts: Facts, limits: Limits) -> str | None:
    """The sentence that says how our machine fell behind; None where it kept up."""
    host, room = facts.host, facts.room
    watched_s = max((room.watched_until_s or 0.0) - (room.connect_started_s or 0.0), 1.0)
    late_share = min(sum(spike.lag_s for spike in host.spikes) / watched_s, 1.0)
    dropped_share = host.frames_dropped / max(facts.video.frames + host.frames_dropped, 1)
    witnesses = (
        (
            host.loop_lag_p95_s >= limits.host_lag_s,
            f"event loop late by {show(host.loop_lag_p95_s, 's')} (p95)",
        ),
        (
            late_share >= limits.host_lag_share,
            f"event loop late for {show(late_share, 'share')} of the watch",
        ),
        (
            (host.waited_share or 0.0) >= limits.host_waited_share,
            f"tasks waited for a CPU {show(host.waited_share or 0.0, 'share')} of the time",
        ),
        (
            (host.busy_share or 0.0) >= limits.host_busy_share,
            f"CPUs busy {show(host.busy_share or 0.0, 'share')}",
        ),
        (
            dropped_share >= limits.host_dropped_share,
            f"{show(dropped_share, 'share')} of frames dropped here",
        ),
    )
    said = [text for holds, text in witnesses if holds]
    return f"Our own machine did not keep up: {', '.join(said)}." if said else None


def doubt(reason: Reason, facts: Facts) -> Reason:
    """On a starved host, leave standing only what its own lateness cannot have caused."""
    if reason.severity not in {Severity.FAILS, Severity.DEGRADES} or reason.cause in _IMMUNE_CAUSES:
        return reason
    if reason.cause is Cause.NO_AVATAR and facts.room.disconnected_s is not None:
        return reason  # the other side closed the room; our lateness cannot do that
    if facts.room.failure is not None and facts.room.failure.kind == "token":
        return reason  # the room's "no" was heard; being late does not change what was said
    if reason.measure in _PROVEN and _looked_often(facts):
        return reason
    if reason.cause in {Cause.MUTE, Cause.SILENT_MOUTH} and _heard_most(facts):
        return reason
    return reason.model_copy(update={"severity": Severity.DOUBTFUL})


def _looked_often(facts: Facts) -> bool:
    return (facts.video.fps or 0.0) * facts.video.analysed_share >= _LEAST_LOOKS_PER_S


def _heard_most(facts: Facts) -> bool:
    since_s = facts.room.audio_subscribed_s
    if since_s is None:
        return False
    watched_s = (facts.room.watched_until_s or since_s) - since_s
    return watched_s > 0 and facts.audio.heard_s >= 0.8 * watched_s
