"""Paints the mouth, in every opening and width that speech takes."""

from dataclasses import dataclass
from typing import Self

from liveavatar_emulator.worker.drawing.canvas import Area, Canvas, Colour, Point, arc, mix, shade
from liveavatar_emulator.worker.drawing.looks import Character

MOUTH_AT = (0.0, 0.635)
MOUTH_AREA = Area(-0.44, 0.46, 0.44, 1.04)


def paint_mouth(canvas: Canvas, person: Character, opening: float, width: float) -> None:
    """
    A mouth on the face.

    `opening` is 0 (closed, a hint of a smile) to 1 (an open "ah"); `width` from -1 (rounded, "oo") to 1
    (spread, "ee").
    """
    lips = _Lips.at(opening, width)
    _under_lip(canvas, person, lips)
    _lip(canvas, [*arc(lips.left, *lips.bottom, lips.right), *arc(lips.right, *lips.floor, lips.left)],
         mix(person.lips, shade(person.lips, 1.25), 0.35))  # fmt: skip
    if opening > 0.02:
        _inside(canvas, lips, opening)
    _lip(canvas, [*arc(lips.left, *lips.top, lips.right), *arc(lips.right, *lips.roof, lips.left)],
         mix(person.lips, shade(person.lips, 0.72), 0.40))  # fmt: skip
    line = canvas.stroke(
        arc(lips.left, *lips.roof[::-1], lips.right), [0.006, 0.015, 0.013, 0.015, 0.006], blur=0.006
    )
    canvas.tint(line, shade(person.lips, 0.38), 0.78 - 0.5 * opening)
    shine = canvas.oval((-0.06, lips.bottom[1][1] - 0.036), (lips.half * 0.36, 0.013), blur=0.014)
    canvas.tint(shine, (255, 236, 228), 0.42)
    for side in (-1, 1):
        dimple = canvas.oval((side * (lips.half + 0.018), lips.left[1] + 0.002), (0.018, 0.020), blur=0.015)
        canvas.tint(dimple, shade(person.skin, 0.58), 0.42)


@dataclass(frozen=True)
class _Lips:
    """The lines of a mouth, left to right where not said otherwise."""

    half: float
    left: Point
    right: Point
    top: list[Point]
    roof: list[Point]  # lower edge of the upper lip, right to left
    floor: list[Point]  # upper edge of the lower lip, right to left
    bottom: list[Point]

    @classmethod
    def at(cls, opening: float, width: float) -> Self:
        cy = MOUTH_AT[1]
        half = 0.285 * (1 + 0.17 * width) * (1 - 0.13 * opening)
        drop, lift = 0.215 * opening, 0.030 * opening
        corner = cy - 0.034 * (1 - opening) - 0.010 * width + drop * 0.36
        full = 0.070 + 0.014 * max(-width, 0)
        roof_y, middle = cy + 0.004 - lift * 0.4, (0, cy + 0.013 - lift * 0.4)
        floor_y, low = cy + 0.006 + drop * 0.88, (0, cy + 0.015 + drop)
        side_y = cy + full * 0.80 + drop * 0.98
        bow = ((-0.50, 0.050), (-0.15, 0.074), (0, 0.058), (0.15, 0.074), (0.50, 0.050))
        return cls(
            half=half,
            left=(-half, corner),
            right=(half, corner),
            top=[(x * half, cy - y - lift) for x, y in bow],
            roof=[(half * 0.55, roof_y), middle, (-half * 0.55, roof_y)],
            floor=[(half * 0.60, floor_y), low, (-half * 0.60, floor_y)],
            bottom=[(-half * 0.52, side_y), (0, cy + full * 1.20 + drop * 1.06), (half * 0.52, side_y)],
        )


def _under_lip(canvas: Canvas, person: Character, lips: _Lips) -> None:
    below = canvas.oval((0, lips.bottom[1][1] + 0.048), (lips.half * 0.58, 0.026), blur=0.035)
    canvas.tint(below, shade(person.skin, 0.66), 0.48)


def _lip(canvas: Canvas, outline: list[Point], colour: Colour) -> None:
    mask = canvas.shape(outline, blur=0.006)
    canvas.tint(mask, colour, 0.92)
    canvas.relief(mask, 0.03, light=0.10, dark=0.22)


def _inside(canvas: Canvas, lips: _Lips, opening: float) -> None:
    hole = canvas.shape(
        [*arc(lips.left, *lips.roof[::-1], lips.right), *arc(lips.right, *lips.floor, lips.left)],
        blur=0.004,
    )
    canvas.tint(hole, (54, 16, 20))
    roof, floor = lips.roof[1][1], lips.floor[1][1]
    tongue = canvas.oval((0, floor + 0.012), (lips.half * 0.55, 0.030 + 0.060 * opening), blur=0.014).within(
        hole
    )
    canvas.tint(tongue, (176, 80, 80), 0.85 * min(1, opening * 2))
    teeth = canvas.oval((0, roof - 0.006), (lips.half * 0.74, 0.040 + 0.020 * opening), blur=0.006).within(
        hole
    )
    canvas.tint(teeth, (240, 235, 228), 0.94 * min(1.0, opening * 4))
    shadow = canvas.stroke(
        arc(lips.left, *lips.roof[::-1], lips.right), [0.02, 0.035, 0.02], blur=0.014
    ).within(hole)
    canvas.multiply(shadow, (150, 110, 108))
