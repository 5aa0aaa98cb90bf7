"""What is done now and then beside checking: messages out, textfile, old evidence and old history away."""

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from liveavatar_ops.health.places import why_of
from liveavatar_ops.schedule import metrics, store
from liveavatar_ops.schedule.child import slug
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.send import Outbox
from liveavatar_ops.schedule.snapshot import Camera
from liveavatar_ops.schedule.targets import WatchTarget
from liveavatar_ops.schedule.textfile import write_whole

TIDY_EVERY_S = 3600.0
BUDGET_NEEDS_S = 2 * 86400.0  # what was spent today is added up from the runs
FAILURES_KEPT_TIMES = 3


class Chores:
    """Called every few seconds, in a thread; each chore's trouble is a line, never the watcher's end."""

    def __init__(
        self,
        config: WatchConfig,
        database: Database,
        targets: Iterable[WatchTarget],
        *,
        outbox: Outbox,
        camera: Camera,
        log: Log,
        renew: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._db = database
        self._targets = list(targets)
        self._outbox = outbox
        self._camera = camera
        self._log = log
        self._renew = renew
        self._now = now
        self._tidied_at = float("-inf")

    def __call__(self) -> None:
        """Everything that is due."""
        self._safely("send", self._outbox.empty)
        self._safely("read again", self._renew)
        if self._config.textfile is not None:
            self._safely("textfile", self._export)
        if self._now() >= self._tidied_at + TIDY_EVERY_S:
            self._tidied_at = self._now()
            self._safely("tidy", self._tidy)

    def watch(self, targets: Iterable[WatchTarget]) -> None:
        """From now on the evidence of these is thinned out."""
        self._targets = list(targets)

    def _safely(self, chore: str, do: Callable[[], object]) -> None:
        try:
            do()
        except OSError as why:
            place = f"{self._config.textfile}: " if chore == "textfile" else ""
            self._log.say("watcher.chore_failed", chore=chore, why=f"{place}{why_of(why)}")
        except StoreError as why:
            self._log.say("watcher.chore_failed", chore=chore, why=str(why).rstrip("."))

    def _export(self) -> None:
        assert self._config.textfile is not None
        write_whole(self._config.textfile, metrics.render(self._camera.snapshot()))

    def _tidy(self) -> None:
        with self._db.writing() as db:
            store.forget(db, self._now() - max(self._config.keep_history, BUDGET_NEEDS_S))
        for target in self._targets:
            self._thin_out(target)

    def _thin_out(self, target: WatchTarget) -> None:
        """Keep so many folders of healthy checks, three times that of others; touch only folders we made."""
        keep, root = self._config.evidence.keep, self._config.evidence.directory
        with self._db.reading() as db:
            runs = store.runs_of(db, target.name, last=100_000)
        good = {f"{run.token:06d}" for run in runs if run.verdict == "healthy"}
        folders = sorted(root.glob(f"????-??-??T??????Z-{slug(target.name)}-??????*"), reverse=True)
        ours = [f for f in folders if f.name[18:].startswith(f"-{slug(target.name)}-") and _numbered(f)]
        for kept, wanted in ((True, keep), (False, keep * FAILURES_KEPT_TIMES)):
            same = [f for f in ours if (f.name.rpartition("-")[2] in good) is kept]
            for folder in same[wanted:]:
                shutil.rmtree(folder, ignore_errors=True)


def _numbered(folder: Path) -> bool:
    """A folder of ours ends in a check's number, and is a folder and not a link to one."""
    return folder.name.rpartition("-")[2].isdigit() and folder.is_dir() and not folder.is_symlink()
