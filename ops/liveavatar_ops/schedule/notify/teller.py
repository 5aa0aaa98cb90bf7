"""Lays messages into the outbox, in the very transaction that changes what they are about."""

import sqlite3
from collections.abc import Iterable

from liveavatar_ops.schedule import states, store, windows
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.notify import letters
from liveavatar_ops.schedule.notify.message import Message, budget_spent, change
from liveavatar_ops.schedule.result import Outcome
from liveavatar_ops.schedule.settings import channel_name
from liveavatar_ops.schedule.states import State, TargetState


class Teller:
    """Knows who wants to hear of what, and when nobody is to be disturbed."""

    def __init__(self, config: WatchConfig) -> None:
        self._config = config

    def state(
        self,
        db: sqlite3.Connection,
        target: str,
        old: TargetState,
        new: TargetState,
        *,
        outcome: Outcome,
        run: int | None,
        now: float,
    ) -> TargetState:
        """
        Tell it if people believe something else; returns the state with what they believe from now on.

        Inside a window nobody is told, and what still holds after it is told then.
        """
        if not states.to_tell(new):
            return states.told(new) if new.shown is State.UP else new
        if windows.muted(self._config.maintenance, now, target=target, zone=self._config.time_zone):
            return new
        lasted_s = new.since - (new.told_since or old.since)
        self._post(
            db, change(target, new.told, new.shown, at=now, lasted_s=lasted_s, outcome=outcome, run=run), now
        )
        return states.told(new)

    def may_disturb(self, targets: Iterable[str], now: float) -> bool:
        """Whether what concerns all of these may be told: not while each of them is inside a window."""
        zone = self._config.time_zone
        return not all(windows.muted(self._config.maintenance, now, target=t, zone=zone) for t in targets)

    def budget(self, db: sqlite3.Connection, spent: float, *, until: float, day: str, now: float) -> None:
        """Tell, once a day, that nobody looks any more."""
        limit = self._config.budget.credits_a_day or 0.0
        if store.first_today(db, day):
            self._post(db, budget_spent(spent, limit, until, now), now)

    def unheard(self, db: sqlite3.Connection, target: str, state: TargetState) -> list[tuple[str, Message]]:
        """(channel, message) of what people were told and still holds, where the channel was out of reach."""
        if state.told is not state.shown:
            return []
        who = self._who(target)
        return [
            (to, what) for to, what in letters.in_vain(db, target) if to in who and what.now is state.told
        ]

    def _post(self, db: sqlite3.Connection, message: Message, now: float) -> None:
        for channel in self._who(message.target):
            store.post(db, channel, message.target, message.model_dump(mode="json"), now)

    def _who(self, target: str) -> list[str]:
        """The channels that hear of it; the budget is of no target and concerns all."""
        return [
            channel_name(each)
            for each in self._config.notify
            if not each.targets or not target or target in each.targets
        ]
