"""Paints the rooms behind the avatars: soft, out of focus, never a flat test colour."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from liveavatar_emulator.worker.drawing.canvas import Colour, Plane, Point, ribbon

SMALL = 4  # backgrounds are out of focus, so a quarter of the size is enough to paint them


def paint_scene(name: str, width: int, height: int) -> Plane:
    """The room `name` as RGB of the picture's size, floating point, 0 to 255."""
    w, h = max(8, width // SMALL), max(8, height // SMALL)
    rgb = SCENES[name](w, h)
    big = np.empty((height, width, 3), dtype=np.float32)
    for channel in range(3):
        plane = Image.fromarray(np.ascontiguousarray(rgb[..., channel]))
        big[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC))
    # A still grain of less than one grey level hides the steps of eight-bit gradients.
    grain = np.random.default_rng(3).random((height, width, 1), dtype=np.float32) - 0.5
    return np.clip(big + grain, 0, 255)


def _wall(w: int, h: int, *, top: Colour, bottom: Colour, glow: Colour, at: Point, reach: float) -> Plane:
    """A wall lit by a soft spot; `at` and `reach` are shares of the height."""
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    wall = np.asarray(top, np.float32) * (1 - y) + np.asarray(bottom, np.float32) * y
    wall = np.repeat(wall, w, axis=1)
    xs = (np.arange(w, dtype=np.float32)[None, :] - w * at[0]) / h
    ys = (np.arange(h, dtype=np.float32)[:, None] - h * at[1]) / h
    spot = np.exp(-((xs**2 + ys**2) / reach**2))[..., None]
    wall = wall + (np.asarray(glow, np.float32) - wall) * spot
    edge = 1 - 0.30 * np.clip((xs**2 * 0.9 + ys**2) - 0.18, 0, 1)[..., None]
    return np.asarray(wall * edge, dtype=np.float32)


def _blend(
    rgb: Plane, draw: Callable[[ImageDraw.ImageDraw], None], colour: Colour, strength: float, blur: float
) -> None:
    h, w, _ = rgb.shape
    image = Image.new("L", (w, h), 0)
    draw(ImageDraw.Draw(image))
    soft = image.filter(ImageFilter.GaussianBlur(blur * h))
    mask = (np.asarray(soft, dtype=np.float32) / 255 * strength)[..., None]
    rgb += (np.asarray(colour, np.float32) - rgb) * mask


def _studio(w: int, h: int) -> Plane:
    rgb = _wall(
        w, h, top=(118, 140, 150), bottom=(88, 106, 118), glow=(196, 206, 204), at=(0.50, 0.36), reach=0.62
    )
    left, right = int(w / 2 - h * 0.62), int(min(w / 2 + h * 0.60, w * 0.84))
    shelf_y = (0.22, 0.50, 0.78)

    def shelves(d: ImageDraw.ImageDraw) -> None:
        for y in shelf_y:
            d.rectangle([right, int(h * y), w, int(h * (y + 0.022))], fill=255)

    def books(d: ImageDraw.ImageDraw) -> None:
        rng, x = np.random.default_rng(5), right + 3
        while x < w:
            wide, tall = int(rng.integers(max(2, h // 42), max(4, h // 22))), rng.uniform(0.10, 0.17)
            for y in shelf_y:
                if rng.random() < 0.72:
                    d.rectangle(
                        [x, int(h * (y - tall)), x + wide, int(h * y)], fill=int(rng.integers(70, 255))
                    )
            x += wide + 1

    _blend(rgb, books, (178, 128, 92), 0.52, 0.012)
    _blend(rgb, shelves, (226, 214, 196), 0.55, 0.010)
    _plant(rgb, max(left - h * 0.10, 0.0), h * 1.02, h * 0.62)
    _blend(rgb, lambda d: _disc(d, w * 0.5 + h * 0.80, h * 0.16, h * 0.10), (255, 222, 168), 0.62, 0.05)
    return rgb


def _plant(rgb: Plane, x: float, y: float, tall: float) -> None:
    """Blades that rise from a point and bend outwards, three tones deep."""
    rng = np.random.default_rng(9)
    for colour, strength in (((44, 78, 66), 0.80), ((74, 118, 88), 0.75), ((128, 166, 118), 0.60)):
        blades = []
        for _ in range(8):
            lean, length = rng.uniform(-1.15, 1.15), tall * rng.uniform(0.55, 1.0)
            t = np.linspace(0, 1, 12)
            xs = x + length * (0.25 * lean * t + 0.55 * lean * t**2.2)
            ys = y - length * (t - 0.30 * abs(lean) * t**2.4)
            blades.append(
                ribbon(
                    [(float(a), float(b)) for a, b in zip(xs, ys, strict=True)],
                    [tall * 0.02, tall * 0.075, tall * 0.05, 1],
                )
            )

        def leaves(d: ImageDraw.ImageDraw, blades: list[list[Point]] = blades) -> None:
            for blade in blades:
                d.polygon(blade, fill=255)

        _blend(rgb, leaves, colour, strength, 0.009)


def _disc(d: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    d.ellipse([x - r, y - r, x + r, y + r], fill=255)


def _plain(w: int, h: int) -> Plane:
    return _wall(
        w, h, top=(206, 206, 208), bottom=(180, 180, 184), glow=(232, 231, 228), at=(0.46, 0.34), reach=0.75
    )


def _night(w: int, h: int) -> Plane:
    rgb = _wall(w, h, top=(17, 22, 36), bottom=(24, 24, 32), glow=(44, 48, 64), at=(0.46, 0.40), reach=0.46)
    rng = np.random.default_rng(21)
    for _ in range(16):
        x, y, r = rng.uniform(0, 1) * w, rng.uniform(0.06, 0.62) * h, rng.uniform(0.012, 0.034) * h
        colour = [(150, 104, 54), (84, 98, 138), (128, 74, 52)][int(rng.integers(3))]
        _blend(rgb, lambda d, x=x, y=y, r=r: _disc(d, x, y, r), colour, float(rng.uniform(0.3, 0.75)), 0.006)  # type: ignore[misc] # a lambda's defaults cannot be typed
    _blend(rgb, lambda d: _disc(d, w * 0.5 + h * 0.74, h * 0.60, h * 0.13), (188, 132, 70), 0.55, 0.07)
    _blend(rgb, lambda d: d.rectangle([0, int(h * 0.86), w, h], fill=255), (34, 26, 22), 0.8, 0.012)
    return rgb


def _lobby(w: int, h: int) -> Plane:
    rgb = _wall(
        w, h, top=(214, 190, 160), bottom=(166, 134, 106), glow=(246, 230, 204), at=(0.5, 0.26), reach=0.42
    )
    for k, x in enumerate((0.04, 0.96)):
        arch = w * 0.30

        def window(d: ImageDraw.ImageDraw, x: float = x, arch: float = arch) -> None:
            d.rectangle([w * x - arch / 2, h * 0.20, w * x + arch / 2, h * 0.72], fill=255)
            d.ellipse(
                [w * x - arch / 2, h * 0.20 - arch / 2, w * x + arch / 2, h * 0.20 + arch / 2], fill=255
            )

        _blend(rgb, window, ((255, 246, 224), (198, 216, 222))[k], 0.70, 0.010)
    _plant(rgb, w * 0.98, h * 0.80, h * 0.26)
    _blend(rgb, lambda d: d.rectangle([0, int(h * 0.80), w, h], fill=255), (120, 92, 72), 0.65, 0.012)
    return rgb


def _garden(w: int, h: int) -> Plane:
    rgb = _wall(
        w, h, top=(196, 214, 224), bottom=(112, 138, 96), glow=(246, 240, 210), at=(0.62, 0.22), reach=0.55
    )
    rng = np.random.default_rng(33)
    for _ in range(26):
        x, y, r = rng.uniform(0, 1) * w, rng.uniform(0.30, 1.0) * h, rng.uniform(0.04, 0.11) * h
        colour = [(96, 134, 78), (140, 168, 92), (70, 108, 74)][int(rng.integers(3))]
        _blend(rgb, lambda d, x=x, y=y, r=r: _disc(d, x, y, r), colour, 0.55, 0.016)  # type: ignore[misc] # a lambda's defaults cannot be typed
    return rgb


SCENES: dict[str, Callable[[int, int], Plane]] = {
    "studio": _studio,
    "plain": _plain,
    "night": _night,
    "lobby": _lobby,
    "garden": _garden,
}
