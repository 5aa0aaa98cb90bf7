"""Paints what moves in the upper half of a face: lids, gaze and brows."""

from dataclasses import dataclass

from liveavatar_emulator.worker.drawing.canvas import Area, Canvas, Mask, Point, arc, mix, shade, spline
from liveavatar_emulator.worker.drawing.looks import Character

EYES_AT_Y = -0.075
EYE_APART = 0.305
EYES_AREA = Area(-0.62, -0.28, 0.62, 0.13)
BROWS_AREA = Area(-0.66, -0.54, 0.66, -0.28)
TOP_Y, LOW_Y = -0.112, 0.074


@dataclass(frozen=True)
class _Eye:
    """The lines of one eye at one closing; x runs from the nose outwards."""

    side: int
    closing: float

    def at(self, x: float, y: float) -> Point:
        return (self.side * (EYE_APART + x), EYES_AT_Y + y)

    @property
    def corners(self) -> tuple[Point, Point]:
        return self.at(-0.162, 0.026), self.at(0.172, -0.014)

    def _upper(self, y: float, inner_sag: float = 0.0) -> list[Point]:
        inner, outer = self.corners
        return arc(
            inner, self.at(-0.075, y * 0.80 + inner_sag), self.at(0.02, y), self.at(0.11, y * 0.66), outer
        )

    @property
    def rim(self) -> list[Point]:
        """The upper edge of the open eye."""
        return self._upper(TOP_Y)

    @property
    def lid(self) -> list[Point]:
        """Where the upper lid ends now."""
        return self._upper(TOP_Y + (LOW_Y - 0.012 - TOP_Y) * self.closing, 0.004)

    @property
    def floor(self) -> list[Point]:
        """The lower edge."""
        inner, outer = self.corners
        return arc(
            outer, self.at(0.09, LOW_Y * 0.72), self.at(0.0, LOW_Y), self.at(-0.09, LOW_Y * 0.70), inner
        )


def paint_eyes(canvas: Canvas, person: Character, closing: float, gaze: Point = (0.0, 0.0)) -> None:
    """Both eyes: `closing` 0 is open, 1 is shut; `gaze` is where they look, -1 to 1 each way."""
    for side in (-1, 1):
        eye = _Eye(side, closing)
        almond = canvas.shape([*eye.rim, *eye.floor], blur=0.003)
        canvas.tint(almond, (238, 233, 228))
        if closing < 0.95:
            _ball(canvas, person, eye, almond, gaze)
        if closing > 0.02:
            _lid(canvas, person, eye)
        _lashes(canvas, person, eye)


def _ball(canvas: Canvas, person: Character, eye: _Eye, almond: Mask, gaze: Point) -> None:
    middle = eye.at(0, -0.018)
    _iris(canvas, person, (middle[0] + gaze[0] * 0.05, middle[1] + gaze[1] * 0.03), almond)
    canvas.multiply(canvas.stroke(eye.rim, [0.05, 0.075, 0.05], blur=0.018).within(almond), (158, 138, 134))
    corner = canvas.oval(eye.at(-0.148, 0.025), (0.019, 0.015), blur=0.006).within(almond)
    canvas.tint(corner, (216, 150, 140), 0.8)


def _iris(canvas: Canvas, person: Character, centre: Point, almond: Mask) -> None:
    x, y = centre
    radius = 0.094
    canvas.tint(canvas.oval(centre, (radius, radius), blur=0.005).within(almond), shade(person.iris, 0.42))
    inner = canvas.oval(centre, (radius * 0.84, radius * 0.84), blur=0.010).within(almond)
    canvas.tint(inner, person.iris)
    glow = canvas.oval((x, y + 0.035), (radius * 0.55, radius * 0.38), blur=0.020).within(almond)
    canvas.tint(glow, shade(person.iris, 1.45), 0.70)
    canvas.tint(canvas.oval(centre, (0.041, 0.041), blur=0.004).within(almond), (14, 12, 14))
    canvas.tint(canvas.oval((x - 0.030, y - 0.034), (0.019, 0.019), blur=0.003), (255, 255, 255), 0.95)
    canvas.tint(canvas.oval((x + 0.030, y + 0.034), (0.010, 0.010), blur=0.004), (255, 255, 255), 0.35)


def _lid(canvas: Canvas, person: Character, eye: _Eye) -> None:
    skin = canvas.shape([*eye.rim, *eye.lid[::-1]], blur=0.004)
    canvas.tint(skin, mix(shade(person.skin, 0.82), person.blush, 0.10))
    fold = canvas.stroke(eye.rim, [0.01, 0.03, 0.01], blur=0.012).within(skin)
    canvas.tint(fold, shade(person.skin, 0.62), 0.4)


def _lashes(canvas: Canvas, person: Character, eye: _Eye) -> None:
    ink = mix((26, 18, 18), person.hair, 0.25)
    canvas.tint(canvas.stroke(eye.lid, [0.010, 0.026, 0.032, 0.030, 0.012], blur=0.005), ink, 0.92)
    tip = arc(eye.at(0.15, -0.032), eye.at(0.188, -0.048), eye.at(0.212, -0.070))
    canvas.tint(
        canvas.stroke(tip, [0.022, 0.014, 0.003], blur=0.004), ink, 0.35 + 0.5 * max(0.0, -person.jaw)
    )
    canvas.tint(canvas.stroke(eye.floor, [0.005, 0.010, 0.004], blur=0.006), ink, 0.42)
    crease = ((-0.14, -0.05), (-0.065, -0.134), (0.03, -0.160), (0.135, -0.120), (0.19, -0.055))
    line = canvas.stroke(arc(*[eye.at(x, y) for x, y in crease]), [0.004, 0.014, 0.012, 0.004], blur=0.008)
    canvas.tint(line, shade(person.skin, 0.52), 0.62 - 0.35 * eye.closing)


def paint_brows(canvas: Canvas, person: Character, raised: float) -> None:
    """Brows; `raised` 0 is at rest, 1 lifted as people do when they stress a word."""
    up = -0.055 * raised
    ends, arch = up * 0.8, up
    line = ((0.135, -0.315 + ends), (0.26, -0.372 + arch), (0.40, -0.385 + arch), (0.535, -0.318 + ends))
    thick = [0.036 * person.brows, 0.062 * person.brows, 0.046 * person.brows, 0.008]
    for side in (-1, 1):
        points = spline([(side * x, y) for x, y in line], closed=False)
        canvas.tint(canvas.stroke(points, thick, blur=0.012), shade(person.hair, 0.80), 0.84)
