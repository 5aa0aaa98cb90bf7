"""
Keeps what was seen and heard on disk while a check runs, for a clip that is encoded when it is over.

Encoding would disturb the measuring, so only small raw pictures are written: at most 12 a second, scaled
down to 480 lines or fewer, in a ring of bounded size, so that of a long check the last minute is kept.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.clip_size import MOST_PER_S, SPOOL_BYTES, step_for
from liveavatar_ops.health.pipe import Frame

FRAMES_FILE = "clip.frames"
INDEX_FILE = "clip.index"
SOUND_FILE = "clip.sound"
_ENTRY = struct.Struct("<dQHH")  # moment, where in the file, width, height
_CHUNK = struct.Struct("<dI")  # moment at which it had arrived, bytes

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Kept:
    """One small I420 picture in the spool."""

    at_s: float
    offset: int
    width: int
    height: int

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.width * self.height * 3 // 2


class Spool:
    """
    Written by the child. `see` belongs to one thread and `hear` to one, which may be another.

    A disk that is full ends the recording, never the check: `problem` then says why.
    """

    def __init__(self, folder: Path, *, most_bytes: int = SPOOL_BYTES) -> None:
        self.problem: str | None = None
        self._most_bytes = most_bytes
        self._over = False
        self._slot_bytes = 0
        self._count = 0
        self._first_s: float | None = None
        self._due_s = float("-inf")
        self._frames = (folder / FRAMES_FILE).open("wb", buffering=0)
        self._index = (folder / INDEX_FILE).open("wb", buffering=0)
        self._sound = (folder / SOUND_FILE).open("wb")

    def see(self, frame: Frame) -> None:
        """Keep this frame if one is due; frames without content are not kept."""
        if frame.data is None or frame.at_s < self._due_s or self._over:
            return
        first_s = frame.at_s if self._first_s is None else self._first_s
        self._first_s = first_s
        self._due_s = first_s + (int((frame.at_s - first_s) * MOST_PER_S + 1e-6) + 1) / MOST_PER_S
        picture, width, height = shrink(frame, self._slot_bytes or None)
        try:
            self._keep(frame.at_s, picture, width, height)
        except OSError as why:
            self._fail(why)

    def hear(self, samples: bytes, at_s: float) -> None:
        """Keep sound that had arrived in full at `at_s`: mono int16."""
        if self._over:
            return
        try:
            self._sound.write(_CHUNK.pack(at_s, len(samples)) + samples)
        except OSError as why:
            self._fail(why)

    def close(self) -> None:
        """Nothing is kept after this."""
        self._over = True
        for file in (self._frames, self._index, self._sound):
            try:
                file.close()
            except OSError as why:
                self._fail(why)

    def _fail(self, why: OSError) -> None:
        self._over = True
        self.problem = f"the clip ends early: {why.strerror or why}"

    def _keep(self, at_s: float, picture: bytes, width: int, height: int) -> None:
        self._slot_bytes = self._slot_bytes or len(picture)
        slot = self._count % max(self._most_bytes // self._slot_bytes, 2)
        self._frames.seek(slot * self._slot_bytes)
        self._frames.write(picture)
        self._index.write(_ENTRY.pack(at_s, slot * self._slot_bytes, width, height))
        self._count += 1


def shrink(frame: Frame, most_bytes: int | None = None) -> tuple[bytes, int, int]:
    """The frame as I420 with even sides of at most 480 lines, and of at most `most_bytes`."""
    assert frame.data is not None
    wide, high = frame.width, frame.height
    half_w, half_h = (wide + 1) // 2, (high + 1) // 2
    flat = np.frombuffer(frame.data, np.uint8)
    luma = flat[: wide * high].reshape(high, wide)
    chroma = flat[wide * high : wide * high + 2 * half_w * half_h].reshape(2, half_h, half_w)
    step = step_for(wide, high)
    while most_bytes is not None and 6 * (wide // step // 2) * (high // step // 2) > most_bytes:
        step += 1
    rows, columns = max(high // step // 2, 1), max(wide // step // 2, 1)
    y = _mean(luma, step, 2 * rows, 2 * columns)
    u, v = (_mean(plane, step, rows, columns) for plane in chroma)
    return b"".join((y.tobytes(), u.tobytes(), v.tobytes())), 2 * columns, 2 * rows


def _mean(plane: Plane, step: int, rows: int, columns: int) -> Plane:
    """Every block of `step` by `step` as its mean; sums of strided views cost a tenth of a reshape."""
    if step == 1:
        return plane[:rows, :columns]
    total = np.zeros((rows, columns), np.uint16)
    for down in range(step):
        for across in range(step):
            total += plane[down : down + rows * step : step, across : across + columns * step : step]
    mean: Plane = (total // (step * step)).astype(np.uint8)
    return mean


def kept_frames(folder: Path) -> list[Kept]:
    """What the ring holds, in order of time; what a killed child left half written is left out."""
    entries = _read(folder / INDEX_FILE)
    whole = len(entries) - len(entries) % _ENTRY.size
    latest = {kept.offset: kept for kept in (Kept(*fields) for fields in _ENTRY.iter_unpack(entries[:whole]))}
    return sorted(latest.values(), key=lambda kept: kept.at_s)


def pictures(folder: Path, kept: list[Kept]) -> Iterator[tuple[Kept, bytes]]:
    """The raw pictures, one at a time."""
    with (folder / FRAMES_FILE).open("rb") as file:
        for each in kept:
            file.seek(each.offset)
            held = file.read(each.size)
            if len(held) == each.size:
                yield each, held


def sounds(folder: Path) -> Iterator[tuple[float, bytes]]:
    """The sound as it came: moment of arrival, samples."""
    held, at = _read(folder / SOUND_FILE), 0
    while at + _CHUNK.size <= len(held):
        at_s, size = _CHUNK.unpack_from(held, at)
        at += _CHUNK.size
        if at + size <= len(held):
            yield at_s, held[at : at + size]
        at += size


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
