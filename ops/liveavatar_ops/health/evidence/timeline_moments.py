"""What happened: API calls, moments of the room, the service's own events, and a flag for every reason."""

from collections.abc import Sequence

from liveavatar_ops.health.evidence.timeline_pen import Pen
from liveavatar_ops.health.evidence.timeline_places import Place, calls
from liveavatar_ops.health.evidence.timeline_space import Axis, Board, Layout, Rows, Word
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


def draw_calls(board: Board, ends: Ends) -> None:
    """One bar a call, as long as it took; calls that failed are named first, then the ones that cost."""
    pen, axis, layout, facts = board.pen, board.axis, board.layout, board.facts
    top, _ = ends
    for step in calls(facts):
        x0, x1 = axis.x(step.started_s), axis.x(step.started_s + step.took_s)
        box = (x0, top + 1, max(x1 - 0.6, x0 + 2.5), top + 13)
        pen.rect(box, "f-good" if step.ok else "f-bad", radius=2, title=_told(step))
    words = [
        Word(step.started_s, _name(step), "t-bad bold" if not step.ok else "soft") for step in _order(facts)
    ]
    for word, x, row, anchor in Rows(axis, layout.small, layout.rows).place(words):
        pen.words((x, top + 26 + row * 13), word.text, layout.small, word.look, anchor=anchor)


def _order(facts: Facts) -> list[ApiStep]:
    first = ("start", "stop")
    return sorted(calls(facts), key=lambda step: (step.ok, step.name not in first))


def _name(step: ApiStep) -> str:
    return step.name if step.ok else f"{step.name} {step.status or 'failed'}"


def _told(step: ApiStep) -> str:
    how = "answered" if step.ok else f"failed ({step.status or 'no answer'})"
    return f"{step.name}: {how} after {step.took_s * 1000:.0f} ms, begun at {step.started_s:.2f} s"


def moments(facts: Facts) -> list[Word]:
    """The room's moments, the most telling first: they are given room first."""
    room, sizes = facts.room, facts.video.sizes[1:]
    known: list[tuple[float | None, str, str]] = [
        (room.disconnected_s, "closed", "bad"),
        (room.avatar_left_s, "avatar left", "bad"),
        (facts.video.first_frame_s, "first frame", "good"),
        (room.avatar_joined_s, "avatar", "good"),
        (room.connected_s, "joined", "unsure"),
        *((size.at_s, f"{size.width}×{size.height}", "warn") for size in sizes[:6]),
        (room.audio_subscribed_s, "sound", "unsure"),
        (room.watched_until_s, "watch ends", "unsure"),
    ]
    return [Word(at_s, word, look) for at_s, word, look in known if at_s is not None]


def draw_room(board: Board, ends: Ends) -> None:
    """Joining as a bar, then dots for what happened."""
    pen, axis, layout, facts = board.pen, board.axis, board.layout, board.facts
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
    for word, x, row, anchor in Rows(axis, layout.small, layout.rows).place(found):
        look = f"t-{word.look}" if word.look in {"bad", "warn"} else "soft"
        pen.words((x, top + 26 + row * 13), word.text, layout.small, look, anchor=anchor)


def draw_events(board: Board, ends: Ends) -> None:
    """What the service claimed on the data channel."""
    pen, axis, layout, facts = board.pen, board.axis, board.layout, board.facts
    top, _ = ends
    words = []
    for event in facts.events[:_MOST_EVENT_TICKS]:
        x = axis.x(event.at_s)
        detail = f" ({event.detail})" if event.detail else ""
        pen.rect(
            (x - 1, top + 1, x + 1, top + 13), "f-prompt", title=f"{event.type}{detail} at {event.at_s:.2f} s"
        )
        words.append(Word(event.at_s, event.type))
    firsts = sorted({word.text: word for word in reversed(words)}.values(), key=lambda word: word.at_s)
    for word, x, row, anchor in Rows(axis, layout.small, layout.rows).place(firsts):
        pen.words((x, top + 26 + row * 13), word.text, layout.small, word.look, anchor=anchor)


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
        pen.line((x0, y + FLAG), (x0, bottom), f"hair dash s-{look}")
        draw_flag(pen, (x, y), place, board.layout)


def draw_flag(pen: Pen, centre: tuple[float, float], place: Place, layout: Layout) -> None:
    """The numbered disc alone."""
    x, y = centre
    pen.dot((x, y), FLAG, f"f-{SEVERITY_LOOKS[place.reason.severity]}", title=place.reason.sentence)
    pen.words((x, y + 4), str(place.number), layout.small, "bold knock", anchor="middle")
