"""Paints the head without eyes, brows and mouth, which move by themselves (`eyes`, `mouth`)."""

import numpy as np

from liveavatar_emulator.worker.drawing.canvas import (
    Canvas,
    Colour,
    Frame,
    Mask,
    Point,
    mirrored,
    mix,
    ribbon,
    shade,
    spline,
)
from liveavatar_emulator.worker.drawing.looks import Character

RIM: Colour = (255, 244, 226)  # a light behind, to the right, that lifts the head from the wall

HEAD = Frame(left=-1.45, top=-1.75, width=2.90, height=3.25, per_unit=300)


def face_outline(jaw: float) -> list[Point]:
    """The face from crown to chin; `jaw` from -1 (narrow) to 1 (wide)."""
    wide = 1 + 0.055 * jaw
    return spline(
        mirrored(
            [
                (0, -1.12),
                (0.42, -1.06),
                (0.69, -0.74),
                (0.755, -0.30),
                (0.74, 0.10),
                (0.665 * wide, 0.47),
                (0.485 * wide, 0.79),
                (0.235 * (1 + 0.16 * jaw), 1.015),
                (0, 1.065),
            ]
        )
    )


def paint_head(person: Character) -> Canvas:
    """The head on a canvas of its own, transparent around it."""
    canvas = Canvas(HEAD)
    face = canvas.shape(face_outline(person.jaw))
    _ears(canvas, person)
    _skin(canvas, person, face)
    _nose(canvas, person)
    if person.stubble:
        _stubble(canvas, person, face)
    canvas.rim(face, RIM, 0.22)
    _hair(canvas, person, face)
    canvas.rgb *= person.exposure
    return canvas


def _ears(canvas: Canvas, person: Character) -> None:
    for side in (-1, 1):
        ear = canvas.shape(
            spline(
                [
                    (side * 0.70, -0.20), (side * 0.80, -0.25), (side * 0.86, -0.12), (side * 0.84, 0.08),
                    (side * 0.78, 0.26), (side * 0.71, 0.28),
                ]
            )
        )  # fmt: skip
        canvas.lay(ear, shade(person.skin, 0.93))
        canvas.relief(ear, 0.06, light=0.10, dark=0.55)
        inner = canvas.oval((side * 0.775, 0.0), (0.04, 0.12), blur=0.03)
        canvas.tint(inner, shade(person.skin, 0.62), 0.55)


def _skin(canvas: Canvas, person: Character, face: Mask) -> None:
    skin = person.skin
    canvas.lay(face, skin)
    canvas.relief(face, 0.30, light=0.10, dark=0.62)
    deep, glow = shade(skin, 0.74), shade(skin, 1.38)
    far_side = canvas.shape([(0.30, -1.2), (1.0, -1.2), (1.0, 1.2), (0.18, 1.2)], blur=0.26).within(face)
    canvas.tint(far_side, deep, 0.34)
    for side in (-1, 1):
        socket = canvas.oval((side * 0.31, -0.13), (0.24, 0.15), blur=0.09)
        canvas.tint(socket, mix(deep, person.blush, 0.25), 0.40)
        cheek = canvas.oval((side * 0.43, 0.30), (0.21, 0.15), blur=0.13)
        canvas.tint(cheek, person.blush, 0.26)
        hollow = canvas.oval((side * 0.56, 0.58), (0.13, 0.24), blur=0.12).within(face)
        canvas.tint(hollow, deep, 0.26 + 0.14 * max(person.jaw, 0))
    canvas.tint(canvas.oval((-0.12, -0.62), (0.38, 0.17), blur=0.16), glow, 0.38)
    canvas.tint(canvas.oval((-0.44, 0.20), (0.13, 0.10), blur=0.09), glow, 0.36)
    canvas.tint(canvas.oval((-0.03, 0.91), (0.13, 0.07), blur=0.07), glow, 0.32)
    canvas.tint(canvas.oval((0.0, 0.80), (0.17, 0.035), blur=0.05), deep, 0.45)
    canvas.tint(canvas.oval((0.0, 0.47), (0.035, 0.07), blur=0.03), deep, 0.22)


def _nose(canvas: Canvas, person: Character) -> None:
    skin = person.skin
    deep, glow = shade(skin, 0.66), shade(skin, 1.45)
    side = spline([(0.075, -0.16), (0.06, 0.06), (0.095, 0.26), (0.165, 0.36), (0.10, 0.40), (0.05, 0.20)])
    canvas.tint(canvas.shape(side, blur=0.05), deep, 0.42)
    near = spline([(-0.085, -0.18), (-0.07, 0.0), (-0.10, 0.05), (-0.13, -0.12)])
    canvas.tint(canvas.shape(near, blur=0.05), deep, 0.30)
    canvas.tint(
        canvas.stroke([(-0.02, -0.14), (-0.022, 0.08), (-0.02, 0.24)], [0.04, 0.05, 0.06], blur=0.03),
        glow,
        0.42,
    )
    canvas.tint(canvas.oval((-0.025, 0.285), (0.055, 0.045), blur=0.028), glow, 0.52)
    under = spline([(-0.15, 0.375), (0, 0.36), (0.15, 0.375), (0.10, 0.43), (0, 0.445), (-0.10, 0.43)])
    canvas.tint(canvas.shape(under, blur=0.035), deep, 0.45)
    for s in (-1, 1):
        wing = spline(
            [(s * 0.135, 0.25), (s * 0.168, 0.32), (s * 0.145, 0.385), (s * 0.105, 0.395)], closed=False
        )
        canvas.tint(canvas.stroke(wing, [0.004, 0.024, 0.01], blur=0.010), shade(skin, 0.56), 0.50)
        hole = canvas.oval((s * 0.070, 0.388), (0.040, 0.017), blur=0.010)
        canvas.tint(hole, shade(skin, 0.34), 0.72)


def _stubble(canvas: Canvas, person: Character, face: Mask) -> None:
    beard = canvas.shape(
        spline(
            mirrored(
                [
                    (0, 0.46),
                    (0.26, 0.47),
                    (0.40, 0.62),
                    (0.62, 0.20),
                    (0.80, 0.15),
                    (0.70, 0.70),
                    (0.30, 1.15),
                    (0, 1.15),
                ]
            )
        ),
        blur=0.06,
    ).within(face)
    grain = np.random.default_rng(7).random(beard.values.shape, dtype=np.float32) * 0.5 + 0.5
    canvas.tint(
        Mask(beard.x, beard.y, beard.values * grain), mix(person.hair, person.skin, 0.12), person.stubble
    )


def _hair(canvas: Canvas, person: Character, face: Mask) -> None:
    front = HAIRSTYLES[person.hairstyle]
    hair = canvas.shape(*[spline(outline) for outline in front])
    soft = canvas.shape(
        *[[(x + 0.03, y + 0.085) for x, y in spline(outline)] for outline in front], blur=0.05
    )
    canvas.multiply(soft.within(face), mix((196, 150, 128), person.hair, 0.15))
    canvas.lay(hair, person.hair)
    _strands(canvas, person, hair)
    canvas.relief(hair, 0.16, light=0.75, dark=0.60)
    shine = canvas.stroke(
        spline([(-0.66, -0.78), (-0.40, -1.08), (0.02, -1.19), (0.40, -1.10)], closed=False),
        [0.02, 0.16, 0.12, 0.02],
        blur=0.07,
    ).within(hair)
    canvas.tint(shine, person.hair_light, 0.62)
    canvas.rim(hair, RIM, 0.30)


def _strands(canvas: Canvas, person: Character, hair: Mask) -> None:
    """Fine lines from the parting outwards; each a little lighter or darker than the hair."""
    rng = np.random.default_rng(11)
    light, dark = mix(person.hair, person.hair_light, 0.7), shade(person.hair, 0.55)
    for group in range(6):
        lines: list[list[Point]] = []
        for _ in range(26):
            start = (-0.20 + rng.normal() * 0.12, -1.44 + rng.random() * 0.12)
            side = rng.choice([-1, 1], p=[0.42, 0.58])
            reach, drop = rng.uniform(0.25, 0.98), rng.uniform(0.4, 2.3)
            middle = (start[0] + side * reach * 0.75, start[1] + 0.08 + (1 - reach) * 0.12 + drop * 0.16)
            end = (start[0] + side * reach * 1.12, start[1] + drop)
            curve = spline([start, middle, end], closed=False, steps=9)
            lines.append(ribbon(curve, [0.004, rng.uniform(0.008, 0.018), 0.003]))
        mask = canvas.shape(*lines, blur=0.004).within(hair)
        canvas.tint(mask, light if group % 2 else dark, 0.20)


# Front hair, drawn over the face; what hangs behind the neck belongs to the torso.
HAIRSTYLES: dict[str, list[list[Point]]] = {
    "bob": [
        [
            (-0.20, -1.10), (-0.38, -0.94), (-0.56, -0.66), (-0.66, -0.30), (-0.70, 0.10), (-0.66, 0.52),
            (-0.60, 0.84), (-0.74, 0.93), (-0.90, 0.80), (-1.00, 0.40), (-1.03, -0.15), (-0.97, -0.72),
            (-0.72, -1.20), (-0.30, -1.43), (0.12, -1.46), (0.58, -1.33), (0.90, -0.96), (1.03, -0.36),
            (1.02, 0.28), (0.94, 0.76), (0.78, 0.95), (0.62, 0.86), (0.68, 0.50), (0.71, 0.08), (0.69, -0.32),
            (0.56, -0.62), (0.30, -0.86), (0.0, -1.02),
        ]
    ],
    "short": [
        [
            (-0.50, -0.76), (-0.64, -0.66), (-0.675, -0.44), (-0.70, -0.22), (-0.705, -0.02), (-0.765, -0.04),
            (-0.80, -0.34), (-0.82, -0.72), (-0.74, -1.06), (-0.52, -1.30), (-0.20, -1.44), (0.18, -1.50),
            (0.50, -1.42), (0.73, -1.16), (0.82, -0.78), (0.80, -0.34), (0.765, -0.04), (0.705, -0.02),
            (0.70, -0.24), (0.675, -0.50), (0.60, -0.74), (0.44, -0.90), (0.22, -0.98), (-0.06, -0.94),
            (-0.30, -0.90),
        ]
    ],
    "long": [
        [
            (0.02, -1.08), (-0.26, -0.98), (-0.52, -0.70), (-0.66, -0.28), (-0.72, 0.20), (-0.73, 0.66),
            (-0.70, 1.02), (-0.74, 1.30), (-0.88, 1.40), (-1.02, 1.20), (-1.08, 0.66), (-1.05, -0.10),
            (-0.96, -0.74), (-0.70, -1.22), (-0.28, -1.45), (0.14, -1.46), (0.58, -1.32), (0.92, -0.92),
            (1.05, -0.30), (1.08, 0.50), (1.03, 1.16), (0.90, 1.42), (0.76, 1.34), (0.70, 1.06), (0.73, 0.66),
            (0.72, 0.16), (0.66, -0.32), (0.50, -0.72), (0.26, -0.98),
        ]
    ],
    "bun": [
        [
            (-0.10, -1.02), (-0.42, -0.88), (-0.62, -0.58), (-0.70, -0.22), (-0.735, -0.02), (-0.80, -0.10),
            (-0.87, -0.50), (-0.80, -0.98), (-0.52, -1.30), (-0.10, -1.42), (0.30, -1.40), (0.66, -1.20),
            (0.85, -0.82), (0.87, -0.40), (0.80, -0.08), (0.735, -0.02), (0.70, -0.26), (0.58, -0.64),
            (0.30, -0.94),
        ],
        [
            (-0.26, -1.36), (-0.34, -1.58), (-0.14, -1.72), (0.16, -1.72), (0.34, -1.58), (0.26, -1.36),
            (0.0, -1.30),
        ],
    ],
}  # fmt: skip
