"""What happened: API calls, moments of the room, the service's own events, and a flag for every reason."""

from collections.abc import Sequence

from liveavatar_ops.health.evidence.timeline_pen import Pen
from liveavatar_ops.health.evidence.timeline_places import Place, calls
from liveavatar_ops.health.evidence.timeline_space import Axis, Board, Layout, Word
from liveavatar_ops.health.evidence.timeline_words import (
    Caption,
    Placed,
    captions,
    draw_captions,
    draw_stairs,
    stairs,
)
from liveavatar_ops.health.facts import ApiStep, Facts
from liveavatar_ops.health.verdicts import Severity

Ends = tuple[float, float]
SEVERITY_LOOKS = {
    Severity.FAILS: "bad",
    Severity.DEGRADES: "warn",
    Severity.DOUBTFUL: "unsure",
    Severity.NOTE: "unsure",
}
FLAG = 9.0  # radius
_MOST_EVENT_TICKS = 200


def call_captions(board: Board) -> list[Caption]:
    """The names of all calls; those that failed stand out."""
    words = [
        (Word(step.started_s, _name(step), "soft" if step.ok else "t-bad bold"), step.started_s + step.took_s)
        for step in sorted(calls(board.facts), key=lambda step: step.started_s)
    ]
    return captions(words, board.axis, board.layout.small)


def draw_calls(board: Board, ends: Ends) -> None:
    """One bar a call, as long as it took, and under a run of them their names in order."""
    pen, axis, facts = board.pen, board.axis, board.facts
    top, _ = ends
    for step in calls(facts):
        x0, x1 = axis.x(step.started_s), axis.x(step.started_s + step.took_s)
        box = (x0, top + 1, max(x1 - 0.6, x0 + 2.5), top + 13)
        pen.rect(box, "f-good" if step.ok else "f-bad", radius=2, title=_told(step))
    draw_captions(board, call_captions(board), top + 16)


def _name(step: ApiStep) -> str:
    return step.name if step.ok else f"{step.name} {step.status or 'failed'}"


def _told(step: ApiStep) -> str:
    how = "answered" if step.ok else f"failed ({step.status or 'no answer'})"
    return f"{step.name}: {how} after {step.took_s * 1000:.0f} ms, begun at {step.started_s:.2f} s"


def moments(facts: Facts) -> list[Word]:
    """The room's moments, the most telling first: they are given room first."""
    room, sizes = facts.room, facts.video.sizes[1:]
    known: list[tuple[float | None, str, str]] = [
        (room.disconnected_s, "room closed", "bad"),
        (room.avatar_left_s, "avatar left", "bad"),
        (room.video_ended_s, "track ends", "bad"),
        (facts.video.first_frame_s, "first frame", "good"),
        (room.avatar_joined_s, "avatar joins", "good"),
        (room.connected_s, "we are in", "unsure"),
        *((size.at_s, f"{size.width}×{size.height}", "warn") for size in sizes[:6]),
        (room.audio_subscribed_s, "sound", "unsure"),
        (room.watched_until_s, "watch ends", "unsure"),
    ]
    return [Word(at_s, word, look) for at_s, word, look in known if at_s is not None]


def draw_room(board: Board, ends: Ends) -> None:
    """Joining as a bar, then dots for what happened."""
    pen, axis, facts = board.pen, board.axis, board.facts
    top, _ = ends
    room, middle = facts.room, top + 7
    if room.connect_started_s is not None:
        until_s = room.watched_until_s if room.connected_s is None else room.connected_s
        x0, x1 = axis.x(room.connect_started_s), axis.x(until_s or room.connect_started_s)
        look = "f-unsure" if room.connected_s is not None else "f-bad"
        pen.rect((x0, top + 3, max(x1, x0 + 3), top + 11), look, radius=2, title="joining the room")
    if room.connected_s is not None and room.watched_until_s is not None:
        end = room.disconnected_s if room.disconnected_s is not None else room.watched_until_s
        pen.line((axis.x(room.connected_s), middle), (axis.x(end), middle), "line s-rule")
    found = moments(facts)
    for moment in found:
        title = f"{moment.text} at {moment.at_s:.2f} s"
        pen.dot((axis.x(moment.at_s), middle), 4, f"f-{moment.look}", title=title)
    draw_stairs(board, room_words(board), top + 13)


def room_words(board: Board) -> list[Placed]:
    """The room's moments in words."""
    words = [
        Word(each.at_s, each.text, f"t-{each.look}" if each.look in {"bad", "warn"} else "soft")
        for each in moments(board.facts)
    ]
    return stairs(words, board.axis, board.layout.small, most=board.layout.rows)


def event_words(board: Board) -> list[Placed]:
    """The service's events, a run of one type once; who began and ended speaking matters most."""
    events = board.facts.events[:_MOST_EVENT_TICKS]
    runs = [
        e for before, e in zip((None, *events), events, strict=False) if not before or before.type != e.type
    ]
    ranks = {"chunk": 2, "transcription": 1}
    words = [Word(event.at_s, event.type) for event in runs]
    words.sort(key=lambda word: ranks.get(word.text.rsplit(".", 1)[-1], 0))
    return stairs(words, board.axis, board.layout.small, most=board.layout.rows)


def draw_events(board: Board, ends: Ends) -> None:
    """What the service claimed on the data channel: of us, of the avatar, of the session."""
    pen, axis, facts = board.pen, board.axis, board.facts
    top, _ = ends
    looks = {"user": "f-prompt", "avatar": "f-sound"}
    for event in facts.events[:_MOST_EVENT_TICKS]:
        x = axis.x(event.at_s)
        detail = f" ({event.detail})" if event.detail else ""
        look = looks.get(event.type.split(".")[0], "f-unsure")
        pen.rect((x - 1, top + 1, x + 1, top + 13), look, title=f"{event.type}{detail} at {event.at_s:.2f} s")
    draw_stairs(board, event_words(board), top + 13)


def flag_rows(axis: Axis, found: Sequence[Place]) -> list[tuple[Place, float, int]]:
    """Centre and row of every flag; flags do not cover each other, nor one's stretch another's flag."""
    rows: list[list[tuple[float, float]]] = []
    placed = []
    for place in found:
        if place.stretch is None:
            continue
        x0, x1 = (axis.x(at_s) for at_s in place.stretch)
        x = min(max(x0, axis.left + FLAG), axis.right - FLAG)
        needs = (x - FLAG - 3, max(x1, x + FLAG) + 3)
        row = next(
            (i for i, held in enumerate(rows) if all(needs[1] <= a or b <= needs[0] for a, b in held)), None
        )
        if row is None:
            rows.append([])
            row = len(rows) - 1
        rows[row].append(needs)
        placed.append((place, x, row))
    return placed


def draw_flags(board: Board, ends: Ends, flags: Sequence[tuple[Place, float, int]]) -> None:
    """A numbered flag a reason, with a bracket over its stretch and a thread down through all lanes."""
    pen, axis = board.pen, board.axis
    top, bottom = ends
    for place, x, row in flags:
        assert place.stretch is not None
        look, y = SEVERITY_LOOKS[place.reason.severity], top + FLAG + row * (2 * FLAG + 4)
        x0, x1 = (axis.x(at_s) for at_s in place.stretch)
        if x1 > x + FLAG:
            pen.line((x, y), (x1, y), f"thick s-{look}")
            pen.line((x1, y - 5), (x1, y + 5), f"thick s-{look}")
        if place.reason.severity is not Severity.NOTE:  # a note explains nothing below it
            pen.line((x0, y + FLAG), (x0, bottom), f"hair dash s-{look}")
        draw_flag(pen, (x, y), place, board.layout)


def draw_flag(pen: Pen, centre: tuple[float, float], place: Place, layout: Layout) -> None:
    """The numbered disc alone."""
    x, y = centre
    pen.dot((x, y), FLAG, f"f-{SEVERITY_LOOKS[place.reason.severity]}", title=place.reason.sentence)
    pen.words((x, y + 4), str(place.number), layout.small, "bold knock", anchor="middle")
