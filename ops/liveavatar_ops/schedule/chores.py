"""What is done now and then beside checking: messages out, page, textfile, old evidence and history away."""

import re
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from liveavatar_ops.health.places import why_of
from liveavatar_ops.schedule import metrics, store
from liveavatar_ops.schedule.child import slug
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.log import Log, Troubles, fault_of
from liveavatar_ops.schedule.notify.send import Outbox
from liveavatar_ops.schedule.snapshot import Camera
from liveavatar_ops.schedule.targets import WatchTarget
from liveavatar_ops.schedule.textfile import write_whole

TIDY_EVERY_S = 3600.0
BUDGET_NEEDS_S = 2 * 86400.0  # what was spent today is added up from the runs
FAILURES_KEPT_TIMES = 3
FOLDER = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z-(?P<slug>.+)-(?P<number>\d{6,18})", re.ASCII)


@dataclass(frozen=True)
class Folder:
    """Evidence of one check, as `evidence_folder` names it; `run` is what is remembered of that check."""

    path: Path
    slug: str
    run: store.RunRow | None

    def may_be_of(self, target: WatchTarget) -> bool:
        """Slugs may be equal, numbers are not; of a forgotten check no more is known than the slug."""
        return self.slug == slug(target.name) and (self.run is None or self.run.target == target.name)

    @property
    def healthy(self) -> bool:
        """Whether that check was; a forgotten one's folder is kept as long as a failure's."""
        return self.run is not None and self.run.verdict == "healthy"


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
        open_page: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._db = database
        self._targets = list(targets)
        self._outbox = outbox
        self._camera = camera
        self._troubles = Troubles(
            log, failed="watcher.chore_failed", works="watcher.chore_works", field="chore"
        )
        self._renew = renew
        self._open_page = open_page
        self._now = now
        self._tidied_at = float("-inf")

    def __call__(self) -> None:
        """Everything that is due."""
        self._safely("send", self._outbox.empty)
        self._safely("read again", self._renew)
        self._safely("page", self._open_page)
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
            self._troubles.fails(chore, f"{place}{why_of(why)}")
        except StoreError as why:
            self._troubles.fails(chore, str(why).rstrip("."))
        except Exception as fault:  # noqa: BLE001 (a fault of ours in one chore must not keep the others back)
            self._troubles.fails(chore, fault_of(fault))
        else:
            self._troubles.works(chore)

    def _export(self) -> None:
        assert self._config.textfile is not None
        write_whole(self._config.textfile, metrics.render(self._camera.snapshot()))

    def _tidy(self) -> None:
        with self._db.writing() as db:
            store.forget(db, self._now() - max(self._config.keep_history, BUDGET_NEEDS_S))
        self._thin_out()

    def _thin_out(self) -> None:
        """Keep so many folders of healthy checks, three times that of others; touch only folders we made."""
        keep, found = self._config.evidence.keep, self._folders()
        wanted: set[Path] = set()
        surplus: set[Path] = set()
        for target in self._targets:
            mine = [folder for folder in found if folder.may_be_of(target)]
            good = [folder.path for folder in mine if folder.healthy]
            others = [folder.path for folder in mine if not folder.healthy]
            wanted |= {*good[:keep], *others[: keep * FAILURES_KEPT_TIMES]}
            surplus |= {*good[keep:], *others[keep * FAILURES_KEPT_TIMES :]}
        for path in surplus - wanted:  # what may be of two targets goes when neither wants it
            shutil.rmtree(path, ignore_errors=True)

    def _folders(self) -> list[Folder]:
        """Those named as ours are, the newest first; folders, and no links to folders."""
        places = sorted(self._config.evidence.directory.glob("????-??-??T??????Z-*-??????*"), reverse=True)
        named = [(place, match) for place in places if (match := FOLDER.fullmatch(place.name))]
        with self._db.reading() as db:
            return [
                Folder(place, match["slug"], store.run_of(db, int(match["number"])))
                for place, match in named
                if place.is_dir() and not place.is_symlink()
            ]
