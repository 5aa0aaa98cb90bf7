"""Paints neck, shoulders, clothes and the hair that hangs behind the neck."""

from liveavatar_emulator.worker.drawing.canvas import Canvas, Frame, Mask, Point, mirrored, mix, shade, spline
from liveavatar_emulator.worker.drawing.head import RIM
from liveavatar_emulator.worker.drawing.looks import Character

TORSO = Frame(left=-2.6, top=-0.2, width=5.2, height=5.2, per_unit=165)


def paint_torso(person: Character) -> Canvas:
    """Everything below the head, transparent around it."""
    canvas = Canvas(TORSO)
    if person.hairstyle in BACK_HAIR:
        back = canvas.shape(spline(BACK_HAIR[person.hairstyle]))
        canvas.lay(back, shade(person.hair, 0.62))
        canvas.relief(back, 0.2, light=0.4, dark=0.5)
    _neck(canvas, person)
    if person.clothes == "blazer":
        _blazer(canvas, person)
    else:
        _jumper(canvas, person)
    canvas.rgb *= person.exposure
    return canvas


def _neck(canvas: Canvas, person: Character) -> None:
    w = 0.40 + 0.055 * person.jaw
    neck = canvas.shape(
        spline(
            mirrored(
                [
                    (0, 0.4),
                    (w, 0.45),
                    (w, 1.10),
                    (w + 0.05, 1.34),
                    (w + 0.22, 1.54),
                    (0.62, 1.80),
                    (0.4, 2.2),
                    (0, 2.45),
                ]
            )
        )
    )
    canvas.lay(neck, shade(person.skin, 0.94))
    canvas.relief(neck, 0.22, light=0.08, dark=0.65)
    under_chin = canvas.oval((0.05, 0.92), (0.52, 0.40), blur=0.11).within(neck)
    canvas.multiply(under_chin, (170, 126, 110))
    for side in (-1, 1):
        cord = spline([(side * 0.30, 1.06), (side * 0.20, 1.36), (side * 0.07, 1.62)], closed=False)
        canvas.tint(canvas.stroke(cord, [0.02, 0.05, 0.02], blur=0.035), shade(person.skin, 0.66), 0.40)
        bone = spline([(side * 0.10, 1.68), (side * 0.36, 1.62), (side * 0.72, 1.60)], closed=False)
        canvas.tint(canvas.stroke(bone, [0.05, 0.04, 0.02], blur=0.03), shade(person.skin, 0.74), 0.42)


def _shoulders(neckline: list[Point]) -> list[Point]:
    """From the neckline down the right side to below the picture, and back up the left."""
    return [
        *neckline, (0.86, 1.52), (1.28, 1.66), (1.66, 1.84), (1.92, 2.12), (2.06, 2.60), (2.16, 3.40),
        (2.22, 5.1), (0, 5.1),
    ]  # fmt: skip


def _sided(side: int, outline: list[Point]) -> list[Point]:
    """An outline of the right half (side 1), or its mirror image (side -1)."""
    return [(side * x, y) for x, y in outline]


def _cloth(canvas: Canvas, person: Character, neckline: list[Point]) -> Mask:
    body = canvas.shape(spline(mirrored(_shoulders(neckline)), steps=8))
    canvas.lay(body, person.jacket)
    canvas.relief(body, 0.34, light=0.42, dark=0.62)
    deep, light = shade(person.jacket, 0.52), mix(person.jacket, (255, 250, 240), 0.22)
    for side in (-1, 1):
        arm = spline(
            [(side * 1.42, 2.35), (side * 1.36, 2.9), (side * 1.42, 3.9), (side * 1.40, 5.0)], closed=False
        )
        canvas.tint(canvas.stroke(arm, [0.01, 0.08, 0.12], blur=0.08), deep, 0.50)
        seam = spline([(side * 1.34, 1.70), (side * 1.52, 1.98), (side * 1.50, 2.34)], closed=False)
        canvas.tint(canvas.stroke(seam, [0.02, 0.03, 0.01], blur=0.02), deep, 0.45)
    canvas.tint(canvas.oval((-1.10, 1.84), (0.42, 0.12), blur=0.13), light, 0.50)
    canvas.rim(body, RIM, 0.30, reach=0.06)
    return body


def _blazer(canvas: Canvas, person: Character) -> None:
    shirt = canvas.shape(
        spline(
            mirrored([(0, 2.12), (0.30, 1.78), (0.52, 1.36), (0.62, 1.40), (0.80, 1.9), (0.5, 3.6), (0, 4.6)])
        )
    )
    canvas.lay(shirt, person.shirt)
    canvas.relief(shirt, 0.14, light=0.06, dark=0.35)
    for side in (-1, 1):
        collar = canvas.shape(
            _sided(
                side,
                [
                    (0.41, 1.20),
                    (0.52, 1.26),
                    (0.64, 1.50),
                    (0.52, 1.86),
                    (0.40, 2.10),
                    (0.10, 1.96),
                    (0.24, 1.74),
                    (0.36, 1.50),
                ],
            )
        )
        canvas.tint(collar.moved(4, 8), shade(person.shirt, 0.60), 0.6)
        canvas.lay(collar, shade(person.shirt, 1.02))
        canvas.relief(collar, 0.07, light=0.06, dark=0.30)
    placket = canvas.stroke([(0.0, 2.12), (0.0, 3.5)], [0.02, 0.02], blur=0.015)
    canvas.tint(placket, shade(person.shirt, 0.72), 0.6)
    _cloth(canvas, person, [(0, 4.05), (0.20, 3.50), (0.46, 2.30), (0.62, 1.62), (0.64, 1.44)])
    for side in (-1, 1):
        lapel = canvas.shape(
            _sided(
                side,
                [
                    (0.60, 1.46),
                    (0.88, 1.78),
                    (0.98, 2.06),
                    (0.80, 2.16),
                    (0.90, 2.30),
                    (0.62, 3.0),
                    (0.06, 4.0),
                    (0.22, 3.2),
                    (0.44, 2.3),
                    (0.58, 1.70),
                ],
            )
        )
        canvas.tint(lapel.moved(side * 5, 9), shade(person.jacket, 0.42), 0.75)
        canvas.lay(lapel, mix(person.jacket, (255, 250, 240), 0.07))
        canvas.relief(lapel, 0.07, light=0.30, dark=0.42)


def _jumper(canvas: Canvas, person: Character) -> None:
    _cloth(canvas, person, [(0, 1.88), (0.30, 1.78), (0.52, 1.50), (0.58, 1.34)])
    rib = spline(
        [(-0.62, 1.38), (-0.52, 1.58), (-0.30, 1.83), (0, 1.93), (0.30, 1.83), (0.52, 1.58), (0.62, 1.38)],
        closed=False,
    )
    band = canvas.stroke(rib, [0.15, 0.15], blur=0.004)
    canvas.tint(band.moved(0, 8), shade(person.jacket, 0.48), 0.55)
    canvas.lay(band, mix(person.jacket, (255, 250, 240), 0.06))
    canvas.relief(band, 0.05, light=0.35, dark=0.5)


BACK_HAIR: dict[str, list[Point]] = {
    "bob": mirrored([(0, 0.0), (0.80, 0.0), (0.86, 0.5), (0.70, 0.95), (0.40, 1.08), (0, 1.10)]),
    "long": mirrored(
        [(0, -0.1), (0.95, -0.1), (1.04, 0.8), (1.02, 1.7), (0.80, 2.15), (0.55, 1.9), (0.3, 1.2), (0, 1.1)]
    ),
}
