"""What is told although no check ended just now: that nothing is seen, and what could not be told before."""

import sqlite3
from collections.abc import Callable, Sequence

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule import plan, states, store, windows
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.notify.message import Message
from liveavatar_ops.schedule.notify.teller import Teller
from liveavatar_ops.schedule.result import Outcome
from liveavatar_ops.schedule.states import State, TargetState
from liveavatar_ops.schedule.targets import WatchTarget

LOOKED_THROUGH = 60  # runs of a target, for the one that says why its state is what it is


class News:
    """
    Looks through the targets now and then; `on_change` hears of one whose state is another one now.

    Moments are seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        tell: Teller,
        config: WatchConfig,
        on_change: Callable[[str, State, State], None],
    ) -> None:
        self._db = database
        self._tell = tell
        self._config = config
        self._on_change = on_change

    def look(self, targets: Sequence[WatchTarget], now: float, *, watching_since: float) -> None:
        """Tell each of them once."""
        with self._db.reading() as db:
            held = store.all_known(db)
        for target in targets:
            if self._of(target, held[target.name].state, now, watching_since) is None:
                continue
            with self._db.writing() as db:
                state = store.known(db, target.name).state
                new = self._of(target, state, now, watching_since)
                if new is None:
                    continue  # another watcher told it meanwhile, or a result came
                run = _run_behind(store.runs_of(db, target.name, last=LOOKED_THROUGH), new)
                told = self._tell.state(
                    db, target.name, state, new,
                    outcome=_said_by(run), run=run.token if run else None, now=now,
                )  # fmt: skip
                store.keep(db, target.name, told)
            if new.shown is not state.shown:
                self._on_change(target.name, state.shown, new.shown)

    def tell_anew(self, targets: Sequence[WatchTarget], now: float) -> None:
        """What was given up, as a receiver was away for a day: to that channel alone, if it still holds."""
        with self._db.reading() as db:
            missed = [target for target in targets if self._unheard(db, target, now)]
        for target in missed:
            with self._db.writing() as db:
                for channel, message in self._unheard(db, target, now):
                    store.post(db, channel, target.name, message.model_dump(mode="json"), now)

    def _unheard(self, db: sqlite3.Connection, target: WatchTarget, now: float) -> list[tuple[str, Message]]:
        state = store.known(db, target.name).state
        return self._tell.unheard(db, target.name, state) if self._may_tell(target, state, now) else []

    def _of(
        self, target: WatchTarget, state: TargetState, now: float, watching_since: float
    ) -> TargetState | None:
        """The state that is to be told, None if there is no news."""
        blind_at = plan.blind_at(target, state, watching_since=watching_since, now=now, config=self._config)
        if blind_at is not None and now >= blind_at:
            return states.seeing_nothing(state, now)
        return state if states.to_tell(state) and self._may_tell(target, state, now) else None

    def _may_tell(self, target: WatchTarget, state: TargetState, now: float) -> bool:
        """
        Outside of windows. What was seen before a pause, or before nobody watched for long, may be mended
        by now: a check comes first.
        """
        scope = {"target": target.name, "zone": self._config.time_zone}
        if windows.muted(self._config.maintenance, now, **scope):
            return False
        pause = windows.last_pause_end(self._config.maintenance, now, **scope)
        seen = state.last_conclusive_at or 0.0
        return state.blind or (seen >= (pause or 0.0) and now < seen + plan.believed_s(target, self._config))


def _run_behind(runs: Sequence[store.RunRow], state: TargetState) -> store.RunRow | None:
    """The newest check that found what is told, or if none did the newest."""
    ended = [run for run in reversed(runs) if run.stage == "done"]
    found = (run for run in ended if run.verdict and states.LEVEL_OF.get(Verdict(run.verdict)) is state.shown)
    return next(found, next(iter(ended), None))


def _said_by(run: store.RunRow | None) -> Outcome:
    if run is None or run.verdict is None:
        return Outcome(Verdict.INCONCLUSIVE)
    return Outcome(
        Verdict(run.verdict), run.cause or "none", run.headline, run.next_step,
        first_frame_s=run.first_frame_s, fps=run.fps, sheet=run.sheet, report=run.report,
    )  # fmt: skip
