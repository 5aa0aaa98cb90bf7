"""
Painting with soft edges on numpy arrays: splines, masks, blends and the light that gives a shape volume.

Coordinates are in *units*: one unit is half the height of a face, x to the right, y downwards, and (0, 0)
lies between eyes and nose. Colours are sRGB triples from 0 to 255. Everything is painted at a fixed size,
whatever the size of the picture, so that the cost of a start does not depend on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane = NDArray[np.float32]
Point = tuple[float, float]
Colour = tuple[float, float, float]

LIGHT = (-0.55, -0.80)  # from the upper left, where a key light hangs


def mirrored(half: Sequence[Point]) -> list[Point]:
    """A closed, symmetric outline from its right half, given from top to bottom (both on the axis)."""
    return [*half, *[(-x, y) for x, y in reversed(half) if x]]


def spline(points: Sequence[Point], *, closed: bool = True, steps: int = 10) -> list[Point]:
    """A smooth (Catmull-Rom) curve through `points`, as a dense polygon."""
    p = np.asarray(points, dtype=np.float64)
    if closed:
        before, after, after2 = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        ends = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
        before, p, after, after2 = ends[:-3], ends[1:-2], ends[2:-1], ends[3:]
    t = (np.arange(steps) / steps)[:, None, None]
    curve = 0.5 * (
        2 * p
        + (after - before) * t
        + (2 * before - 5 * p + 4 * after - after2) * t**2
        + (3 * p - before - 3 * after + after2) * t**3
    )
    dense = curve.transpose(1, 0, 2).reshape(-1, 2)
    out = [(float(x), float(y)) for x, y in dense]
    return out if closed else [*out, (float(points[-1][0]), float(points[-1][1]))]


def arc(*points: Point) -> list[Point]:
    """A smooth open line through points."""
    return spline(points, closed=False, steps=8)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """A colour between two."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def shade(colour: Colour, factor: float) -> Colour:
    """A darker (below 1) or lighter (above 1) variant; shadows of skin stay warm."""
    if factor >= 1:
        return mix(colour, (255, 252, 244), factor - 1)
    return (colour[0] * factor, colour[1] * factor**1.12, colour[2] * factor**1.18)


@dataclass(frozen=True)
class Area:
    """A part of a head that a feature never paints beyond (units)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Frame:
    """Where a canvas lies in units: its upper left corner, its extent and its pixels per unit."""

    left: float
    top: float
    width: float
    height: float
    per_unit: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return round(self.width * self.per_unit), round(self.height * self.per_unit)

    def pixels(self, points: Sequence[Point], zoom: int = 1) -> list[Point]:
        """Points in units as pixels of this canvas, `zoom` times finer."""
        k = self.per_unit * zoom
        return [((x - self.left) * k, (y - self.top) * k) for x, y in points]

    def grid(self) -> tuple[Plane, Plane]:
        """The x and y, in units, of every pixel (as a row and a column that broadcast)."""
        w, h = self.size
        xs = (np.arange(w, dtype=np.float32) + 0.5) / self.per_unit + self.left
        ys = (np.arange(h, dtype=np.float32) + 0.5) / self.per_unit + self.top
        return xs[None, :], ys[:, None]


@dataclass(frozen=True)
class Mask:
    """Coverage from 0 to 1 of a part of a canvas; (x, y) is its upper left pixel, nothing lies outside."""

    x: int
    y: int
    values: Plane

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that it covers."""
        h, w = self.values.shape
        return slice(self.y, self.y + h), slice(self.x, self.x + w)

    def within(self, other: Self) -> Self:
        """What of it lies inside another mask."""
        h, w = self.values.shape
        whole = np.zeros((h, w), dtype=np.float32)
        top, left = max(self.y, other.y), max(self.x, other.x)
        bottom = min(self.y + h, other.y + other.values.shape[0])
        right = min(self.x + w, other.x + other.values.shape[1])
        if bottom > top and right > left:
            mine = (slice(top - self.y, bottom - self.y), slice(left - self.x, right - self.x))
            theirs = (slice(top - other.y, bottom - other.y), slice(left - other.x, right - other.x))
            whole[mine] = self.values[mine] * other.values[theirs]
        return replace(self, values=whole)

    def moved(self, dx: int, dy: int) -> Self:
        """The same coverage elsewhere (pixels)."""
        return replace(self, x=self.x + dx, y=self.y + dy)


def _shares(image: Image.Image) -> Plane:
    """An eight-bit image as numbers from 0 to 1."""
    return np.asarray(np.asarray(image, dtype=np.float32) / 255, dtype=np.float32)


def blurred(values: Plane, radius: float) -> Plane:
    """A Gaussian blur of `radius` pixels; a wide one is made at a fraction of the size, unseen and cheap."""
    if radius < 0.4:
        return values
    shrink = max(1, min(8, int(radius / 3)))
    image = Image.fromarray(np.clip(values * 255, 0, 255).astype(np.uint8))
    small = image.reduce(shrink) if shrink > 1 else image
    soft = small.filter(ImageFilter.GaussianBlur(radius / shrink))
    if shrink > 1:
        whole = (small.width * shrink, small.height * shrink)
        soft = soft.resize(whole, Image.Resampling.BILINEAR).crop((0, 0, image.width, image.height))
    return _shares(soft)


class Canvas:
    """An RGB picture with coverage (alpha) that shapes are laid upon."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        w, h = frame.size
        self.rgb: Plane = np.zeros((h, w, 3), dtype=np.float32)
        self.alpha: Plane = np.zeros((h, w), dtype=np.float32)

    def copy(self) -> Self:
        """A canvas of its own with the same picture."""
        other = self.__class__.__new__(self.__class__)
        other.frame, other.rgb, other.alpha = self.frame, self.rgb.copy(), self.alpha.copy()
        return other

    def crop(self, left: int, top: int, right: int, bottom: int) -> Self:
        """A canvas of its own with a part of the picture (pixels), in the same units."""
        k = self.frame.per_unit
        other = self.__class__.__new__(self.__class__)
        other.frame = Frame(
            self.frame.left + left / k, self.frame.top + top / k, (right - left) / k, (bottom - top) / k, k
        )
        other.rgb = self.rgb[top:bottom, left:right].copy()
        other.alpha = self.alpha[top:bottom, left:right].copy()
        return other

    def shape(self, *outlines: Sequence[Point], blur: float = 0.0) -> Mask:
        """Coverage of closed outlines (units), with smooth edges, softened by `blur` units."""
        fine = [self.frame.pixels(outline, 2) for outline in outlines]
        xs = [x for outline in fine for x, _ in outline]
        ys = [y for outline in fine for _, y in outline]
        margin = 2 + round(2.5 * blur * self.frame.per_unit)
        w, h = self.frame.size
        left, top = max(0, int(min(xs) / 2) - margin), max(0, int(min(ys) / 2) - margin)
        right, bottom = min(w, int(max(xs) / 2) + margin + 1), min(h, int(max(ys) / 2) + margin + 1)
        if right <= left or bottom <= top:
            return Mask(0, 0, np.zeros((0, 0), dtype=np.float32))
        image = Image.new("L", ((right - left) * 2, (bottom - top) * 2), 0)
        draw = ImageDraw.Draw(image)
        for outline in fine:
            draw.polygon([(x - left * 2, y - top * 2) for x, y in outline], fill=255)
        values = _shares(image.reduce(2))
        return Mask(left, top, blurred(values, blur * self.frame.per_unit))

    def oval(self, centre: Point, radii: Point, *, blur: float = 0.0) -> Mask:
        """Coverage of an ellipse."""
        angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        ring = [
            (centre[0] + radii[0] * float(np.cos(a)), centre[1] + radii[1] * float(np.sin(a))) for a in angles
        ]
        return self.shape(ring, blur=blur)

    def stroke(self, points: Sequence[Point], widths: Sequence[float], *, blur: float = 0.0) -> Mask:
        """Coverage of a line whose width (units) changes along its way."""
        return self.shape(ribbon(points, widths), blur=blur)

    def lay(self, mask: Mask, colour: Colour, strength: float = 1.0) -> None:
        """Cover what the mask covers with a colour."""
        self.tint(mask, colour, strength)
        cover = self.alpha[mask.window]
        cover += (1 - cover) * mask.values * strength

    def tint(self, mask: Mask, colour: Colour, strength: float = 1.0) -> None:
        """Colour what is already there, without covering more: shadows, blush and lights."""
        part = self.rgb[mask.window]
        part += (np.asarray(colour, np.float32) - part) * (mask.values * strength)[..., None]

    def rim(self, mask: Mask, colour: Colour, strength: float, reach: float = 0.05) -> None:
        """A line of light along the right edge, from a lamp behind."""
        pixels = max(2, round(reach * self.frame.per_unit))
        edge = np.clip(mask.values - _shifted_left(mask.values, pixels), 0, 1)
        xs = (mask.x + np.arange(edge.shape[1], dtype=np.float32)) / self.frame.per_unit + self.frame.left
        edge *= np.clip((xs - 0.35) / 0.25, 0, 1)[None, :]  # inner edges are in the head's own shadow
        self.tint(Mask(mask.x, mask.y, blurred(edge, pixels * 0.45) * mask.values), colour, strength)

    def multiply(self, mask: Mask, colour: Colour) -> None:
        """Darken as a coloured shadow does: white changes nothing, black takes all."""
        part = self.rgb[mask.window]
        part *= 1 - mask.values[..., None] * (1 - np.asarray(colour, np.float32) / 255)

    def relief(self, mask: Mask, radius: float, *, light: float, dark: float) -> None:
        """
        Give a flat shape volume: what turns to the light brightens, what turns away darkens. `radius` (units)
        is how far the roundness reaches in from the edge.
        """
        facing = _facing(mask.values, radius * self.frame.per_unit)
        factor = 1 + np.where(facing > 0, facing * light, facing * dark) * mask.values
        part = self.rgb[mask.window]
        part *= factor[..., None].astype(np.float32)
        np.clip(part, 0, 255, out=part)


def _shifted_left(values: Plane, pixels: int) -> Plane:
    out = np.zeros_like(values)
    out[:, :-pixels] = values[:, pixels:]
    return out


def _facing(values: Plane, radius: float) -> Plane:
    """How much each place turns to the light, as if the mask were a dome that rises over `radius` pixels."""
    h, w = values.shape
    k = max(1, int(radius / 4))
    size = (max(2, w // k), max(2, h // k))
    small = np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BOX), dtype=np.float32)
    dome = _spread(small.shape[0], radius / k) @ small @ _spread(small.shape[1], radius / k).T
    dy, dx = np.gradient(dome)
    facing = -(dx * LIGHT[0] + dy * LIGHT[1]) * (radius / k)
    whole = Image.fromarray(facing.astype(np.float32)).resize((w, h), Image.Resampling.BICUBIC)
    return np.asarray(whole, dtype=np.float32)


def _spread(n: int, sigma: float) -> Plane:
    """A Gaussian blur of `n` samples as a matrix; in floating point, so that a slope has no steps."""
    i = np.arange(n, dtype=np.float32)
    weights = np.exp(-0.5 * ((i[:, None] - i[None, :]) / max(sigma, 0.3)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def ribbon(points: Sequence[Point], widths: Sequence[float]) -> list[Point]:
    """The outline of a line whose width changes along its way."""
    p = np.asarray(points, dtype=np.float64)
    along = np.gradient(p, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
    half = np.interp(np.linspace(0, 1, len(p)), np.linspace(0, 1, len(widths)), widths)[:, None] / 2
    outline = np.vstack([p + aside * half, (p - aside * half)[::-1]])
    return [(float(x), float(y)) for x, y in outline]
