"""How many frames a second are sent."""

from itertools import pairwise

from liveavatar_emulator.worker.faults import Faults
from liveavatar_emulator.worker.job import Fault
from liveavatar_emulator.worker.pacing import Pacing


def sent(*faults: Fault, seconds: int = 30) -> list[float]:
    """The turns, at 25 a second, whose frames are sent."""
    pacing, on = Pacing(25), Faults(faults)
    return [turn / 25 for turn in range(seconds * 25) if pacing.due(turn / 25, turn / 25, on)]


def in_second(times: list[float], second: int) -> int:
    return sum(second <= at < second + 1 for at in times)


def test_without_a_fault_every_frame_is_sent() -> None:
    """Twenty-five a second, to the last."""
    assert len(sent()) == 750


def test_a_low_rate_is_met_evenly() -> None:
    """Five a second are five in every second, and no gap is longer than the rate demands (plus one turn)."""
    times = sent(Fault(name="low_fps", fps=5))

    assert {in_second(times, second) for second in range(30)} == {5}
    assert max(b - a for a, b in pairwise(times)) < 0.25


def test_a_falling_rate_falls_and_stays_down() -> None:
    """From the full rate to four a second within its time."""
    times = sent(Fault(name="falling_fps"))
    rates = [in_second(times, second) for second in range(30)]

    assert rates[0] >= 23
    assert 10 < rates[10] < 18
    assert rates[25] in (4, 5)


def test_the_full_rate_returns_when_the_fault_ends() -> None:
    """After `for_s` no frame is left out, and none is sent twice to make up."""
    times = sent(Fault(name="low_fps", fps=2, for_s=10))

    assert in_second(times, 5) == 2
    assert in_second(times, 15) == 25
    assert len(times) == len(set(times))
