"""Our own part in what was seen: a machine that did not keep up, a probe that died, a session left open."""

from collections.abc import Iterator

from liveavatar_ops.health.facts import Facts, RoomFacts, VideoFacts
from liveavatar_ops.health.judging import connection
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import MEASURES, show
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

_IMMUNE_CAUSES = {
    Cause.CREDENTIALS,
    Cause.QUOTA,
    Cause.CONFIGURATION,
    Cause.VENDOR_API,
    Cause.OWN_NETWORK,
    Cause.OWN_HOST,
    Cause.CLEAN_UP,
}
_PROVEN = {measure.name for measure in MEASURES if measure.proven_by_content}
_SEEN_BY = {"frozen": "frozen", "frozen_speaking": "frozen", "black": "black", "one_colour": "one_colour"}
_NEEDS_SOUND = {"frozen_speaking", "speech_level", "clipped"}
_ENDED_BY_THEM = {"ROOM_DELETED", "ROOM_CLOSED", "PARTICIPANT_REMOVED", "SERVER_SHUTDOWN"}


def reasons(facts: Facts) -> Iterator[Reason]:
    """What went wrong on our side of the check."""
    if facts.probe_failure:
        said = facts.probe_failure.rstrip(".")
        text = f"{said[:1].upper()}{said[1:]}."
        yield Reason(cause=Cause.OWN_HOST, severity=Severity.DOUBTFUL, sentence=text)
    if facts.stop.needed and not facts.stop.stopped:
        text = facts.stop.sentence or "The LiveAvatar session may still be open and billing."
        severity = Severity.DOUBTFUL if offline(facts) else Severity.FAILS
        yield Reason(cause=Cause.CLEAN_UP, severity=severity, sentence=text)


def offline(facts: Facts) -> str | None:
    """The sentence that says that our network was gone; None where it was there, or nobody can tell."""
    if not (connection.lost(facts) and facts.stop.unheard):
        return None
    since_s = facts.room.reconnections[-1].since_s
    unheard = "did not answer from here at first" if facts.stop.stopped else "did not answer from here"
    return (
        f"Our own network was gone: the connection to the room was lost at {show(since_s, 's')} and had not "
        f"come back, and LiveAvatar's API {unheard} either."
    )


def starved(facts: Facts, limits: Limits) -> str | None:
    """The sentence that says how our machine fell behind; None where it kept up."""
    said = [text for holds, text in (*_lateness(facts, limits), *_want_of_cpu(facts, limits)) if holds]
    return f"Our own machine did not keep up: {', '.join(said)}." if said else None


def _lateness(facts: Facts, limits: Limits) -> Iterator[tuple[bool, str]]:
    """Whether our process was late, or dropped what had arrived; and how that is said."""
    host, room, network = facts.host, facts.room, facts.network
    watched_s = max((room.watched_until_s or 0.0) - (room.connect_started_s or 0.0), 1.0)
    late_share = min(sum(spike.lag_s for spike in host.spikes) / watched_s, 1.0)
    dropped_share = host.frames_dropped / max(facts.video.frames + host.frames_dropped, 1)
    undecoded = network.frames_dropped or 0
    undecoded_share = undecoded / max((network.frames_decoded or 0) + undecoded, 1)
    yield (
        host.loop_lag_p95_s >= limits.host_lag_s,
        f"event loop late by {show(host.loop_lag_p95_s, 's')} (p95)",
    )
    yield late_share >= limits.host_lag_share, f"event loop late for {show(late_share, 'share')} of the watch"
    yield dropped_share >= limits.host_dropped_share, f"{show(dropped_share, 'share')} of frames dropped here"
    yield (
        undecoded_share >= limits.host_decoder_dropped_share,
        f"{show(undecoded_share, 'share')} of frames dropped by our decoder",
    )


def _want_of_cpu(facts: Facts, limits: Limits) -> Iterator[tuple[bool, str]]:
    """Whether there was too little CPU for us, whoever had it; None is nobody's word."""
    host = facts.host
    for share, limit, text in (
        (host.waited_share, limits.host_waited_share, "tasks waited for a CPU {} of the time"),
        (host.busy_share, limits.host_busy_share, "CPUs busy {}"),
        (host.stolen_share, limits.host_stolen_share, "{} of CPU time stolen by the hypervisor"),
        (host.throttled_share, limits.host_throttled_share, "CPU quota used up in {} of its periods"),
    ):
        yield share is not None and share >= limit, text.format(show(share or 0.0, "share"))


def doubt(reason: Reason, facts: Facts, limits: Limits) -> Reason:
    """
    On a starved or offline host, leave standing only what its own lateness cannot have caused.

    What does not stand: every wait and rate; a small picture (a starved receiver is sent a smaller layer); a
    still mouth and the lips' time (late sound is held against the wrong pictures); a standing or missing
    picture that was looked at too seldom; a silence of which the decoder made up a part.
    """
    if reason.severity not in {Severity.FAILS, Severity.DEGRADES} or _stands(reason, facts, limits):
        return reason
    return reason.model_copy(update={"severity": Severity.DOUBTFUL})


def excuse(reason: Reason, facts: Facts, limits: Limits) -> Reason:
    """A gap through most of which our own process stood still proves nothing, even if it never did again."""
    if reason.measure != "gap" or not (stood_s := _stood_in_gap_s(facts, limits)):
        return reason
    text = f"{reason.sentence.removesuffix('.')}; our own process stood still for {show(stood_s, 's')} of it."
    doubtful = {"cause": Cause.OWN_HOST, "severity": Severity.DOUBTFUL, "sentence": text}
    return reason.model_copy(update=doubtful)


def _stands(reason: Reason, facts: Facts, limits: Limits) -> bool:
    if reason.cause in _IMMUNE_CAUSES:
        return True
    if reason.cause in {Cause.AVATAR_LEFT, Cause.NO_AVATAR}:
        return _they_ended_it(facts)
    if reason.cause is Cause.NO_VIDEO and facts.room.video_ended_s is not None:
        return True  # they said so
    if facts.room.failure is not None and facts.room.failure.kind == "token":
        return True  # the room's "no" was heard; being late does not change what was said
    if reason.measure in _PROVEN:
        seen = reason.measure not in _SEEN_BY or _looked_often(_SEEN_BY[reason.measure], facts.video, limits)
        return seen and (reason.measure not in _NEEDS_SOUND or _heard_most(facts, limits))
    return reason.cause in {Cause.MUTE, Cause.SILENT_MOUTH} and _heard_most(facts, limits)


def _they_ended_it(facts: Facts) -> bool:
    """The other side said so; a connection that merely broke may have broken over our own lateness."""
    room: RoomFacts = facts.room
    closed = room.disconnected_s is not None and room.disconnect_reason in _ENDED_BY_THEM
    return room.avatar_left_s is not None or closed or facts.stopped is not None


def _looked_often(kind: str, video: VideoFacts, limits: Limits) -> bool:
    """
    Were frames looked at often enough during the spell itself? In between the avatar may have blinked.

    Judged over the longest span of this kind; over the whole watch where no spans were kept.
    """
    looks = video.frames * video.analysed_share
    spans = [span for span in video.spans if span.kind == kind]
    points = video.series.at_s
    if not spans or not points:
        return (video.fps or 0.0) * video.analysed_share >= limits.host_looks_fps
    spell = max(spans, key=lambda span: span.took_s)
    inside = sum(spell.start_s <= at_s <= spell.end_s for at_s in points) * looks / len(points)
    return inside >= limits.host_looks_fps * spell.took_s


def _heard_most(facts: Facts, limits: Limits) -> bool:
    """Sound came nearly all the time, and came from the other side: a decoder that waits makes up silence."""
    since_s, network = facts.room.audio_subscribed_s, facts.network
    made_up_share = (network.concealed_share or 0.0) + (network.concealed_silence_share or 0.0)
    if since_s is None or made_up_share >= limits.concealed_unhealthy_share:
        return False
    watched_s = (facts.room.watched_until_s or since_s) - since_s
    return watched_s > 0 and facts.audio.heard_s >= limits.host_heard_share * watched_s


def _stood_in_gap_s(facts: Facts, limits: Limits) -> float:
    """How long our own process stood still in the longest gap; 0 unless that was most of it."""
    begun_s, took_s = facts.video.longest_gap_at_s, facts.video.longest_gap_s
    if begun_s is None:
        return 0.0
    stood_s = sum(
        max(min(spike.at_s, begun_s + took_s) - max(spike.at_s - spike.lag_s, begun_s), 0.0)
        for spike in facts.host.spikes
    )
    return stood_s if stood_s >= limits.host_stood_share * took_s else 0.0
