"""Sums up a watched track: from moments, spells and looks at frames to the fields of VideoFacts."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from liveavatar_ops.health.facts import FrameSeries, SizeChange, Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.spells import Spell, longest
from liveavatar_ops.health.measure.timing import Moments, freezes, gaps, harmonic_rate, plain_rate

MOST_POINTS = 1500  # of a series; longer ones are put into bins
SHORTEST_WINDOW_S = 1.0  # less than this after the warm-up says nothing about rates
PAUSE_S = 0.5  # between words of one utterance

Look = tuple[float, float, float, float]  # at_s, luma, motion, contrast


def cadence(at: Moments, until_s: float, limits: Limits) -> dict[str, Any]:
    """Rates, gaps and freezes. A track too short for its warm-up is judged as a whole."""
    start_s = float(at[0]) + limits.warm_up_s
    if until_s - start_s < SHORTEST_WINDOW_S:
        start_s = float(at[0])
    third_s = (until_s - start_s) / 3
    starts, lengths = gaps(at, until_s)
    worst = int(lengths.argmax())
    frozen = freezes(at, start_s, until_s)
    window_s = max(until_s - start_s, 1e-9)
    long = np.flatnonzero(lengths >= limits.gap_degraded_s)
    return {
        "first_frame_s": _r(at[0]),
        "last_frame_s": _r(at[-1]),
        "watched_until_s": _r(until_s),
        "window_s": _r(until_s - start_s),
        "fps": _r(plain_rate(at, start_s, until_s)),
        "fps_eff": _r(harmonic_rate(at, start_s, until_s)),
        "fps_first_third": _r(plain_rate(at, start_s, start_s + third_s)),
        "fps_last_third": _r(plain_rate(at, until_s - third_s, until_s)),
        "longest_gap_s": _r(lengths[worst]),
        "longest_gap_at_s": _r(starts[worst]),
        "open_gap_s": _r(until_s - at[-1]),
        "freeze_count": len(frozen.spans),
        "freeze_s": _r(frozen.total_s),
        "freeze_ratio": round(frozen.total_s / window_s, 4),
        "spans": [
            Span(kind="gap", start_s=_r(starts[i]), end_s=_r(starts[i] + lengths[i])) for i in long.tolist()
        ],
    }


def standing(still: Sequence[Spell], speech: Sequence[Span]) -> dict[str, Any]:
    """The longest time that the content stood, by itself and while the avatar was heard."""
    worst = longest(still)
    if worst is None:
        return {}
    return {
        "frozen_s": _r(worst.took_s),
        "frozen_at_s": _r(worst.start_s),
        "frozen_kind": worst.label or "exact",
        "frozen_total_s": _r(sum(spell.took_s for spell in still)),
        "frozen_while_speaking_s": _r(
            max((spell.shared_s(a, b) for spell in still for a, b in utterances(speech)), default=0.0)
        ),
    }


def muted_by_speech(still: Sequence[Spell], speech: Sequence[Span], limits: Limits) -> list[Spell]:
    """Stretches too short to be called frozen in silence, but not while the avatar speaks."""
    shared = [
        Spell(max(spell.start_s, start_s), min(spell.end_s, end_s), spell.label)
        for spell in still
        for start_s, end_s in utterances(speech)
        if spell.took_s < limits.frozen_degraded_s
    ]
    return [spell for spell in shared if spell.took_s >= limits.frozen_speaking_degraded_s]


def utterances(speech: Sequence[Span]) -> list[tuple[float, float]]:
    """Speech with the pauses between its words closed."""
    joined: list[tuple[float, float]] = []
    for span in speech:
        if joined and span.start_s - joined[-1][1] <= PAUSE_S:
            joined[-1] = (joined[-1][0], span.end_s)
        else:
            joined.append((span.start_s, span.end_s))
    return joined


def lasting(name: str, spells: Sequence[Spell], start_s: float, until_s: float) -> dict[str, Any]:
    """Longest spell after `start_s` as `<name>_s`, and the share of time in spells as `<name>_share`."""
    shared = [spell.shared_s(start_s, until_s) for spell in spells]
    window_s = until_s - start_s
    share = min(sum(shared) / window_s, 1.0) if window_s > 0 else 0.0
    return {f"{name}_s": _r(max(shared, default=0.0)), f"{name}_share": round(share, 4)}


def spans(
    kind: Literal["frozen", "black", "one_colour"], spells: Sequence[Spell], least_s: float
) -> list[Span]:
    """Spells of at least `least_s` as marks for sheet and timeline."""
    return [
        Span(kind=kind, start_s=_r(spell.start_s), end_s=_r(spell.end_s))
        for spell in spells
        if spell.took_s >= least_s
    ]


def picture(
    looked: Sequence[Look],
    counts: Mapping[tuple[int, int], int],
    sizes: Sequence[SizeChange],
    warm_s: float,
) -> dict[str, Any]:
    """Size and light. The smallest size counts after the warm-up, as simulcast begins small."""
    width, height = max(counts, key=lambda size: counts[size])
    ends = [after.at_s for _, after in pairwise(sizes)] + [float("inf")]
    later = [size for size, end_s in zip(sizes, ends, strict=True) if end_s > warm_s]
    least = min(later, key=lambda size: size.width * size.height)
    found: dict[str, Any] = {
        "width": width,
        "height": height,
        "smallest_width": least.width,
        "smallest_height": least.height,
        "sizes": tuple(sizes),
    }
    if looked:
        table = np.asarray(looked)
        found["luma_mean"] = round(float(table[:, 1].mean()), 1)
        found["contrast"] = round(float(np.median(table[:, 3])), 1)
    return found


def series(looked: Sequence[Look]) -> FrameSeries:
    """One point a frame; beyond MOST_POINTS, frames are put into bins (mean luma, largest motion)."""
    if not looked:
        return FrameSeries()
    table = np.asarray(looked)
    step = -(-len(table) // MOST_POINTS)
    firsts = np.arange(0, len(table), step)
    counts = np.diff(np.append(firsts, len(table)))
    return FrameSeries(
        at_s=_rounded(table[firsts, 0], 3),
        luma=_rounded(np.add.reduceat(table[:, 1], firsts) / counts, 1),
        motion=_rounded(np.maximum.reduceat(table[:, 2], firsts), 1),
    )


def _rounded(values: Moments, digits: int) -> tuple[float, ...]:
    return tuple(float(value) for value in values.round(digits))


def _r(value: Any) -> Any:
    return None if value is None else round(float(value), 3)
