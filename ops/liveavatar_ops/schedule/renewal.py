"""
Reads stacks and template files again, so that a watcher follows a `pulumi up` without a restart.

Reading a stack's outputs takes the engine a second or two of a processor, so it is done now and then, sooner
when a check found that what it was told to check is not what is there, and if it can be not beside a check.
"""

import time
from collections.abc import Callable, Sequence

from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.log import Log, fault_of
from liveavatar_ops.schedule.targets import NothingToWatch, Outputs, WatchTarget, resolve
from pulumi_liveavatar.text import few

PATIENCE = 2.0
"""So many intervals long a reading is put off because a check is running; then it is done all the same."""

Watch = Callable[[Sequence[WatchTarget]], None]
Complain = Callable[[str], None]


class Renewal:
    """One watcher's. Called every few seconds, in a thread; reads when it is time."""

    def __init__(
        self,
        config: WatchConfig,
        targets: Sequence[WatchTarget],
        *,
        outputs: Outputs,
        log: Log,
        soonest_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._targets = list(targets)
        self._outputs = outputs
        self._watch: tuple[Watch, ...] = ()
        self._busy: Callable[[], bool] = lambda: False
        self._log = log
        self._soonest_s = soonest_s
        self._now = now
        self._read_at = now()
        self._doubted = False
        self._complaint = ""
        self._not_read: Complain = lambda _: None

    def tell(self, *watch: Watch, busy: Callable[[], bool], not_read: Complain = lambda _: None) -> None:
        """
        Who is told of new targets, and how it is known whether a check of ours is running.

        `not_read` gets why the last reading failed, and nothing ("") after one that did not.
        """
        self._watch, self._busy, self._not_read = watch, busy, not_read

    def doubt(self) -> None:
        """A check says that its configuration is wrong: perhaps it is not the configuration any more."""
        self._doubted = True

    def __call__(self) -> None:
        """Read again if it is time; what cannot be read leaves everything as it was."""
        if not self._is_time():
            return
        self._doubted, self._read_at = False, self._now()
        try:
            found = resolve(self._config, outputs=self._outputs)
        except NothingToWatch as wrong:
            self._complain("; ".join(few(wrong.problems)))
            return
        except Exception as fault:  # noqa: BLE001 (what somebody else wrote may break whatever reads it)
            self._complain(fault_of(fault))
            return
        self._complaint = ""
        self._not_read("")
        if found != self._targets:
            for watch in self._watch:
                watch(found)
            self._log.say("targets.changed", **differences(self._targets, found))
            self._targets = found

    def _is_time(self) -> bool:
        waited, every = self._now() - self._read_at, self._config.read_again
        if self._doubted and waited >= min(self._soonest_s, every):
            return True
        return waited >= every * (PATIENCE if self._busy() else 1)

    def _complain(self, why: str) -> None:
        """Once for each reason: a stack that is being deployed may be unreadable for many looks."""
        if why != self._complaint:
            self._complaint = why
            self._not_read(why)
            self._log.say("targets.not_read", why=why)


def differences(old: Sequence[WatchTarget], new: Sequence[WatchTarget]) -> dict[str, list[str]]:
    """Names of targets that came, went, or are to be checked differently now."""
    before, after = {t.name: t for t in old}, {t.name: t for t in new}
    both = [name for name in before if name in after]
    return {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "changed": [name for name in both if before[name] != after[name]],
    }
