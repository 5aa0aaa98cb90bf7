"""Puts a frame together: backdrop with the breathing chest, head, brows, eyes, mouth."""

from collections.abc import Callable
from dataclasses import dataclass

from liveavatar_emulator.worker.drawing.canvas import Area, Canvas
from liveavatar_emulator.worker.drawing.eyes import BROWS_AREA, EYES_AREA, paint_brows, paint_eyes
from liveavatar_emulator.worker.drawing.head import HEAD, paint_head
from liveavatar_emulator.worker.drawing.layers import Layer, Picture, yuv
from liveavatar_emulator.worker.drawing.looks import Character
from liveavatar_emulator.worker.drawing.motion import GAZES, LIDS, Pose
from liveavatar_emulator.worker.drawing.mouth import MOUTH_AREA, paint_mouth
from liveavatar_emulator.worker.drawing.scenery import paint_scene
from liveavatar_emulator.worker.drawing.torso import TORSO, paint_torso

OPENINGS = 7
WIDTHS = (-0.9, 0.0, 0.9)
BREATHS = 8
BREATH_UNITS = 0.014


@dataclass(frozen=True)
class Mouth:
    """A mouth to show: `opening` from 0 to OPENINGS-1, `width` an index into WIDTHS."""

    opening: int = 0
    width: int = 1


SHUT = Mouth()


class Portrait:
    """
    One avatar at one size. Painting happens here, once; `draw` only copies.

    Pieces are made when first shown and kept; `prepare` makes the ones that every session needs.
    """

    def __init__(self, person: Character, width: int, height: int) -> None:
        self.person = person
        self.width, self.height = width - width % 2, height - height % 2
        self.scale, self.centre = _framing(self.width, self.height)
        self._canvas = paint_head(person)
        self._head = Layer(self._canvas, self.scale)
        self._torso = Layer(paint_torso(person), self.scale)
        self._scene = person.scene
        self._wall = self._paint_wall(person.scene)
        self._backdrops: dict[int, bytearray] = {}
        self._parts: dict[tuple[str, int, int], Layer] = {}
        self._lit = paint_exposed(self._canvas, person)

    def prepare(self) -> None:
        """Make what the first seconds will show."""
        picture = Picture.blank(self.width, self.height)
        for lids in range(LIDS):
            self.draw(picture, Pose(lids=lids), SHUT)

    def change_scene(self, name: str) -> None:
        """Put another room behind the avatar, as a cut in a film does."""
        if name == self._scene:
            return
        self._scene = name
        self._wall = self._paint_wall(name)
        self._backdrops.clear()

    def draw(self, picture: Picture, pose: Pose, mouth: Mouth) -> None:
        """Draw one frame over whatever the picture held."""
        step = round(pose.breath * (BREATHS - 1))
        picture.data[:] = self._backdrop(step)
        rise = BREATH_UNITS * pose.breath * 0.6
        left = self.centre[0] + (HEAD.left + pose.head_x) * self.scale
        top = self.centre[1] + (HEAD.top + pose.head_y - rise) * self.scale
        self._head.onto(picture, left, top)
        self._part("brows", pose.brows, 0).onto(picture, left, top)
        self._part("eyes", pose.lids, pose.gaze if pose.lids < LIDS - 1 else 0).onto(picture, left, top)
        self._part("mouth", mouth.opening, mouth.width if mouth.opening else 1).onto(picture, left, top)

    def pieces_made(self) -> int:
        """How many pieces have been scaled so far: what a frame costs beyond copying."""
        layers = (self._head, self._torso, *self._parts.values())
        return sum(layer.pieces_made for layer in layers) + len(self._backdrops)

    def mouth_box(self, pose: Pose) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the mouth in a frame (pixels): for measuring."""
        return self._box(MOUTH_AREA, pose)

    def eyes_box(self, pose: Pose) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the eyes in a frame (pixels): for measuring."""
        return self._box(EYES_AREA, pose)

    def _box(self, area: Area, pose: Pose) -> tuple[int, int, int, int]:
        x, y = self.centre[0] + pose.head_x * self.scale, self.centre[1] + pose.head_y * self.scale
        k = self.scale
        return (
            round(x + area.left * k),
            round(y + area.top * k),
            round(x + area.right * k),
            round(y + area.bottom * k),
        )

    def _paint_wall(self, scene: str) -> Picture:
        wall = Picture.blank(self.width, self.height)
        y, u, v = yuv(paint_scene(scene, self.width, self.height))
        planes = wall.planes()
        planes[0][:] = (y + 0.5).astype("uint8")
        for plane, full in zip(planes[1:], (u, v), strict=True):
            small = (full[::2, ::2] + full[1::2, ::2] + full[::2, 1::2] + full[1::2, 1::2]) / 4
            plane[:] = (small + 0.5).astype("uint8")
        return wall

    def _backdrop(self, step: int) -> bytearray:
        if step not in self._backdrops:
            picture = Picture(self.width, self.height, bytearray(self._wall.data))
            rise = BREATH_UNITS * step / (BREATHS - 1)
            left = self.centre[0] + TORSO.left * self.scale
            top = self.centre[1] + (TORSO.top - rise) * self.scale
            self._torso.onto(picture, left, top)
            self._backdrops[step] = picture.data
        return self._backdrops[step]

    def _part(self, kind: str, first: int, second: int) -> Layer:
        key = (kind, first, second)
        if key not in self._parts:
            area, paint = _PARTS[kind](self.person, first, second)
            self._parts[key] = self._patch(area, paint)
        return self._parts[key]

    def _patch(self, area: Area, paint: Callable[[Canvas], None]) -> Layer:
        k = HEAD.per_unit
        fine = self._head.zoom
        to_fine = [
            (area.left - HEAD.left) * k / fine, (area.top - HEAD.top) * k / fine,
            (area.right - HEAD.left) * k / fine, (area.bottom - HEAD.top) * k / fine,
        ]  # fmt: skip
        left, top, right, bottom = (round(value / 4) * 4 for value in to_fine)
        room = 16
        x0, y0 = max(0, int(left * fine) - room), max(0, int(top * fine) - room)
        canvas = self._lit.crop(x0, y0, int(right * fine) + room, int(bottom * fine) + room)
        paint(canvas)
        canvas.rgb *= self.person.exposure
        return Layer.patch(canvas, self._head, (left, top, right, bottom), (x0, y0))


def paint_exposed(canvas: Canvas, person: Character) -> Canvas:
    """The head in full light, which features are painted on before the light goes down again."""
    if person.exposure == 1.0:
        return canvas
    lit = canvas.copy()
    lit.rgb /= person.exposure
    return lit


def _framing(width: int, height: int) -> tuple[float, tuple[float, float]]:
    """Pixels a unit, and where the face's middle lies: head and shoulders, a little air above."""
    if height > width:
        return width * 0.265, (width / 2, height * 0.395)
    return height * 0.232, (width / 2, height * 0.435)


def _mouth(person: Character, opening: int, width: int) -> tuple[Area, Callable[[Canvas], None]]:
    share = (opening / (OPENINGS - 1)) ** 0.9
    return MOUTH_AREA, lambda canvas: paint_mouth(canvas, person, share, WIDTHS[width])


def _eyes(person: Character, lids: int, gaze: int) -> tuple[Area, Callable[[Canvas], None]]:
    return EYES_AREA, lambda canvas: paint_eyes(canvas, person, lids / (LIDS - 1), GAZES[gaze])


def _brows(person: Character, raised: int, _: int) -> tuple[Area, Callable[[Canvas], None]]:
    return BROWS_AREA, lambda canvas: paint_brows(canvas, person, raised / 2)


_PARTS: dict[str, Callable[[Character, int, int], tuple[Area, Callable[[Canvas], None]]]] = {
    "mouth": _mouth,
    "eyes": _eyes,
    "brows": _brows,
}
