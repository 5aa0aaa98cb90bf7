"""Paints what moves in a face: the mouth in its openings and widths, the lids and gaze, the brows."""

from __future__ import annotations

from dataclasses import dataclass

from liveavatar_emulator.worker.drawing.canvas import Canvas, Mask, Point, spline
from liveavatar_emulator.worker.drawing.head import mix, shade
from liveavatar_emulator.worker.drawing.looks import Character

MOUTH_AT = (0.0, 0.635)
EYES_AT_Y = -0.075
EYE_APART = 0.305


@dataclass(frozen=True)
class Area:
    """A part of the head, in units, that a feature never paints beyond."""

    left: float
    top: float
    right: float
    bottom: float


MOUTH_AREA = Area(-0.42, 0.46, 0.42, 1.04)
EYES_AREA = Area(-0.60, -0.27, 0.60, 0.12)
BROWS_AREA = Area(-0.64, -0.52, 0.64, -0.27)


def paint_mouth(canvas: Canvas, person: Character, opening: float, width: float) -> None:
    """
    A mouth on the face.

    `opening` is 0 (closed, a hint of a smile) to 1 (an open "ah"); `width` from -1 (rounded, "oo") to 1
    (spread, "ee").
    """
    cx, cy = MOUTH_AT
    half = 0.245 * (1 + 0.16 * width) * (1 - 0.10 * opening)
    drop, lift = 0.235 * opening, 0.035 * opening
    smile = 0.022 * (1 - opening) + 0.012 * width
    corner_y = cy - smile + drop * 0.30
    full = 0.072 + 0.012 * max(-width, 0)
    lips, dark_lip = person.lips, shade(person.lips, 0.72)

    top = [(-half, corner_y), (-half * 0.52, cy - 0.052 - lift), (-half * 0.16, cy - 0.078 - lift), (0, cy - 0.060 - lift),
           (half * 0.16, cy - 0.078 - lift), (half * 0.52, cy - 0.052 - lift), (half, corner_y)]  # fmt: skip
    upper_edge = [
        (half * 0.5, cy + 0.004 - lift * 0.5),
        (0, cy + 0.012 - lift * 0.5),
        (-half * 0.5, cy + 0.004 - lift * 0.5),
    ]
    lower_edge = [
        (half * 0.62, cy + 0.006 + drop * 0.86),
        (0, cy + 0.014 + drop),
        (-half * 0.62, cy + 0.006 + drop * 0.86),
    ]
    bottom = [
        (-half * 0.55, cy + full * 0.80 + drop * 0.96),
        (0, cy + full * 1.22 + drop * 1.06),
        (half * 0.55, cy + full * 0.80 + drop * 0.96),
    ]
    left, right = (-half, corner_y), (half, corner_y)

    chin = canvas.oval((cx, cy + full * 1.22 + drop * 1.06 + 0.045), (half * 0.62, 0.028), blur=0.035)
    canvas.tint(chin, shade(person.skin, 0.66), 0.50)
    canvas.tint(canvas.shape(_arc(left, *_rev(bottom), right), blur=0.012), lips, 0.0)
    _lip(
        canvas,
        [*_arc(left, bottom[0], bottom[1], bottom[2], right), *_arc(right, *lower_edge, left)],
        mix(lips, shade(lips, 1.25), 0.35),
    )
    if opening > 0.02:
        _inside(canvas, person, _arc(left, *_rev(upper_edge), right), _arc(right, *lower_edge, left), opening)
    _lip(canvas, [*_arc(*top), *_arc(right, *upper_edge, left)], mix(lips, dark_lip, 0.45))
    line = canvas.stroke(
        _arc(left, *_rev(upper_edge), right), [0.006, 0.016, 0.014, 0.016, 0.006], blur=0.006
    )
    canvas.tint(line, shade(person.lips, 0.40), 0.75 - 0.45 * opening)
    shine = canvas.oval((-0.05, cy + full * 0.66 + drop * 1.02), (half * 0.34, 0.013), blur=0.014)
    canvas.tint(shine, (255, 236, 228), 0.42)
    for side in (-1, 1):
        dimple = canvas.oval((side * (half + 0.022), corner_y + 0.004), (0.020, 0.022), blur=0.016)
        canvas.tint(dimple, shade(person.skin, 0.58), 0.48)


def _rev(points: list[Point]) -> list[Point]:
    return points[::-1]


def _arc(*points: Point) -> list[Point]:
    return spline(list(points), closed=False, steps=8)


def _lip(canvas: Canvas, outline: list[Point], colour: tuple[float, float, float]) -> Mask:
    mask = canvas.shape(outline, blur=0.006)
    canvas.tint(mask, colour, 0.92)
    canvas.relief(mask, 0.03, light=0.10, dark=0.22)
    return mask


def _inside(
    canvas: Canvas, person: Character, upper: list[Point], lower: list[Point], opening: float
) -> None:
    hole = canvas.shape([*upper, *lower], blur=0.004)
    canvas.tint(hole, (58, 18, 20))
    cy = MOUTH_AT[1]
    tongue = canvas.oval(
        (0, cy + 0.06 + 0.215 * opening), (0.13, 0.035 + 0.055 * opening), blur=0.012
    ).within(hole)
    canvas.tint(tongue, (178, 82, 80), 0.85 * min(1, opening * 2))
    show = min(1.0, opening * 3.5)
    teeth = canvas.shape(
        [*upper, *[(x * 0.90, y + 0.030 + 0.030 * opening) for x, y in reversed(upper)]], blur=0.006
    ).within(hole)
    canvas.tint(teeth, (240, 234, 226), 0.93 * show)
    gums = canvas.stroke(upper, [0.03, 0.03], blur=0.012).within(hole)
    canvas.tint(gums, (90, 34, 34), 0.50)
    del person


def paint_eyes(canvas: Canvas, person: Character, closing: float, gaze: Point = (0.0, 0.0)) -> None:
    """Both eyes: `closing` 0 is open, 1 is shut; `gaze` is where they look, -1 to 1 each way."""
    for side in (-1, 1):
        _eye(canvas, person, side, closing, gaze)


def _eye(canvas: Canvas, person: Character, side: int, closing: float, gaze: Point) -> None:
    cx, cy = side * EYE_APART, EYES_AT_Y

    def at(x: float, y: float) -> Point:  # x from the nose outwards
        return (cx + side * x, cy + y)

    inner, outer = at(-0.150, 0.022), at(0.158, -0.012)
    top_y, low_y = -0.098, 0.066
    lid_y = top_y + (low_y - 0.012 - top_y) * closing
    rim = _arc(inner, at(-0.075, top_y * 0.80), at(0.02, top_y), at(0.11, top_y * 0.66), outer)
    floor = _arc(outer, at(0.09, low_y * 0.72), at(0.0, low_y), at(-0.09, low_y * 0.70), inner)
    lid = _arc(inner, at(-0.075, lid_y * 0.80 + 0.004), at(0.02, lid_y), at(0.11, lid_y * 0.66), outer)
    almond = canvas.shape([*rim, *floor], blur=0.003)
    canvas.tint(almond, (238, 233, 228))
    if closing < 0.95:
        _iris(canvas, person, (cx + gaze[0] * 0.05, cy - 0.018 + gaze[1] * 0.03), almond)
        canvas.multiply(canvas.stroke(rim, [0.05, 0.075, 0.05], blur=0.018).within(almond), (158, 138, 134))
        corner = canvas.oval(at(-0.138, 0.022), (0.018, 0.014), blur=0.006).within(almond)
        canvas.tint(corner, (216, 150, 140), 0.8)
    if closing > 0.02:
        skin = canvas.shape([*rim, *lid[::-1]], blur=0.004)
        canvas.tint(skin, mix(shade(person.skin, 0.82), person.blush, 0.10))
        canvas.tint(
            canvas.stroke(rim, [0.01, 0.03, 0.01], blur=0.012).within(skin), shade(person.skin, 0.62), 0.4
        )
    _lashes(canvas, person, lid, floor, at, closing)


def _iris(canvas: Canvas, person: Character, centre: Point, almond: Mask) -> None:
    radius = 0.085
    canvas.tint(canvas.oval(centre, (radius, radius), blur=0.005).within(almond), shade(person.iris, 0.42))
    canvas.tint(canvas.oval(centre, (radius * 0.84, radius * 0.84), blur=0.010).within(almond), person.iris)
    glow = canvas.oval((centre[0], centre[1] + 0.035), (radius * 0.55, radius * 0.38), blur=0.020).within(
        almond
    )
    canvas.tint(glow, shade(person.iris, 1.45), 0.70)
    canvas.tint(canvas.oval(centre, (0.036, 0.036), blur=0.004).within(almond), (14, 12, 14))
    canvas.tint(
        canvas.oval((centre[0] - 0.030, centre[1] - 0.034), (0.019, 0.019), blur=0.003), (255, 255, 255), 0.95
    )
    canvas.tint(
        canvas.oval((centre[0] + 0.030, centre[1] + 0.034), (0.010, 0.010), blur=0.004), (255, 255, 255), 0.35
    )


def _lashes(
    canvas: Canvas, person: Character, lid: list[Point], floor: list[Point], at, closing: float
) -> None:  # type: ignore[no-untyped-def]
    ink = mix((26, 18, 18), person.hair, 0.25)
    canvas.tint(canvas.stroke(lid, [0.010, 0.026, 0.032, 0.030, 0.012], blur=0.005), ink, 0.92)
    flick = canvas.stroke(
        _arc(at(0.14, -0.03), at(0.175, -0.045), at(0.195, -0.065)), [0.022, 0.014, 0.003], blur=0.004
    )
    canvas.tint(flick, ink, 0.35 + 0.5 * max(0.0, -person.jaw))
    canvas.tint(canvas.stroke(floor, [0.005, 0.010, 0.004], blur=0.006), ink, 0.42)
    fold = _arc(at(-0.13, -0.045), at(-0.06, -0.118), at(0.03, -0.142), at(0.125, -0.108), at(0.175, -0.05))
    canvas.tint(
        canvas.stroke(fold, [0.004, 0.014, 0.012, 0.004], blur=0.008),
        shade(person.skin, 0.52),
        0.62 - 0.35 * closing,
    )


def paint_brows(canvas: Canvas, person: Character, raised: float) -> None:
    """Brows; `raised` 0 is at rest, 1 lifted as people do when they stress a word."""
    up = -0.055 * raised
    for side in (-1, 1):
        points: list[Point] = [
            (side * 0.135, -0.315 + up * 0.8), (side * 0.26, -0.372 + up), (side * 0.40, -0.385 + up), (side * 0.535, -0.318 + up * 0.8),
        ]  # fmt: skip
        thick = [0.050 * person.brows, 0.062 * person.brows, 0.046 * person.brows, 0.008]
        brow = canvas.stroke(spline(points, closed=False), thick, blur=0.012)
        canvas.tint(brow, shade(person.hair, 0.80), 0.84)
