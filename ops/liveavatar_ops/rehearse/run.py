"""Runs rows on several lanes, tells of each as it ends, and ends everything in order when asked to."""

import contextlib
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.runner import Interrupted
from liveavatar_ops.health.target import Target
from liveavatar_ops.rehearse.emulator import running_emulator
from liveavatar_ops.rehearse.lane import Lane
from liveavatar_ops.rehearse.outcome import Outcome
from liveavatar_ops.rehearse.row import Row

POLL_S = 0.2  # the main thread wakes this often, to hear signals


@dataclass(frozen=True)
class Asked:
    """What to rehearse, how often, and on how many emulators side by side."""

    rows: Sequence[Row]
    times: int = 1
    at_once: int = 1
    template: Target | None = None
    evidence: Path | None = None


@contextlib.contextmanager
def lanes(
    asked: Asked, stop_wish: threading.Event, *, warn: Callable[[str], None] = lambda _: None
) -> Iterator[list[Lane]]:
    """
    So many lanes, each with a warm emulator of its own; `warn` hears of evidence that could not be kept.

    Raises ServiceFailed; its log is then kept.
    """
    media = any(row.depth.includes(Depth.VIDEO) for row in asked.rows)
    folder = Path(tempfile.mkdtemp(prefix="liveavatar-rehearse-"))
    with contextlib.ExitStack() as running:
        made = []
        for number in range(1, asked.at_once + 1):
            own = folder / str(number)
            emulator = running.enter_context(running_emulator(own, media=media))
            made.append(
                Lane(emulator, own, stop_wish, template=asked.template, evidence=asked.evidence, warn=warn)
            )
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def run(
    asked: Asked,
    lanes_: Sequence[Lane],
    stop_wish: threading.Event,
    *,
    on_phase: Callable[[Row, int, str], None] = lambda *_: None,
    on_end: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """
    Every row so many times, in the table's order, whole tables one after another.

    Ends early when `stop_wish` is set; what was rehearsed by then is returned. Callbacks come from the
    lanes' threads, one at a time.
    """
    waiting: queue.SimpleQueue[tuple[Row, int]] = queue.SimpleQueue()
    for turn in range(1, asked.times + 1):
        for row in asked.rows:
            waiting.put((row, turn))
    outcomes: list[Outcome] = []
    broken = threading.Event()
    one_at_a_time = threading.Lock()

    def serve(lane: Lane) -> None:
        for row, turn in _taken(waiting, lambda: stop_wish.is_set() or broken.is_set()):
            outcome = lane.rehearse(row, turn, on_phase=partial(on_phase, row, turn))
            with one_at_a_time:
                outcomes.append(outcome)
                on_end(outcome)

    with ThreadPoolExecutor(len(lanes_)) as pool:
        serving = [pool.submit(serve, lane) for lane in lanes_]
        while (ended := wait(serving, POLL_S, return_when=FIRST_EXCEPTION)).not_done:
            if any(each.exception() for each in ended.done):
                broken.set()
    for each in serving:
        with contextlib.suppress(Interrupted):
            each.result()
    order = {row.name: number for number, row in enumerate(asked.rows)}
    return sorted(outcomes, key=lambda outcome: (outcome.turn, order[outcome.row]))


def _taken(
    waiting: "queue.SimpleQueue[tuple[Row, int]]", enough: Callable[[], bool]
) -> Iterator[tuple[Row, int]]:
    """What waits, one after another, until nothing does or it is enough."""
    while not enough():
        try:
            yield waiting.get_nowait()
        except queue.Empty:
            return
