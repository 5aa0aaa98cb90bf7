"""Everything that has two lines: cadence, content, size, sound levels, waits. And what is only noted."""

from collections.abc import Iterator
from itertools import takewhile

from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import MEASURES, SEVERITIES, Measure, Reading, read, show
from liveavatar_ops.health.sizes import dips, larger_before, lasting, sizes_shown
from liveavatar_ops.health.verdicts import Cause, Reason, Severity

_KINDS = {
    "exact": "exactly the same picture",
    "nearly": "the same picture under coding noise",
    "small_area": "only a small area at its edge moved",
}
_CADENCE = {"gap", "freeze_ratio", "fps", "fps_fall"}


def reasons(facts: Facts, limits: Limits) -> Iterator[Reason]:
    """A reason for every line crossed, then the notes."""
    for measure in MEASURES:
        reading = read(measure, facts, limits)
        if reading.state in SEVERITIES and not _explained(measure, facts, limits):
            yield _reason(measure, reading, facts, limits)
    yield from _notes(facts, limits)


def _reason(measure: Measure, reading: Reading, facts: Facts, limits: Limits) -> Reason:
    assert reading.seen is not None
    assert reading.crossed is not None
    sentence = _told(measure, reading.seen, reading.crossed, facts, limits)
    if measure.name == "frozen" and facts.video.frozen_kind:
        sentence = f"{sentence.removesuffix('.')}: {_KINDS[facts.video.frozen_kind]}."
    if measure.name == "gap" and facts.video.open_gap_s >= facts.video.longest_gap_s:
        sentence = f"{sentence.removesuffix('.')}; it had not come back when the check ended."
    if measure.name == "size":
        sentence = f"{sentence.removesuffix('.')}: {_how_small(facts, limits)}."
    return Reason(
        cause=measure.cause,
        severity=SEVERITIES[reading.state],
        sentence=sentence,
        measure=measure.name,
        seen=reading.seen,
        limit=reading.crossed,
    )


def _told(measure: Measure, seen: float, line: float, facts: Facts, limits: Limits) -> str:
    """A check stops as soon as a line is passed; the two are often shown alike then, as if all were well."""
    shown, limit = show(seen, measure.unit), show(line, measure.unit)
    if shown == limit:
        limit += ", reached" if measure.more_is_worse else ", not reached"
    if _lasted_longer(measure.name, facts, limits):
        shown = f"at least {shown}"
    return measure.tells.format(seen=shown, limit=limit)


def _lasted_longer(name: str, facts: Facts, limits: Limits) -> bool:
    """Whether more of it was seen than counts, in the warm-up, or the check ended before it did."""
    video = facts.video
    begun_s, last_s = video.frozen_at_s, video.last_frame_s
    if name == "frozen" and begun_s is not None and last_s is not None and video.frozen_s is not None:
        return begun_s + video.frozen_s >= last_s
    spans = [span for span in video.spans if span.kind == name in {"black", "one_colour"}]
    if not spans or video.first_frame_s is None or last_s is None:
        return False
    warm_s = video.first_frame_s + limits.warm_up_s
    judged = max(spans, key=lambda span: span.end_s - max(span.start_s, warm_s))
    return judged.start_s < warm_s or judged.end_s >= last_s


def _how_small(facts: Facts, limits: Limits) -> str:
    judged = lasting(sizes_shown(facts, limits), limits)
    assert judged is not None
    before = larger_before(judged, facts)
    if before:
        return f"it shrank from {before.width}×{before.height} to {judged.said}"
    return f"it came as {judged.said}"


def _dips(facts: Facts, limits: Limits) -> Iterator[Reason]:
    """
    Sizes that did not last: a note where the picture recovered. Where it had not, nobody knows and that
    degrades, unless only the very last frames were small.
    """
    shown = sizes_shown(facts, limits)
    found = dips(shown, limits)
    if not found:
        return
    least, took_s = min(found, key=lambda each: each.share), sum(each.took_s for each in found)
    at_the_end = list(takewhile(lambda each: each in found, reversed(shown)))
    open_end = "; it was still small when the check ended" if at_the_end else ""
    lasted = sum(each.took_s for each in at_the_end) >= limits.size_ends_s
    how_long = f"for {show(took_s, 's')}" if took_s else "in its last frame"
    yield Reason(
        cause=Cause.SMALL,
        severity=Severity.DEGRADES if at_the_end and lasted else Severity.NOTE,
        sentence=(
            f"The picture was small {how_long}, {least.said} at the least: too short to count "
            f"(limit {show(limits.size_lasts_s, 's')}){open_end}."
        ),
        measure="size",
    )


def _explained(measure: Measure, facts: Facts, limits: Limits) -> bool:
    """What follows from something said elsewhere; saying it twice would hide the root."""
    if measure.name in _CADENCE:
        return _ended_so(facts)
    if measure.name not in {"frozen", "frozen_speaking"}:
        return False
    video = facts.video
    begun_s, took_s = video.frozen_at_s, video.frozen_s
    if begun_s is None or not took_s:
        return False
    covered = sum(
        max(min(span.end_s, begun_s + took_s) - max(span.start_s, begun_s), 0.0)
        for span in video.spans
        if span.kind in {"black", "one_colour"}
    )
    return covered >= limits.stands_explained_share * took_s


def _ended_so(facts: Facts) -> bool:
    """The avatar, its track or the room went away: no wonder that frames ceased."""
    video = facts.video
    ended = facts.room.gone or facts.stopped is not None or facts.room.video_ended_s is not None
    return ended and video.open_gap_s >= video.longest_gap_s


def _too_short(facts: Facts, limits: Limits) -> str | None:
    """A watch that a stopping picture may outlive: what it did not see, it could not have seen."""
    video, least_s = facts.video, limits.warm_up_s + limits.gap_unhealthy_s
    if (
        not video.frames
        or video.first_frame_s is None
        or facts.room.gone
        or facts.stopped
        or limits.watch_s >= least_s
    ):
        return None
    watched_s = video.watched_until_s - video.first_frame_s
    if watched_s >= least_s:
        return None
    return (
        f"The picture was watched for {show(watched_s, 's')} only: too short to be sure that it does not "
        f"stall or stand. Watch for {show(least_s, 's')} or more (--watch-for, limit watch_s)."
    )


def _notes(facts: Facts, limits: Limits) -> Iterator[Reason]:
    yield from _dips(facts, limits)
    if too_short := _too_short(facts, limits):
        yield Reason(cause=Cause.FROZEN, severity=Severity.NOTE, sentence=too_short)
    network, path = facts.network, facts.room.path
    noted = (
        (network.loss_share, limits.loss_noted_share, "share", "{} of the video's packets were lost"),
        (network.jitter_s, limits.jitter_noted_s, "s", "packets arrived with {} of jitter"),
        (path.round_trip_s if path else None, limits.round_trip_noted_s, "s", "the round trip took {}"),
    )
    for seen, limit, unit, text in noted:
        if seen is not None and seen >= limit:
            said = text.format(show(seen, unit))
            yield Reason(
                cause=Cause.SLOW,
                severity=Severity.NOTE,
                sentence=f"The network was poor: {said}.",
                seen=seen,
                limit=limit,
            )
    if path and path.protocol == "tcp":
        text = "Media went over TCP: UDP seems to be blocked on the way."
        yield Reason(cause=Cause.ICE, severity=Severity.NOTE, sentence=text)
