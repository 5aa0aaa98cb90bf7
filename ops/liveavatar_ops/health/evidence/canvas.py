"""
A small drawing board over Pillow: smooth shapes, crisp text, and only the font that Pillow itself carries.

Shapes are drawn at three times the size and scaled down; pictures and text go on top at their own size.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from liveavatar_ops.health.thumbnails import Thumbnail

SMOOTH = 3
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_PLAIN = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "−": "-", "→": ">", "≤": "<=", "≥": ">=", "²": "2", "ß": "ss", "\n": " "}
)


def image_of(thumbnail: Thumbnail) -> Image.Image:
    """A kept picture, RGB, in its own size."""
    return Image.frombytes("RGB", (thumbnail.width, thumbnail.height), thumbnail.rgb)


@cache
def font(size: int) -> Font:
    """Pillow's own font; no system font is needed, so a sheet looks the same everywhere."""
    return ImageFont.load_default(size=size)


def plain(text: str) -> str:
    """Text in the letters that the font has: accents are dropped, the unknown becomes `?`."""
    known = unicodedata.normalize("NFD", text.translate(_PLAIN))
    kept = "".join(letter for letter in known if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" or letter in "·…“”’±" else "?" for letter in kept)


def width_of(text: str, size: int) -> float:
    """Width of one line in pixels."""
    return font(size).getlength(plain(text))


def cut(text: str, size: int, width: float) -> str:
    """The text, or as much of it as fits, ending in …"""
    text = plain(text)
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, size: int, width: float, *, lines: int) -> list[str]:
    """Break between words into at most `lines` lines of even length; the last is cut where more is left."""
    out = _broken(text, size, width, lines)
    if len(out) > 1 and not out[-1].endswith("…"):
        narrower = (width * share / 20 for share in range(11, 20))
        even = (_broken(text, size, less, lines) for less in narrower)
        out = next((each for each in even if not each[-1].endswith("…")), out)
    return out


def _broken(text: str, size: int, width: float, lines: int) -> list[str]:
    words, out = plain(text).split(), [""]
    for index, word in enumerate(words):
        longer = f"{out[-1]} {word}".strip()
        if width_of(longer, size) <= width or not out[-1]:
            out[-1] = longer
        elif len(out) == lines:
            out[-1] = cut(" ".join([out[-1], *words[index:]]), size, width)
            break
        else:
            out.append(word)
    return [cut(line, size, width) for line in out if line]


@dataclass
class Canvas:
    """Collect shapes, pictures and text; `paint` makes the image."""

    width: int
    height: int
    background: str
    _shapes: list[Callable[[ImageDraw.ImageDraw], None]] = field(default_factory=list)
    _over: list[Callable[[Image.Image, ImageDraw.ImageDraw], None]] = field(default_factory=list)

    def box(self, box: Box, fill: str, *, radius: float = 0, outline: str | None = None) -> None:
        """A filled box with round corners."""
        scaled = [value * SMOOTH for value in box]
        self._shapes.append(
            lambda draw: draw.rounded_rectangle(
                scaled, radius * SMOOTH, fill=fill, outline=outline, width=SMOOTH if outline else 0
            )
        )

    def line(self, points: Sequence[Point], fill: str, *, width: float = 1.5) -> None:
        """A line through points."""
        scaled = [(x * SMOOTH, y * SMOOTH) for x, y in points]
        if len(scaled) > 1:
            thick = max(round(width * SMOOTH), 1)
            self._shapes.append(lambda draw: draw.line(scaled, fill=fill, width=thick, joint="curve"))

    def dot(self, centre: Point, radius: float, fill: str) -> None:
        """A filled circle."""
        (x, y), r = centre, radius
        self.box((x - r, y - r, x + r, y + r), fill, radius=r)

    def picture(self, at: tuple[int, int], image: Image.Image) -> None:
        """A picture at its own size, over all shapes drawn so far."""
        self._over.append(lambda under, _draw: under.paste(image, at))

    def text(self, at: Point, text: str, *, size: int, fill: str, anchor: str = "la") -> None:
        """One line; `anchor` as Pillow has it (`la` left top, `mm` middle, `ra` right top)."""
        said = plain(text)
        self._over.append(lambda _under, draw: draw.text(at, said, font=font(size), fill=fill, anchor=anchor))

    def chip(self, at: Point, text: str, *, size: int, fill: str, ink: str = "#ffffff") -> float:
        """A small filled label over pictures; returns its width."""
        wide, high = width_of(text, size) + size * 1.1, size * 1.7
        x, y = at
        badge = Image.new("RGBA", (round(wide * SMOOTH), round(high * SMOOTH)), (0, 0, 0, 0))
        ImageDraw.Draw(badge).rounded_rectangle(
            (0, 0, badge.width - 1, badge.height - 1), size * 0.45 * SMOOTH, fill=fill
        )
        small = badge.resize((round(wide), round(high)), Image.Resampling.LANCZOS)
        self._over.append(lambda under, _draw: under.paste(small, (round(x), round(y)), small))
        self.text((x + wide / 2, y + high / 2), text, size=size, fill=ink, anchor="mm")
        return wide

    def paint(self) -> Image.Image:
        """The finished image, RGB."""
        big = Image.new("RGB", (self.width * SMOOTH, self.height * SMOOTH), self.background)
        pen = ImageDraw.Draw(big)
        for shape in self._shapes:
            shape(pen)
        image = big.reduce(SMOOTH)
        pen = ImageDraw.Draw(image)
        for over in self._over:
            over(image, pen)
        return image
