"""Which session faults are on, and since when."""

from collections.abc import Iterable

from liveavatar_emulator.worker.job import Fault

NAMES = frozenset(
    {
        "late_avatar", "no_avatar", "no_video", "no_audio", "stall", "frozen", "nearly_frozen",
        "frozen_logo", "black", "one_colour", "low_fps", "falling_fps", "small", "resolution_drop", "mute",
        "no_answer", "slow_answer", "still_mouth", "silent_mouth", "clipped", "av_offset", "leaves",
        "bad_key", "breaks_up", "scene_cut", "unpublishes", "false_end",
    }
)  # fmt: skip


class Faults:
    """
    The faults of one session.

    `after_s` counts from the moment the avatar's picture began, for faults of the job, and from the command,
    for faults given later; `for_s`, where given and not 0, ends a fault by itself.
    """

    def __init__(self, given: Iterable[Fault] = ()) -> None:
        self._on: dict[str, tuple[Fault, float]] = {fault.name: (fault, 0.0) for fault in given}

    def add(self, fault: Fault, now: float) -> None:
        """Turn a fault on; the same name again replaces the one before."""
        self._on[fault.name] = (fault, now)

    def clear(self) -> None:
        """Turn all off."""
        self._on.clear()

    def given(self, name: str) -> Fault | None:
        """The fault, whether or not its time has come."""
        found = self._on.get(name)
        return found[0] if found else None

    def on(self, name: str, now: float) -> Fault | None:
        """The fault if it acts at `now` (seconds since the picture began)."""
        found = self._on.get(name)
        if not found:
            return None
        fault, since = found
        begins = since + fault.number("after_s", 0.0)
        lasts = fault.number("for_s", 0.0)
        ends = begins + (lasts if lasts > 0 else float("inf"))
        return fault if begins <= now < ends else None

    def age(self, name: str, now: float) -> float:
        """For how long a fault has acted (seconds)."""
        fault, since = self._on[name]
        return max(0.0, now - since - fault.number("after_s", 0.0))
