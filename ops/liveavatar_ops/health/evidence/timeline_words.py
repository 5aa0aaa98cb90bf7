"""Words for moments: each on a thread from its tick, or in one caption for calls too close to part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from liveavatar_ops.health.evidence.timeline_pen import width_of
from liveavatar_ops.health.evidence.timeline_space import Axis, Board, Word

ROW = 13.0
_APART = 4.0  # between a thread and its word
_DOT = " · "
_BOLDER = 1.08  # how much wider than others bold words are


@dataclass(frozen=True)
class Placed:
    """A word with its tick, the box that it fills, its row, and on which side of its thread it stands."""

    word: Word
    tick: float
    left: float
    right: float
    row: int
    anchor: str

    def hides(self, x: float) -> bool:
        """Whether a thread at `x` would run through it."""
        return self.left - 1 < x < self.right + 1

    def meets(self, other: "Placed") -> bool:
        """Whether two words of one row would touch."""
        return self.left - 5 < other.right + 1 and other.left - 1 < self.right + 5


def stairs(words: Sequence[Word], axis: Axis, size: float, *, most: int) -> list[Placed]:
    """
    Words in at most `most` rows, so that no thread runs through a word. The first in the list matter most:
    where there is no room, the others go unsaid.
    """
    kept = list(words)
    while True:
        placed, crowded = _placed(kept, axis, size, most)
        if crowded is None:
            return placed
        x = axis.x(crowded.at_s)
        near = [w for w in kept if abs(axis.x(w.at_s) - x) <= width_of(crowded.text, size)]
        kept.remove(near[-1])


def _placed(words: Iterable[Word], axis: Axis, size: float, most: int) -> tuple[list[Placed], Word | None]:
    """
    From the right, so that threads come down beside words placed before; what has no room right of its thread
    goes first, from the left, as in a mirror. The other value is a word that found no place.
    """
    sides = [(word, _side(word, axis, size)) for word in words]
    in_order = sorted((each for each in sides if each[1] == "end"), key=lambda each: each[0].at_s) + sorted(
        (each for each in sides if each[1] == "start"), key=lambda each: -each[0].at_s
    )
    placed: list[Placed] = []
    for word, side in in_order:
        tries = (_beside(word, side, axis, size, row) for row in range(most))
        found = next((each for each in tries if each.left >= axis.left and _is_free(each, placed)), None)
        if found is None:
            return placed, word
        placed.append(found)
    return placed, None


def _side(word: Word, axis: Axis, size: float) -> str:
    """Right of its thread (start), or left of it (end) where the right has no room."""
    ends = axis.x(word.at_s) + _APART + width_of(word.text, size)
    return "start" if ends <= axis.right + 8 else "end"


def _beside(word: Word, side: str, axis: Axis, size: float, row: int) -> Placed:
    tick, wide = axis.x(word.at_s), width_of(word.text, size)
    if side == "start":
        return Placed(word, tick, tick + _APART, tick + _APART + wide, row, side)
    return Placed(word, tick, tick - _APART - wide, tick - _APART, row, side)


def _is_free(new: Placed, placed: Iterable[Placed]) -> bool:
    for old in placed:
        if old.row == new.row and old.meets(new):
            return False
        if old.row < new.row and old.hides(new.tick):
            return False
        if old.row > new.row and new.hides(old.tick):
            return False
    return True


def rows_of(placed: Iterable[Placed]) -> int:
    """How many rows were used."""
    return max((each.row + 1 for each in placed), default=0)


def draw_stairs(board: Board, placed: Sequence[Placed], top: float) -> None:
    """The words under their ticks, which end at `top`."""
    pen, size = board.pen, board.layout.small
    for each in placed:
        base = top + 11 + each.row * ROW
        pen.line((each.tick, top), (each.tick, base), "hair s-unsure half")
        x = each.left if each.anchor == "start" else each.right
        pen.words((x, base), each.word.text, size, f"{each.word.look} halo", anchor=each.anchor)


@dataclass(frozen=True)
class Piece:
    """Words of one look in a caption."""

    text: str
    look: str
    row: int


@dataclass(frozen=True)
class Caption:
    """One line or more for a run of words that stand too close to be named one by one."""

    begins: float
    """Where its first tick is."""
    ends: float
    left: float
    """Where its words begin."""
    pieces: tuple[Piece, ...]


def captions(words: Sequence[tuple[Word, float]], axis: Axis, size: float) -> list[Caption]:
    """Words in order of time, each with the moment its bar ends; joined where they would collide."""
    made: list[Caption] = []
    group: list[tuple[Word, float]] = []
    for word, ends_s in words:
        if group and axis.x(word.at_s) < _wide(group, size) + axis.x(group[0][0].at_s) + 8:
            group.append((word, ends_s))
            continue
        made += [_caption(group, axis, size)] if group else []
        group = [(word, ends_s)]
    made += [_caption(group, axis, size)] if group else []
    return made


def _width(word: Word, size: float) -> float:
    return width_of(word.text, size) * (_BOLDER if "bold" in word.look.split() else 1.0)


def _wide(group: Sequence[tuple[Word, float]], size: float) -> float:
    return sum(_width(word, size) for word, _ in group) + width_of(_DOT, size) * (len(group) - 1)


def _caption(group: Sequence[tuple[Word, float]], axis: Axis, size: float) -> Caption:
    begins, ends = axis.x(group[0][0].at_s), max(axis.x(ends_s) for _, ends_s in group)
    left = max(min(begins, axis.right - _wide(group, size)), axis.left)
    pieces: list[Piece] = []
    x, row = left, 0
    for index, (word, _) in enumerate(group):
        dot = _DOT if index + 1 < len(group) else ""
        wide = _width(word, size) + width_of(dot, size)
        if x + wide > axis.right + 8 and x > left:
            x, row = left, row + 1
        last = pieces[-1] if pieces else None
        if last is not None and last.row == row and last.look == word.look:
            pieces[-1] = Piece(last.text + word.text + dot, last.look, row)
        else:
            pieces.append(Piece(word.text + dot, word.look, row))
        x += wide
    return Caption(begins, max(ends, begins + 3), left, tuple(pieces))


def draw_captions(board: Board, made: Sequence[Caption], top: float) -> None:
    """Each under a line as long as its bars."""
    for caption in made:
        board.pen.line((caption.begins, top), (caption.ends, top), "hair s-unsure")
        for row, pieces in groupby(caption.pieces, key=lambda piece: piece.row):
            said = [(piece.text, f"{piece.look} halo") for piece in pieces]
            board.pen.phrase((caption.left, top + 12 + row * ROW), said, board.layout.small)
