"""
A small pen for SVG: shapes with classes for colours, so that light and dark are a matter of CSS alone.

Everything written is escaped here, and characters that XML forbids are dropped: what a server or a template
called itself ends as text, never as markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from pulumi_liveavatar.text import clean

_WIDE = set("mwMW@%ABCDEFGHJKLNOPQRSTUVXYZ—…")
_NARROW = set("iljftrI.,:;'|!() []1")


def escaped(text: str) -> str:
    """The text without what XML 1.0 forbids, on one line, escaped."""
    return escape(" ".join(clean(text).split()))


def width_of(text: str, size: float) -> float:
    """About how wide the text is; a little more than in most fonts, as the viewer's font is not known."""
    units = sum(0.72 if each in _WIDE else 0.34 if each in _NARROW else 0.58 for each in text)
    return units * size


def cut(text: str, size: float, width: float) -> str:
    """The text, or as much of it as fits, ending in …"""
    if width_of(text, size) <= width:
        return text
    while text and width_of(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, size: float, width: float, *, lines: int) -> list[str]:
    """Break between words into at most `lines` lines; the last is cut where more is left."""
    words, out = text.split(), [""]
    for index, word in enumerate(words):
        longer = f"{out[-1]} {word}".strip()
        if width_of(longer, size) <= width or not out[-1]:
            out[-1] = longer
        elif len(out) == lines:
            out[-1] = " ".join([out[-1], *words[index:]])
            break
        else:
            out.append(word)
    return [cut(line, size, width) for line in out if line]


def n(value: float) -> str:
    """A coordinate with one decimal, none where it says nothing."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


@dataclass
class Pen:
    """Collects elements: shapes, and texts, which stand over all of them."""

    shapes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def rect(
        self,
        box: tuple[float, float, float, float],
        look: str,
        *,
        radius: float = 0,
        title: str = "",
    ) -> None:
        """A box given by left, top, right, bottom."""
        left, top, right, bottom = box
        size = f'width="{n(max(right - left, 0.5))}" height="{n(max(bottom - top, 0.5))}"'
        round_ = f' rx="{n(radius)}"' if radius else ""
        self._shape(f'rect x="{n(left)}" y="{n(top)}" {size}{round_} class="{look}"', title)

    def line(self, start: tuple[float, float], end: tuple[float, float], look: str) -> None:
        """A straight line."""
        (x0, y0), (x1, y1) = start, end
        self._shape(f'path d="M{n(x0)} {n(y0)}L{n(x1)} {n(y1)}" class="{look}"', "")

    def path(self, steps: Sequence[str], look: str, *, width: float | None = None) -> None:
        """Many strokes at once; nothing is drawn for none."""
        if steps:
            thick = f' stroke-width="{n(width)}"' if width is not None else ""
            self._shape(f'path d="{"".join(steps)}"{thick} class="{look}"', "")

    def dot(self, centre: tuple[float, float], radius: float, look: str, *, title: str = "") -> None:
        """A filled circle."""
        x, y = centre
        self._shape(f'circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" class="{look}"', title)

    def words(
        self, at: tuple[float, float], text: str, size: float, look: str = "", *, anchor: str = "start"
    ) -> None:
        """One line of text; `at` is its base line, `anchor` start, middle or end."""
        x, y = at
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        kind = f' class="{look}"' if look else ""
        self.texts.append(
            f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}"{where}{kind}>{escaped(text)}</text>'
        )

    def phrase(self, at: tuple[float, float], pieces: Sequence[tuple[str, str]], size: float) -> None:
        """One line in several looks (words, class): each begins where the one before really ends."""
        x, y = at
        said = " ".join(f'<tspan class="{look}">{escaped(text)}</tspan>' for text, look in pieces)
        self.texts.append(f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}">{said}</text>')

    def _shape(self, inside: str, title: str) -> None:
        if title:
            name = inside.split(" ", 1)[0]
            self.shapes.append(f"<{inside}><title>{escaped(title)}</title></{name}>")
        else:
            self.shapes.append(f"<{inside}/>")
