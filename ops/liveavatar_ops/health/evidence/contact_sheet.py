"""One PNG that answers at a glance: what was checked, is it alive, and what did it look like?"""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from liveavatar_ops.codes import without_ticks
from liveavatar_ops.health.evidence import marks
from liveavatar_ops.health.evidence.canvas import Canvas, cut, image_of, width_of, wrap
from liveavatar_ops.health.evidence.figures import Figure, figures
from liveavatar_ops.health.evidence.looks import STATE_COLOURS
from liveavatar_ops.health.evidence.palette import (
    BAD,
    CARD,
    CAUSE_WORDS,
    DIM,
    EDGE,
    FAINT,
    INK,
    PAPER,
    VERDICT_COLOURS,
)
from liveavatar_ops.health.evidence.strip import draw_strip, height_of
from liveavatar_ops.health.facts import Depth, Facts
from liveavatar_ops.health.files import write_bytes_whole
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.report.human import cost_of
from liveavatar_ops.health.thumbnails import Thumbnail
from liveavatar_ops.health.verdicts import Cause, Judgement

WIDTH, MARGIN, GAP = 1280, 36, 14
TITLE_HIGH, FIGURES_HIGH = 118, 74
INNER = WIDTH - 2 * MARGIN
_NO_FRAMES_HIGH = 150
PACKED = 3  # of 9, which takes ten times as long for a seventh less


def contact_sheet(
    facts: Facts, judgement: Judgement, pictures: Sequence[Thumbnail], limits: Limits | None = None
) -> Image.Image:
    """The sheet, RGB, 1280 wide. No pictures is fine: then it says so."""
    limits = limits or Limits()
    shown = marks.choose(pictures)
    tile = _tile(shown)
    rows = -(-len(shown) // tile.columns) if shown else 0
    grid_high = rows * (tile.high + GAP) - GAP if rows else _NO_FRAMES_HIGH
    sentences = _sentences(judgement)
    said_high = 24 * len(sentences) + 14 if sentences else 0
    strip_high = height_of(facts)
    high = MARGIN + TITLE_HIGH + said_high + FIGURES_HIGH + GAP + 8 + grid_high + GAP + strip_high + 36 + 54
    canvas = Canvas(WIDTH, high, PAPER)
    y: float = MARGIN
    _title(canvas, y, facts, judgement)
    y += TITLE_HIGH
    for text, colour in sentences:
        canvas.text((MARGIN, y), text, size=17, fill=colour)
        y += 24
    y += 14 if sentences else 0
    _figures(canvas, y, figures(facts, limits, judgement.reasons))
    y += FIGURES_HIGH + GAP + 8
    if shown:
        _grid(canvas, y, shown, tile, facts)
    else:
        _no_pictures(canvas, y, facts)
    y += grid_high + GAP
    canvas.box((MARGIN, y, WIDTH - MARGIN, y + strip_high + 36), CARD, radius=10)
    draw_strip(canvas, (MARGIN + 12, y + 18, WIDTH - MARGIN - 22, y + 18 + strip_high), facts, limits)
    _footer(canvas, high, facts)
    return canvas.paint()


def write_contact_sheet(
    path: Path,
    facts: Facts,
    judgement: Judgement,
    pictures: Sequence[Thumbnail],
    limits: Limits | None = None,
) -> None:
    """Write the sheet as PNG, readable by the owner alone."""
    out = io.BytesIO()
    contact_sheet(facts, judgement, pictures, limits).save(out, "PNG", compress_level=PACKED)
    write_bytes_whole(path, out.getvalue())


class _Tile:
    """Size of one thumbnail on the sheet and how many stand in a row."""

    def __init__(self, columns: int, high: int) -> None:
        self.columns = columns
        self.wide = (INNER - (columns - 1) * GAP) // columns
        self.high = high

    def left(self, column: int) -> int:
        """Left edge of a column, so that the last one ends at the margin."""
        return MARGIN + round(column * (INNER - self.wide) / max(self.columns - 1, 1))


def _tile(shown: Sequence[Thumbnail]) -> _Tile:
    """Wide pictures four to a row, upright ones six; few pictures get more room."""
    if not shown:
        return _Tile(4, 0)
    first = shown[0]
    tall = first.height > first.width
    columns = min(6 if tall else 4, max(len(shown), 4 if tall else 3))
    wide = (INNER - (columns - 1) * GAP) // columns
    return _Tile(columns, round(wide * first.height / first.width))


def _title(canvas: Canvas, y: float, facts: Facts, judgement: Judgement) -> None:
    target, colour = facts.target, VERDICT_COLOURS[judgement.verdict]
    word = judgement.verdict.value.upper()
    pill_wide = width_of(word, 22) + 52
    left = WIDTH - MARGIN - pill_wide
    canvas.box((left, y, WIDTH - MARGIN, y + 46), colour, radius=23)
    canvas.text((left + pill_wide / 2, y + 23), word, size=22, fill="#ffffff", anchor="mm")
    if judgement.cause is not Cause.NONE:
        canvas.text(
            (WIDTH - MARGIN - 4, y + 58), CAUSE_WORDS[judgement.cause], size=18, fill=colour, anchor="ra"
        )
    canvas.text((MARGIN, y + 2), cut(target.name, 34, left - MARGIN - 24), size=34, fill=INK)
    what = [f"depth {target.depth.value}", f"stack {target.stack}" if target.stack else ""]
    what += [
        f"avatar {target.avatar_id[:8]}" if target.avatar_id else "",
        "sandbox" if target.sandbox else "",
    ]
    canvas.text((MARGIN, y + 54), " · ".join(word for word in what if word), size=16, fill=FAINT)
    when = [facts.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")]
    when += [f"session {facts.session_id[:8]}"] if facts.session_id else []
    canvas.text((MARGIN, y + 78), " · ".join(when), size=16, fill=DIM)


def _sentences(judgement: Judgement) -> list[tuple[str, str]]:
    """The first reason in full, the next ones on a line each, then what to do."""
    lines: list[tuple[str, str]] = []
    for reason in judgement.reasons[:1]:
        lines += [(line, INK) for line in wrap(without_ticks(reason.sentence), 17, INNER, lines=2)]
    lines += [(cut(without_ticks(reason.sentence), 17, INNER), FAINT) for reason in judgement.reasons[1:3]]
    if judgement.next_step:
        said = f"Next: {without_ticks(judgement.next_step)}"
        lines += [(line, FAINT) for line in wrap(said, 17, INNER, lines=2)]
    return lines


def _figures(canvas: Canvas, y: float, shown: Sequence[Figure]) -> None:
    if not shown:
        return
    wide = (INNER - (len(shown) - 1) * GAP) / len(shown)
    for index, figure in enumerate(shown):
        x = MARGIN + index * (wide + GAP)
        canvas.box((x, y, x + wide, y + FIGURES_HIGH), CARD, radius=10, outline=EDGE)
        ink = {"not_seen": DIM, "missing": BAD}.get(figure.state, INK)
        canvas.box((x, y + 12, x + 4, y + FIGURES_HIGH - 12), STATE_COLOURS[figure.state], radius=2)
        canvas.text((x + 16, y + 13), cut(figure.title, 13, wide - 22), size=13, fill=FAINT)
        canvas.text((x + 16, y + 34), cut(figure.value, 23, wide - 22), size=23, fill=ink)


def _grid(canvas: Canvas, y: float, shown: Sequence[Thumbnail], tile: _Tile, facts: Facts) -> None:
    for index, each in enumerate(shown):
        row, column = divmod(index, tile.columns)
        x, top = tile.left(column), round(y) + row * (tile.high + GAP)
        found = marks.marks_of(each, facts, shown)
        if found:
            canvas.box((x - 3, top - 3, x + tile.wide + 3, top + tile.high + 3), found[0][1], radius=4)
        canvas.picture((x, top), _fitted(each, tile))
        canvas.chip((x + 8, top + tile.high - 29), f"{each.at_s:.1f} s", size=13, fill="#000000b0")
        for place, (words, colour) in enumerate(found):
            canvas.chip((x + 8, top + 8 + 26 * place), cut(words, 13, tile.wide - 32), size=13, fill=colour)


def _fitted(each: Thumbnail, tile: _Tile) -> Image.Image:
    """The picture in the tile's size, whole; one of another shape gets bars."""
    image = image_of(each)
    scale = min(tile.wide / image.width, tile.high / image.height)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    image = image.resize(size, Image.Resampling.LANCZOS)
    if size == (tile.wide, tile.high):
        return image
    framed = Image.new("RGB", (tile.wide, tile.high), CARD)
    framed.paste(image, ((tile.wide - size[0]) // 2, (tile.high - size[1]) // 2))
    return framed


def _no_pictures(canvas: Canvas, y: float, facts: Facts) -> None:
    canvas.box((MARGIN, y, WIDTH - MARGIN, y + _NO_FRAMES_HIGH), CARD, radius=10, outline=EDGE)
    if not facts.target.depth.includes(Depth.VIDEO):
        words = f"This check went as deep as {facts.target.depth.value}: no picture was asked for."
    elif facts.video.frames:
        words = f"{facts.video.frames} frames came, but none was kept."
    else:
        words = "Not one frame came."
    middle = y + _NO_FRAMES_HIGH / 2
    canvas.text((WIDTH / 2, middle), words, size=24, fill=INK if "Not one" in words else FAINT, anchor="mm")


def _footer(canvas: Canvas, high: int, facts: Facts) -> None:
    cost = f" · {words}" if (words := cost_of(facts.credits)) else ""
    zero = "Times on pictures and axis count from the first API call"
    if facts.room.connect_started_s is not None:
        zero += f"; we asked to join at {facts.room.connect_started_s:.1f} s"
    canvas.text((MARGIN, high - 32), f"{zero}.", size=13, fill=DIM)
    canvas.text(
        (WIDTH - MARGIN, high - 32), f"liveavatar-ops health check{cost}", size=13, fill=DIM, anchor="ra"
    )
