"""
The small pictures that a check keeps for its contact sheet, on their way from the child to its parent.

Plain bytes, without numpy: the parent, which only draws them, would load it for this alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path

_CHANNELS = 3


@dataclass(frozen=True)
class Thumbnail:
    """One small picture and when it was seen, in seconds from the start of the check."""

    at_s: float
    width: int
    height: int
    rgb: bytes
    """Rows from the top, three bytes a pixel."""


def save(path: Path, kept: list[Thumbnail]) -> None:
    """Write the pictures for another process to read; sizes may differ between them."""
    index = [[each.at_s, each.width, each.height] for each in kept]
    with path.open("wb") as out:
        out.write(json.dumps(index).encode() + b"\n")
        out.writelines(each.rgb for each in kept)


def load(path: Path) -> list[Thumbnail]:
    """Read what `save` wrote, in order of time; an empty list where there is nothing or it was cut short."""
    kept = []
    try:
        with path.open("rb") as held:
            for at_s, width, height in json.loads(held.readline()):
                rgb = held.read(width * height * _CHANNELS)
                if len(rgb) < width * height * _CHANNELS:
                    return []
                kept.append(Thumbnail(at_s, width, height, rgb))
    except (OSError, ValueError):
        return []
    return sorted(kept, key=lambda each: each.at_s)
