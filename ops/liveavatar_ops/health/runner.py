"""
Runs one check in a child process and makes sure that nothing stays open behind it.

Why a child: the LiveKit SDK can abort the interpreter when it ends, hang for ever, or send SIGTERM to
its own process. The parent trusts the file of facts, never the exit code, and closes whatever the
ledger still shows as open.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

from liveavatar_ops.health.child_process import cause_of_death, end, read_facts, tell
from liveavatar_ops.health.facts import Facts, StopFacts, TargetFacts
from liveavatar_ops.health.job import FACTS_FILE, PARTIAL_FILE, PICTURES_FILE, Job
from liveavatar_ops.health.ledger import OPEN, Ledger, LedgerError, Row, State
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.owner import identity_of, this_process
from liveavatar_ops.health.references import price
from liveavatar_ops.health.session_cost import cost_until
from liveavatar_ops.health.stopping import JANITOR, close_row
from liveavatar_ops.health.thumbnails import Thumbnail, load
from liveavatar_ops.health.workdir import claim, working_folder
from pulumi_liveavatar.settings import Settings
from pulumi_liveavatar.text import clean, scrub

CHILD = (sys.executable, "-m", "liveavatar_ops.health.child")
POLL_S = 0.2
GRACE_S = 10.0  # for the child to stop its session after it was asked to end
MARGIN_S = 60.0  # beyond a child's own end before a janitor elsewhere may touch its session


class Interrupted(Exception):
    """The check was asked to end early, and everything it had opened is closed or reported."""

    def __init__(self, facts: Facts) -> None:
        super().__init__("interrupted")
        self.facts = facts


@dataclass(frozen=True)
class Checked:
    """What a check found, and the pictures it kept."""

    facts: Facts
    pictures: list[Thumbnail]
    clip: bytes | None = None
    """The recording as MP4, where one was asked for and could be made."""


class Runner:
    """
    Runs checks one after another. `stop_wish` set from a signal handler or another thread ends the
    running one; `child`, `grace_s` and `over_after_s` are seams.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        *,
        child: Sequence[str] = CHILD,
        stop_wish: threading.Event | None = None,
        on_phase: Callable[[str], None] = lambda _: None,
        grace_s: float = GRACE_S,
        over_after_s: float | None = None,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._child = tuple(child)
        self._stop_wish = stop_wish or threading.Event()
        self._on_phase = on_phase
        self._grace_s = grace_s
        self._over_after_s = over_after_s

    def check(
        self,
        target: TargetFacts,
        body: dict[str, object],
        limits: Limits,
        *,
        keep_pictures: int = 12,
        leave_after_s: float | None = None,
        record: bool = False,
    ) -> Checked:
        """One check of one target. Raises LedgerError before anything is started, and Interrupted."""
        with working_folder() as workdir:
            job = Job(
                check_id=str(uuid.uuid4()),
                target=target,
                body=body,
                limits=limits,
                workdir=workdir,
                ledger=self._ledger.path,
                api_url=self._settings.api_url,
                keep_pictures=keep_pictures,
                leave_after_s=leave_after_s,
                record=record,
            )
            over_after_s = self._over_after_s or job.over_after_s
            self._ledger.plan(
                job.check_id,
                target=target.name,
                api_url=self._settings.api_url,
                parent=this_process(),
                deadline_at=time.time() + over_after_s + self._grace_s + MARGIN_S,
                rate=float(price(body, 0)),
            )
            began, given_up = datetime.now(UTC), False
            try:
                death = self._run_child(job, over_after_s)
            except KeyboardInterrupt:
                given_up = True
                raise
            finally:
                row, unread = self._row_of(job)
                stop = self._close(job, row, given_up=given_up)
            facts = self._facts(job, began, death, stop, row)
            if unread:
                notes = (*facts.notes, f"{clean(unread)} Then run `{JANITOR}`.")
                facts = facts.model_copy(update={"notes": notes})
            if self._stop_wish.is_set():
                raise Interrupted(facts)
            pictures = load(workdir / PICTURES_FILE)
            return _with_clip(Checked(facts, pictures), workdir) if record else Checked(facts, pictures)

    def _run_child(self, job: Job, over_after_s: float) -> str:
        """Start the child and see it end; returns how it died, for the case that it left no facts."""
        key = self._settings.api_key.get_secret_value()
        env = {**os.environ, "LIVEAVATAR_API_KEY": key, "LIVEAVATAR_API_URL": self._settings.api_url}
        with (job.workdir / "child.log").open("wb") as errors:
            child = subprocess.Popen(
                self._child,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=env,
                start_new_session=True,  # Ctrl-C in the terminal reaches us alone; we tell the child
            )
        try:
            owner = identity_of(child.pid)
            claim(job.workdir, this_process(), owner)
            self._ledger.taken_by(job.check_id, owner)
            tell(child, job.model_dump_json())
            listener = threading.Thread(target=self._listen, args=(child.stdout,), daemon=True)
            listener.start()
            return self._wait(child, listener, job, over_after_s)
        finally:
            end(child)
            self._pass_on_log(job)

    def _pass_on_log(self, job: Job) -> None:
        """With LIVEAVATAR_LOG=debug, the child's log: one line a request, without headers and bodies."""
        if self._settings.log == "debug":
            with contextlib.suppress(OSError):
                said = (job.workdir / "child.log").read_text(errors="replace")
                sys.stderr.write(scrub(said, [self._settings.api_key.get_secret_value()]))

    def _wait(
        self, child: "subprocess.Popen[bytes]", listener: threading.Thread, job: Job, over_after_s: float
    ) -> str:
        hangs_at, asked = time.monotonic() + over_after_s, False
        while True:
            listener.join(POLL_S)  # over when the child ends; child.wait would look twenty times a second
            if not listener.is_alive():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(POLL_S)
            if child.poll() is not None:
                return cause_of_death(child.returncode, job.workdir, self._settings)
            if self._stop_wish.is_set() and not asked:
                asked = True
                hangs_at = min(hangs_at, time.monotonic() + self._grace_s)
                tell(child, "stop")
            if time.monotonic() > hangs_at:
                return f"the probe process did not end within {over_after_s:.0f} s and was killed"

    def _listen(self, said: IO[bytes] | None) -> None:
        assert said is not None
        with said:  # whoever reads a pipe closes it; its end comes with the child's
            for line in said:
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    self._announce(str(json.loads(line)["phase"]))

    def _announce(self, phase: str) -> None:
        with contextlib.suppress(Exception):  # whoever listens must not keep a session from being stopped
            self._on_phase(phase)

    def _row_of(self, job: Job) -> tuple[Row | None, str]:
        """The ledger's row as the child left it, or why it cannot be read any more."""
        try:
            return self._ledger.get(job.check_id), ""
        except LedgerError as why:
            return None, str(why)

    def _close(self, job: Job, row: Row | None, *, given_up: bool) -> StopFacts | None:
        """Close what the child left open. Given up, what may still come of a start is the janitor's."""
        if row is None or row.state not in OPEN or (given_up and row.state is State.starting):
            return None
        try:
            if row.session_id is None:
                self._ledger.void(job.check_id, "the probe ended before a session id was known")
                return None
            self._announce("stop")
            from liveavatar_ops.health.stopper import stopper  # noqa: PLC0415 -- mostly the child has done it

            with stopper(self._settings) as stop:
                outcome = close_row(self._ledger, row, stop)
        except LedgerError as why:
            return StopFacts(needed=True, stopped=False, sentence=str(why))
        return StopFacts(
            needed=True,
            stopped=outcome.closed,
            by="parent" if outcome.closed else None,
            took_s=round(outcome.took_s, 3),
            sentence=None if outcome.closed else outcome.sentence,
            unheard=outcome.unheard,
        )

    def _cost(self, job: Job) -> Decimal | None:
        """Of a check that could not say so itself; None where the ledger does not know either."""
        row, _ = self._row_of(job)  # anew: closing it wrote down what it cost
        if row is None:
            return None
        known = row.credits if row.credits is not None else cost_until(row.rate, row.starting_at, time.time())
        return None if known is None else Decimal(str(known))

    def _facts(self, job: Job, began: datetime, death: str, stop: StopFacts | None, row: Row | None) -> Facts:
        whole = read_facts(job.workdir / FACTS_FILE)
        facts = whole or read_facts(job.workdir / PARTIAL_FILE) or Facts(target=job.target, started_at=began)
        changes: dict[str, object] = {}
        if whole is None:
            changes["probe_failure"] = facts.probe_failure or death
            changes["credits"] = facts.credits.model_copy(update={"estimate": self._cost(job)})
        if facts.session_id is None and row is not None and row.session_id is not None:
            changes["session_id"] = row.session_id
        told_by_child = facts.stop.stopped  # it may have stopped what the ledger could not be told of
        if stop is not None and not (told_by_child and not stop.stopped):
            changes["stop"] = stop.model_copy(update={"unheard": stop.unheard or facts.stop.unheard})
        elif whole is None and row is not None and row.state is State.stopped:
            changes["stop"] = StopFacts(needed=True, stopped=True, by="check")
        return facts.model_copy(update=changes)


def _with_clip(checked: Checked, workdir: Path) -> Checked:
    """The same with its clip, or with a note that says why there is none."""
    from liveavatar_ops.health.recording_clip import NoClip, make_clip  # noqa: PLC0415 -- few ask for one

    path = workdir / "clip.mp4"
    try:
        make_clip(workdir, checked.facts, path)
        return replace(checked, clip=path.read_bytes())
    except NoClip as why:
        notes = (*checked.facts.notes, str(why))
        return replace(checked, facts=checked.facts.model_copy(update={"notes": notes}))
