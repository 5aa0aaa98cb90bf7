"""Watches a video track frame by frame: when each came, and whether it showed somebody alive."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from liveavatar_ops.health.facts import SizeChange, Span, VideoFacts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import summary
from liveavatar_ops.health.measure.blank import what_shows
from liveavatar_ops.health.measure.mouth import MouthTrack
from liveavatar_ops.health.measure.pooling import Plane, block_luma, contrast, pool
from liveavatar_ops.health.measure.spells import Spells
from liveavatar_ops.health.measure.stillness import Stillness

LEAST_SIDE = 16  # pixels; one block


@dataclass
class VideoMeter:
    """
    Feed it every frame's luma plane with its own timestamp; take `facts` at the end.

    Moments are seconds on the check's clock. One 720p frame costs well under a millisecond
    (bench/frame_meter.py). `keep_mouth` also keeps what lip sync needs, 4 kB a frame.
    """

    limits: Limits
    keep_mouth: bool = False
    mouth: MouthTrack = field(init=False)
    _at: list[float] = field(default_factory=list)
    _looked: list[tuple[float, float, float, float]] = field(default_factory=list)
    _sizes: list[SizeChange] = field(default_factory=list)
    _size_counts: dict[tuple[int, int], int] = field(default_factory=dict)
    _dark: int = 0
    _still: Stillness = field(init=False)
    _black: Spells = field(init=False)
    _one_colour: Spells = field(init=False)

    def __post_init__(self) -> None:
        broken_by_s = self.limits.gap_unhealthy_s
        self.mouth = MouthTrack(self.limits.centre_share)
        self._still = Stillness(self.limits)
        self._black, self._one_colour = Spells(broken_by_s), Spells(broken_by_s)

    def frame(self, y: Plane, at_s: float) -> None:
        """
        Take one frame: its luma plane (uint8, [height, width], any stride) and its timestamp.

        Frames of a few pixels are what libwebrtc shows after a track ended (2×2, black): not counted.
        """
        if min(y.shape) < LEAST_SIDE:
            return
        self.frame_passed(y.shape[1], y.shape[0], at_s)
        at_s = self._at[-1]
        pooled = pool(y)
        blocks = block_luma(pooled)
        motion = self._still.see(pooled, at_s)
        shows = what_shows(pooled, blocks, self.limits)
        self._black.see(shows == "black", at_s)
        self._one_colour.see(shows == "one_colour", at_s)
        self._dark += shows == "dark"
        self._looked.append((at_s, float(blocks.mean()), motion, contrast(blocks)))
        if self.keep_mouth:
            self.mouth.see(blocks, self._still.step, at_s, cut=self._still.cut)

    def frame_passed(self, width: int, height: int, at_s: float) -> None:
        """Take the timing and size of a frame whose content nobody looked at."""
        if min(width, height) < LEAST_SIDE:
            return
        self._at.append(max(at_s, self._at[-1]) if self._at else at_s)
        self._size_counts[width, height] = self._size_counts.get((width, height), 0) + 1
        if not self._sizes or (self._sizes[-1].width, self._sizes[-1].height) != (width, height):
            self._sizes.append(SizeChange(at_s=round(at_s, 3), width=width, height=height))

    @property
    def frames(self) -> int:
        """Frames taken so far."""
        return len(self._at)

    @property
    def first_frame_s(self) -> float | None:
        """When the first frame came."""
        return self._at[0] if self._at else None

    def undecided_s(self, now_s: float, *, speech: Sequence[Span] = ()) -> float:
        """
        How much longer to watch until a picture that seems to stand, or to be none, can be called so.

        Mostly 0; also 0 once anything is past its unhealthy line: more watching changes no verdict then.
        """
        if not self._at:
            return 0.0
        limits, judged_s = self.limits, now_s - self._at[0] - self.limits.warm_up_s
        still, gap = self._still.spells.lasting_s(now_s), now_s - self._at[-1]
        waits = [limits.frozen_unhealthy_s - still] if still >= limits.watch_longer_after_s else []
        if gap >= limits.gap_degraded_s:
            waits.append(limits.gap_unhealthy_s - gap)
        if black := self._black.lasting_s(now_s):
            waits.append(limits.black_unhealthy_s - min(black, judged_s))
        if flat := self._one_colour.lasting_s(now_s):
            waits.append(limits.one_colour_unhealthy_s - min(flat, judged_s))
        if max(waits, default=0.0) <= 0 or self._proven(now_s, speech):
            return 0.0
        return max(waits) + 0.1

    def _proven(self, now_s: float, speech: Sequence[Span]) -> bool:
        """Whether the picture is unhealthy by now, whatever comes next; by the measures of the judge."""
        limits, warm_s = self.limits, self._at[0] + self.limits.warm_up_s
        # Black or of one colour, it stands as well: that follows from it and, for the judge, proves nothing.
        hidden = self._black.lasting_s(now_s) or self._one_colour.lasting_s(now_s)
        seen: dict[str, float] = {
            **({} if hidden else summary.standing(self._still.spells.until(now_s), speech)),
            **summary.lasting("black", self._black.until(now_s), warm_s, now_s),
            **summary.lasting("one_colour", self._one_colour.until(now_s), warm_s, now_s),
        }
        lines = {
            "black_s": limits.black_unhealthy_s,
            "one_colour_s": limits.one_colour_unhealthy_s,
            "frozen_s": limits.frozen_unhealthy_s,
            "frozen_while_speaking_s": limits.frozen_speaking_unhealthy_s,
        }
        longest_gap_s = float(np.diff([*self._at, max(now_s, self._at[-1])]).max())
        return longest_gap_s >= limits.gap_unhealthy_s or any(
            seen.get(name, 0.0) >= line for name, line in lines.items()
        )

    def facts(self, watched_until_s: float, *, speech: Sequence[Span] = ()) -> VideoFacts:
        """Sum up what was seen until `watched_until_s`; `speech` is when the avatar was heard."""
        if not self._at:
            return VideoFacts(watched_until_s=round(watched_until_s, 3))
        until_s = max(watched_until_s, self._at[-1])
        warm_s = self._at[0] + self.limits.warm_up_s
        still = self._still.spells.until(until_s)
        black, flat = self._black.until(until_s), self._one_colour.until(until_s)
        spans = [
            *summary.spans("frozen", still, self.limits.frozen_degraded_s),
            *summary.spans("frozen", summary.muted_by_speech(still, speech, self.limits), 0.0),
            *summary.spans("black", black, 0.0),
            *summary.spans("one_colour", flat, 0.0),
        ]
        cadence = summary.cadence(np.asarray(self._at), until_s, self.limits)
        return VideoFacts(
            frames=len(self._at),
            analysed_share=round(len(self._looked) / len(self._at), 4),
            scene_cuts=self._still.cuts,
            dark_share=round(self._dark / max(len(self._looked), 1), 4),
            spans=tuple(sorted([*spans, *cadence.pop("spans")], key=lambda span: span.start_s)),
            series=summary.series(self._looked),
            **cadence,
            **summary.standing(still, speech),
            **summary.lasting("black", black, warm_s, until_s),
            **summary.lasting("one_colour", flat, warm_s, until_s),
            **summary.picture(self._looked, self._size_counts, self._sizes, warm_s),
        )
