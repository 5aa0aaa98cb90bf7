"""Lays the sound of a recording on the clip's time: what the avatar said, and what we asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liveavatar_ops.health.prompt import Prompt

RATE_HZ = 16000
REANCHOR_S = 0.25  # as the audio meter does: later than this, sound was lost

Samples = npt.NDArray[np.int16]


@dataclass
class _Segment:
    """Sound without a hole; it begins at its earliest plausible arrival, so that bursts do not shift it."""

    begins_s: float
    held: list[Samples] = field(default_factory=list)
    count: int = 0


def laid_out(chunks: Iterable[tuple[float, bytes]], begins_s: float, ends_s: float) -> Samples:
    """Mono samples from `begins_s` to `ends_s`, silent where nothing came."""
    out = np.zeros(max(round((ends_s - begins_s) * RATE_HZ), 0), np.int16)
    for segment in _segments(chunks):
        _put(out, np.concatenate(segment.held), segment.begins_s - begins_s)
    return out


def with_prompt(sound: Samples, prompt: Prompt, at_s: float) -> Samples:
    """The same with our prompt mixed in, `at_s` from the beginning."""
    words = np.frombuffer(prompt.samples, np.int16).astype(np.float64)
    moments = np.arange(0, len(words), prompt.rate_hz / RATE_HZ)
    ours = np.zeros(len(sound), np.int16)
    _put(ours, np.interp(moments, np.arange(len(words)), words).astype(np.int16), at_s)
    both = sound.astype(np.int32) + ours.astype(np.int32)
    return np.clip(both, -32768, 32767).astype(np.int16)


def _segments(chunks: Iterable[tuple[float, bytes]]) -> list[_Segment]:
    found: list[_Segment] = []
    for at_s, chunk in chunks:
        samples = np.frombuffer(chunk[: len(chunk) // 2 * 2], np.int16)
        arrived_s = at_s - len(samples) / RATE_HZ
        last = found[-1] if found else None
        if last is None or arrived_s - (last.begins_s + last.count / RATE_HZ) > REANCHOR_S:
            last = _Segment(arrived_s)
            found.append(last)
        last.begins_s = min(last.begins_s, arrived_s - last.count / RATE_HZ)
        last.held.append(samples)
        last.count += len(samples)
    return found


def _put(out: Samples, samples: Samples, at_s: float) -> None:
    start = round(at_s * RATE_HZ)
    samples = samples[max(-start, 0) :]
    start = max(start, 0)
    samples = samples[: max(len(out) - start, 0)]
    out[start : start + len(samples)] = samples
