"""What is said, in which order, and how much of it was heard."""

import numpy as np

from liveavatar_emulator.worker.playout import RATE, Playout

FRAME = RATE // 25


class Log:
    """Remembers what a playout told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.playout = Playout(
            lambda item: self.lines.append(f"started {item}"), lambda item: self.lines.append(f"ended {item}")
        )


def sound(seconds: float, value: int = 1000) -> np.ndarray:
    return np.full(int(24000 * seconds), value, dtype=np.int16)


def test_silence_where_nothing_is_said() -> None:
    """There is always a full frame to send."""
    log = Log()

    pcm = log.playout.take(FRAME, 0)

    assert len(pcm) == FRAME
    assert not pcm.any()
    assert log.lines == []


def test_every_sample_is_heard_once_and_in_order() -> None:
    """Pieces of any size come out as one sound of the same length at twice the rate."""
    log = Log()
    ramp = np.arange(3000, dtype=np.int16)
    for piece in (ramp[:7], ramp[7:1500], ramp[1500:]):
        log.playout.add("a", piece)
    log.playout.complete("a")

    heard = np.concatenate([log.playout.take(FRAME, 0) for _ in range(5)])

    assert np.array_equal(heard[1:6000:2], ramp)
    assert np.all(np.diff(heard[:6000].astype(int)) >= 0)
    assert not heard[6000:].any()
    assert log.lines == ["started a", "ended a"]


def test_two_utterances_follow_each_other() -> None:
    """The second starts when the first has ended."""
    log = Log()
    for item in ("a", "b"):
        log.playout.add(item, sound(0.05))
        log.playout.complete(item)
    for _ in range(4):
        log.playout.take(FRAME, 0)

    assert log.lines == ["started a", "ended a", "started b", "ended b"]


def test_a_pause_in_delivery_is_not_the_end() -> None:
    """An utterance ends when it is complete, not when the line is slow."""
    log = Log()
    log.playout.add("a", sound(0.02))
    log.playout.take(FRAME, 0)
    log.playout.take(FRAME, 0)
    log.playout.add("a", sound(0.02))
    pcm = log.playout.take(FRAME, 0)

    assert pcm.any()
    assert log.lines == ["started a"]


def test_an_interruption_says_what_was_cut_and_how_much_was_heard() -> None:
    """The model is told the milliseconds that reached the listener."""
    log = Log()
    log.playout.add("a", sound(2))
    for _ in range(10):
        log.playout.take(FRAME, 0)

    assert log.playout.clear() == [("a", 400)]
    assert log.lines == ["started a", "ended a"]
    assert not log.playout.take(FRAME, 0).any()
    assert log.playout.clear() == []


def test_an_interruption_cuts_what_waits_too() -> None:
    """Nothing of the next utterance is heard, and whoever interrupts learns that it was not."""
    log = Log()
    for item in ("a", "b"):
        log.playout.add(item, sound(1))
        log.playout.complete(item)
    log.playout.take(FRAME, 0)

    assert log.playout.clear() == [("a", 40), ("b", 0)]
    assert log.lines == ["started a", "ended a"]


def test_a_held_answer_waits_for_its_time() -> None:
    """`not_before` keeps an utterance back (the fault `slow_answer`)."""
    log = Log()
    log.playout.add("a", sound(1), not_before=5.0)

    assert not log.playout.take(FRAME, 4.9).any()
    assert log.playout.take(FRAME, 5.0).any()
