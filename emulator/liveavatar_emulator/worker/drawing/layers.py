"""
From paint to I420: layers as Y, U and V planes with coverage, ready at every quarter of a pixel.

A layer is kept at twice the picture's scale. Where it is needed between two pixels, it is scaled down from
there once for each quarter and kept, so that a moving head stays as sharp as a still one and a frame costs a
few copies. Colours are BT.601, limited range, as WebRTC takes I420 to be.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liveavatar_emulator.worker.drawing.canvas import Canvas, Plane, Point

Bytes = NDArray[np.uint8]
NEAR = 4  # fine pixels at every side that only serve as neighbours (two pixels of the picture)
STEPS = 4  # parts of a pixel that a layer may be shifted by


def yuv(rgb: Plane) -> tuple[Plane, Plane, Plane]:
    """Y, U and V (BT.601, limited range) of an RGB picture, in floating point."""
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = 16 + 0.2568 * r + 0.5041 * g + 0.0979 * b
    u = 128 - 0.1482 * r - 0.2910 * g + 0.4392 * b
    v = 128 + 0.4392 * r - 0.3678 * g - 0.0714 * b
    return y, u, v


@dataclass
class Picture:
    """An I420 picture in one block of memory, as the encoder wants it."""

    width: int
    height: int
    data: bytearray

    @classmethod
    def blank(cls, width: int, height: int) -> Self:
        """A picture of its own memory. Sides are even, as I420 wants them."""
        return cls(width, height, bytearray(width * height * 3 // 2))

    def planes(self) -> tuple[Bytes, Bytes, Bytes]:
        """Y, U and V as arrays that write through."""
        w, h = self.width, self.height
        flat = np.frombuffer(self.data, dtype=np.uint8)
        y, c = w * h, w * h // 4
        return (
            flat[:y].reshape(h, w),
            flat[y : y + c].reshape(h // 2, w // 2),
            flat[y + c :].reshape(h // 2, w // 2),
        )

    def rgb(self) -> Bytes:
        """The picture as people see it, for files and eyes (not for the encoder)."""
        y, u, v = (p.astype(np.float32) for p in self.planes())
        u, v = (np.repeat(np.repeat(p, 2, 0), 2, 1) - 128 for p in (u, v))
        luma = 1.164 * (y - 16)
        out = np.stack([luma + 1.596 * v, luma - 0.392 * u - 0.813 * v, luma + 2.017 * u], axis=-1)
        return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


@dataclass(frozen=True)
class Piece:
    """One plane of a layer at one phase: colours weighted by coverage already, and the coverage left over."""

    colour: Bytes
    solid: NDArray[np.bool_]
    edge: tuple[NDArray[np.intp], NDArray[np.intp]]
    edge_rest: NDArray[np.uint16]
    edge_colour: NDArray[np.uint16]

    def onto(self, plane: Bytes, x: int, y: int) -> None:
        """Lay it over a plane with its upper left pixel at (x, y); what hangs over the sides is cut."""
        h, w = self.colour.shape
        ph, pw = plane.shape
        if x < 0 or y < 0 or x + w > pw or y + h > ph:
            self._clipped(plane, x, y)
            return
        part = plane[y : y + h, x : x + w]
        under = part[self.edge].astype(np.uint16)
        np.copyto(part, self.colour, where=self.solid)
        part[self.edge] = (self.edge_colour + under * self.edge_rest // 255).astype(np.uint8)

    def _clipped(self, plane: Bytes, x: int, y: int) -> None:
        h, w = self.colour.shape
        ph, pw = plane.shape
        room = np.zeros((h, w), dtype=np.uint8)
        top, left, bottom, right = max(0, -y), max(0, -x), min(h, ph - y), min(w, pw - x)
        if bottom <= top or right <= left:
            return
        inside = (slice(top, bottom), slice(left, right))
        there = (slice(y + top, y + bottom), slice(x + left, x + right))
        room[inside] = plane[there]
        self.onto(room, 0, 0)
        plane[there] = room[inside]


class Layer:
    """
    A painted canvas as planes, at `scale` picture pixels a unit, to be laid at any quarter of a pixel.

    Its first pixel lies two picture pixels inside the canvas, because scaling needs neighbours.
    """

    def __init__(self, canvas: Canvas, scale: float) -> None:
        frame = canvas.frame
        fine = (round(frame.width * scale / 2) * 4, round(frame.height * scale / 2) * 4)
        w, h = frame.size
        self.zoom = w / fine[0]  # canvas pixels a fine pixel
        self._keep(_fine(canvas, fine, (0.0, 0.0, float(w), float(h))), (0, 0))

    @classmethod
    def patch(cls, canvas: Canvas, whole: Self, area: tuple[int, int, int, int], origin: Point) -> Self:
        """
        A part of `whole` with something painted on it, which lies on the same pixels.

        `area` is the part (left, top, right, bottom) in fine pixels, each a multiple of 4; `origin` is where
        the canvas begins in the canvas of the whole, in its pixels.
        """
        layer = cls.__new__(cls)
        layer.zoom = k = whole.zoom
        left, top, right, bottom = area
        box = (left * k - origin[0], top * k - origin[1], right * k - origin[0], bottom * k - origin[1])
        layer._keep(_fine(canvas, (right - left, bottom - top), box), (left // 2, top // 2))
        return layer

    def _keep(self, fine: tuple[Plane, Plane, Plane, Plane], offset: tuple[int, int]) -> None:
        self._fine = fine
        self.offset = offset
        h, w = fine[0].shape
        self.size = (w // 2 - 2, h // 2 - 2)
        self._made = 0
        self._luma: dict[tuple[int, int], Piece] = {}
        self._chroma: dict[tuple[int, int], tuple[Piece, Piece]] = {}

    def onto(self, picture: Picture, left: float, top: float) -> None:
        """Lay it on a picture with the upper left corner of its whole at (left, top), in luma pixels."""
        planes = picture.planes()
        ox, oy = self.offset[0] + NEAR // 2, self.offset[1] + NEAR // 2
        qx, qy = round(left * STEPS), round(top * STEPS)
        self.luma(qx % STEPS, qy % STEPS).onto(planes[0], qx // STEPS + ox, qy // STEPS + oy)
        cx, cy = round(left * STEPS / 2), round(top * STEPS / 2)
        for plane, piece in zip(planes[1:], self.chroma(cx % STEPS, cy % STEPS), strict=True):
            piece.onto(plane, cx // STEPS + ox // 2, cy // STEPS + oy // 2)

    @property
    def pieces_made(self) -> int:
        """How many planes have been scaled so far."""
        return self._made

    def luma(self, px: int, py: int) -> Piece:
        """The Y plane, shifted by px and py quarters of a pixel."""
        if (px, py) not in self._luma:
            y, _, _, a = self._fine
            self._made += 1
            self._luma[px, py] = _piece(y, a, self.size, 2, (px, py))
        return self._luma[px, py]

    def chroma(self, px: int, py: int) -> tuple[Piece, Piece]:
        """The U and V planes, shifted by px and py quarters of one of their pixels."""
        if (px, py) not in self._chroma:
            _, u, v, a = self._fine
            size = (self.size[0] // 2, self.size[1] // 2)
            self._made += 2
            self._chroma[px, py] = _piece(u, a, size, 4, (px, py)), _piece(v, a, size, 4, (px, py))
        return self._chroma[px, py]


def _piece(colour: Plane, alpha: Plane, size: tuple[int, int], zoom: int, phase: tuple[int, int]) -> Piece:
    left, top = NEAR - phase[0] * zoom / STEPS, NEAR - phase[1] * zoom / STEPS
    box = (left, top, left + size[0] * zoom, top + size[1] * zoom)
    cover = _scaled(alpha, size, box)
    paint = np.clip(np.rint(_scaled(colour, size, box)), 0, 255).astype(np.uint8)
    solid = cover > 0.996
    rows, columns = np.nonzero((cover > 0.004) & ~solid)
    edge = (rows, columns)
    rest = np.rint((1 - cover[edge]) * 255).astype(np.uint16)
    return Piece(paint, solid, edge, rest, paint[edge].astype(np.uint16))


def _scaled(plane: Plane, size: tuple[int, int], box: tuple[float, float, float, float]) -> Plane:
    image = Image.fromarray(plane).resize(size, Image.Resampling.HAMMING, box=box)
    return np.asarray(image, dtype=np.float32)


def _fine(
    canvas: Canvas, size: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[Plane, Plane, Plane, Plane]:
    """Y, U, V (weighted by coverage) and coverage at twice the picture's scale."""
    alpha = canvas.alpha
    planes = [np.ascontiguousarray(plane * alpha) for plane in yuv(canvas.rgb)]
    y, u, v, a = (
        np.asarray(Image.fromarray(p).resize(size, Image.Resampling.HAMMING, box=box), dtype=np.float32)
        for p in (*planes, alpha)
    )
    return y, u, v, np.clip(a, 0, 1)
