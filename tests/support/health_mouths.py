"""Faces as the video meter keeps them for lip sync, block by block, and the voice that goes with them."""

import numpy as np

from liveavatar_ops.health.facts import Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.mouth import MouthTrack
from liveavatar_ops.health.measure.stillness import centre_mask

LIMITS = Limits()
FPS = 25
ROWS, COLUMNS = 45, 80
MOUTH = (slice(26, 29), slice(38, 42))


def envelope(at: np.ndarray) -> np.ndarray:
    """Syllables between 2 and 6 s."""
    syllables = np.abs(np.sin(at * 9.0) + 0.4 * np.sin(at * 23.0 + 1))
    return np.where((at >= 2) & (at < 6), syllables, 0.0)


def levels() -> tuple[np.ndarray, np.ndarray]:
    at = np.arange(0, 10, 0.02) + 0.01
    return at, 20 * np.log10(np.maximum(envelope(at) * 0.2, 1e-5))


SPEECH = [Span(kind="speech", start_s=2.0, end_s=6.0)]


def without(track: MouthTrack, start_s: float, end_s: float) -> MouthTrack:
    """The same, nobody having looked from start to end."""
    thin = MouthTrack(LIMITS.centre_share)
    for at_s, luma, motion in zip(track.at_s, track.luma, track.motion, strict=True):
        if not start_s <= at_s < end_s:
            whole = np.zeros((ROWS, COLUMNS), np.float32)
            moved = whole.copy()
            (
                whole[centre_mask(whole.shape, LIMITS.centre_share)],
                moved[centre_mask(whole.shape, LIMITS.centre_share)],
            ) = luma, motion
            thin.see(whole, moved, at_s)
    return thin


def mouth_track(
    opening,
    *,
    polarity: float = -40.0,
    noise: float = 0.3,
    blink: bool = True,
    every: int = 1,
    light: float = 1.0,
    size: tuple[int, int] = (ROWS, COLUMNS),
    mouth: tuple[slice, slice] = MOUTH,
    nod: float = 0.0,
    window: float = 0.0,
) -> MouthTrack:
    """
    Ten seconds of a face whose mouth opens by `opening(t)`; only one frame in `every` is looked at.

    `light` dims the scene, mouth and all; `size` is in blocks of 16×16 pixels; `nod` is by how much an edge
    of the head goes lighter and darker as it nods; `window` is how much brighter it is behind the head.
    """
    wall = 120 + 45 * np.sin(np.arange(size[1]) / 3).astype(np.float32)
    rng = np.random.default_rng(4)
    track: MouthTrack = MouthTrack(LIMITS.centre_share)
    before = None
    for index in range(0, 10 * FPS, every):
        t = index / FPS
        blocks = np.tile(wall, (size[0], 1))
        blocks[mouth] += polarity * opening(t)
        if blink and index % 70 < 4:
            blocks[size[0] * 2 // 5 : size[0] * 2 // 5 + 2, size[1] * 3 // 7 : size[1] * 3 // 7 + 3] -= 30
        blocks[size[0] // 4, size[1] // 8 : -size[1] // 8] += 3 * np.sin(t)  # a swaying edge
        blocks[size[0] // 3, size[1] // 3 : -size[1] // 3] += nod * np.sin(5 * t)
        blocks = 16 + (blocks - 16) * np.float32(light)
        blocks[:, : size[1] // 3] += window
        blocks += rng.normal(0, noise, blocks.shape)
        track.see(blocks, None if before is None else np.abs(blocks - before).astype(np.float32), t)
        before = blocks
    return track
