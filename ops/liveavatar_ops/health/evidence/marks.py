"""What stands on a thumbnail, from the facts alone; and which thumbnails a sheet shows."""

from collections.abc import Sequence

from liveavatar_ops.health.evidence import talk
from liveavatar_ops.health.evidence.looks import TALK_COLOURS
from liveavatar_ops.health.evidence.palette import BAD, GOOD, WARN
from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.thumbnails import Thumbnail

MOST = 24
_SAME_S = 0.06


Mark = tuple[str, str]  # words, colour


def marks_of(picture: Thumbnail, facts: Facts, pictures: Sequence[Thumbnail]) -> list[Mark]:
    """The most telling marks of one picture, the worst first; at most two."""
    found = _of_spans(picture.at_s, facts)
    if gap := _gap_before(picture, facts, pictures):
        found.append((f"AFTER A GAP OF {gap:.1f} s", WARN))
    first = facts.video.first_frame_s
    if first is not None and abs(picture.at_s - first) <= _SAME_S:
        found.append(("FIRST FRAME", GOOD))
    elif picture is pictures[-1] and facts.room.avatar_left_s is not None:
        found.append(("LAST FRAME, THEN IT LEFT", BAD))
    elif picture is pictures[-1] and facts.video.open_gap_s >= 1.0:
        found.append((f"LAST FRAME, THEN {facts.video.open_gap_s:.1f} s NOTHING", BAD))
    if said := _of_talk(picture.at_s, facts):
        found.append(said)
    return _without_standing_black(found)[:2]


def _of_spans(at_s: float, facts: Facts) -> list[Mark]:
    found: list[Mark] = []
    for span in facts.video.spans:
        if not span.start_s - _SAME_S <= at_s <= span.end_s + _SAME_S:
            continue
        lasted = max(at_s - span.start_s, 0.0)
        if span.kind == "frozen":
            found.append((f"FROZEN {lasted:.1f} s", BAD))
        elif span.kind == "black":
            found.append(("BLACK", BAD))
        elif span.kind == "one_colour":
            found.append(("ONE COLOUR", BAD))
    return found


def choose(pictures: Sequence[Thumbnail], *, most: int = MOST) -> list[Thumbnail]:
    """In order of time; where there are too many, evenly spread with the first and the last."""
    ordered = sorted(pictures, key=lambda each: each.at_s)
    if len(ordered) <= most:
        return ordered
    step = (len(ordered) - 1) / (most - 1)
    return [ordered[round(place * step)] for place in range(most)]


def _of_talk(at_s: float, facts: Facts) -> Mark | None:
    """Who speaks, or is waited for."""
    now = talk.at(at_s, talk.stretches(facts))
    if now is None:
        return None
    waited = f"{at_s - now.start_s:.1f} s"
    words = {
        "greeting": "GREETING",
        "prompt": "WE SPEAK",
        "wait": f"WAITING {waited}",
        "no_answer": f"NO ANSWER {waited}",
        "answer": "ANSWER",
    }
    return words[now.kind], TALK_COLOURS[now.kind]


def _gap_before(picture: Thumbnail, facts: Facts, pictures: Sequence[Thumbnail]) -> float | None:
    """The longest gap that ended between the picture before and this one."""
    before_s = max((each.at_s for each in pictures if each.at_s < picture.at_s), default=float("-inf"))
    ended = [
        span.took_s
        for span in facts.video.spans
        if span.kind == "gap" and before_s < span.end_s <= picture.at_s + _SAME_S
    ]
    return max(ended, default=None)


def _without_standing_black(found: list[Mark]) -> list[Mark]:
    """A black picture stands still too; one word is enough."""
    if any(words in {"BLACK", "ONE COLOUR"} for words, _ in found):
        return [mark for mark in found if not mark[0].startswith("FROZEN")]
    return found
