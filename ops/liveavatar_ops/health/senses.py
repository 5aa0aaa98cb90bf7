"""What the child sees and hears during a visit: the meters, and the pictures for the contact sheet."""

import numpy as np

from liveavatar_ops.health.facts import Part, Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure.audio import AudioMeter
from liveavatar_ops.health.measure.video import VideoMeter
from liveavatar_ops.health.picking import Keeper
from liveavatar_ops.health.pipe import Frame, FramePipe
from liveavatar_ops.health.recording import Spool
from liveavatar_ops.health.thumbnails import Thumbnail

SAMPLE_RATE_HZ = 16000


class Senses:
    """Takes frames and sound from the room's loop; content is judged in a thread of its own."""

    def __init__(
        self, limits: Limits, keep_pictures: int, *, keep_mouth: bool = False, spool: Spool | None = None
    ) -> None:
        self._spool = spool
        self.video = VideoMeter(limits, keep_mouth=keep_mouth)
        self.audio = AudioMeter(limits, sample_rate=SAMPLE_RATE_HZ)
        every_s = limits.watch_s / max(keep_pictures - 1, 1)
        longest = limits.watch_s + limits.watch_longer_s
        self._keeper = Keeper(every_s, at_most=max(keep_pictures, round(longest / max(every_s, 0.1)) + 2))
        self.pipe = FramePipe(self._look, self._keeper)

    @property
    def pictures(self) -> list[Thumbnail]:
        """Those kept so far, in order."""
        return self._keeper.kept

    def see(self, frame: Frame) -> None:
        """One frame, from the loop."""
        self.pipe.offer(frame)

    def hear(self, samples: bytes, at_s: float) -> None:
        """Mono int16 at 16 kHz that had arrived in full at `at_s`."""
        self.audio.frame(np.frombuffer(samples, np.int16), at_s)
        if self._spool is not None:
            self._spool.hear(samples, at_s)

    def undecided_s(self, now_s: float) -> float:
        """How much longer to watch before a picture that seems to stand can be called so."""
        return self.video.undecided_s(now_s, speech=self.audio.speech())

    def speech(self) -> list[Span]:
        """What the avatar has said so far."""
        return self.audio.speech()

    def close(self, watched_until_s: float, *, over_s: float | None = None) -> dict[str, Part]:
        """
        Look at what still waits and sum up, as parts of the facts by field name.

        Nothing counts from `over_s` on, when the avatar or the room went away: no gap, no standing picture.
        """
        self.pipe.close()
        if self._spool is not None:
            self._spool.close()
        audio = self.audio.facts()
        until_s = watched_until_s if over_s is None else min(watched_until_s, over_s)
        return {"audio": audio, "video": self.video.facts(until_s, speech=audio.speech)}

    def _look(self, frame: Frame) -> None:
        luma = frame.luma()
        if luma is None:
            self.video.frame_passed(frame.width, frame.height, frame.at_s)
        else:
            self.video.frame(luma, frame.at_s)
        if self._spool is not None:
            self._spool.see(frame)
