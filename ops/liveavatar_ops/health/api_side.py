"""
The check's conversation with LiveAvatar's API: look, mint, start, keep alive, stop.

What is measured is sent once; what cleans up is repeated. Every step of a session is in the ledger
before the call that makes it true.
"""

import contextlib
import time
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from liveavatar_ops.health.facts import Depth, StopFacts
from liveavatar_ops.health.job import API_TIMEOUT_S, Job
from liveavatar_ops.health.ledger import Ledger, LedgerError, Row
from liveavatar_ops.health.notebook import Notebook, StepRefused
from liveavatar_ops.health.references import Reference, price, references
from liveavatar_ops.health.stopping import ANSWERED_SETTLES_S, SETTLED_AFTER_S, close_row
from pulumi_liveavatar.api.account import Account
from pulumi_liveavatar.api.avatars import Avatars
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.connectors import CONNECTORS
from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.errors import Invalid, LiveAvatarError, NotThere, Refused, ServerFault
from pulumi_liveavatar.api.secrets import Secrets
from pulumi_liveavatar.api.sessions import Sessions, Started
from pulumi_liveavatar.api.voices import Voices
from pulumi_liveavatar.settings import Settings
from pulumi_liveavatar.text import scrub, shorten

Found = TypeVar("Found")
GOOD_AVATAR_STATUS = (None, "ACTIVE")


def probing(settings: Settings) -> Settings:
    """Settings for calls that are measured: sent once, with a time limit of their own."""
    limit = min(settings.timeout_s, API_TIMEOUT_S)
    return settings.model_copy(update={"max_attempts": 1, "timeout_s": limit})


def cleaning(settings: Settings) -> Settings:
    """Settings for stopping: short calls, which close_row repeats."""
    return settings.model_copy(update={"max_attempts": 1, "timeout_s": min(settings.timeout_s, 6.0)})


class ApiSide:
    """One check's calls. Used from one thread at a time; `sleep` is a seam."""

    def __init__(
        self,
        job: Job,
        notebook: Notebook,
        ledger: Ledger,
        settings: Settings,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._job = job
        self._notes = notebook
        self._ledger = ledger
        self._settings = settings
        self._sleep = sleep
        self._client = LiveAvatarClient(probing(settings))
        self._may_be_open = False
        self._row: Row | None = None
        self._cleaner: LiveAvatarClient | None = None

    def look(self) -> None:
        """Depth api: is the key good, what is left on the account, does everything named exist."""
        self._notes.credits["minute"] = price(self._job.body, 60)
        self._notes.credits["before"] = self._notes.call("credits", Account(self._client).credits)
        for reference in references(self._job.body):
            self._notes.call(reference.kind, lambda it=reference: self._find(it))  # type: ignore[misc] # a loop variable bound on purpose

    def _find(self, wanted: Reference) -> None:
        match wanted.kind:
            case "avatar":
                self._find_avatar(wanted)
            case "secret":
                self._find_secret(wanted)
            case "context":
                self._find_context(wanted)
            case "voice":
                self._or_missing(wanted, lambda: Voices(self._client).get(wanted.id))

    def _find_avatar(self, wanted: Reference) -> None:
        found = Avatars(self._client).find(wanted.id)
        if found is None:
            raise missing(wanted)
        if found.is_expired or found.status not in GOOD_AVATAR_STATUS:
            state = "has expired" if found.is_expired else f"is {shorten(scrub(str(found.status), ()), 60)}"
            raise Invalid(
                f"Avatar {wanted.id} cannot be used: it {state}",
                why=shorten(scrub(found.error_message or "", ())),
                next_step="Choose another avatar_id, or mend this one in the LiveAvatar dashboard",
                status=200,
            )

    def _find_secret(self, wanted: Reference) -> None:
        held = next((each for each in Secrets(self._client).list() if each.id == wanted.id), None)
        if held is None:
            raise missing(wanted)
        needed = CONNECTORS.get(wanted.place.partition(".")[0])
        if needed and held.secret_type and held.secret_type != needed:
            raise Invalid(
                f"LiveAvatar secret {wanted.id} cannot be used as {wanted.place}",
                why=f"It is of type {held.secret_type}, and this connector needs {needed}",
                status=200,
            )

    def _find_context(self, wanted: Reference) -> None:
        context = self._or_missing(wanted, lambda: Contexts(self._client).get(wanted.id))
        if context.opening_text:
            self._notes.target = self._notes.target.model_copy(update={"speaks_first": True})

    def _or_missing(self, wanted: Reference, get: Callable[[], Found]) -> Found:
        try:
            return get()
        except NotThere:
            raise missing(wanted) from None

    def open(self) -> Started:
        """Depth session: mint and start. The caller must `close`, whatever this raises."""
        sessions = Sessions(self._client)
        minted = self._notes.call("token", lambda: sessions.mint(self._job.body))
        self._ledger.minted(self._job.check_id, minted.session_id)
        self._notes.session_id = minted.session_id
        self._ledger.starting(self._job.check_id)
        self._may_be_open = True
        try:
            started = self._notes.call("start", lambda: sessions.start(minted.session_token))
        except StepRefused:
            if self._was_refused_for_certain():
                self._may_be_open = False
                self._ledger.void(self._job.check_id, "start was refused, so nothing was opened")
            raise
        self._note_longest(started)
        self._ledger.started(self._job.check_id)
        self._row = self._ledger.get(self._job.check_id)
        # Before the room is joined, which may take a proxy out of the environment (media_proxy).
        self._cleaner = self._cleaning_client()
        return started

    def _note_longest(self, started: Started) -> None:
        known = (self._notes.target.max_session_duration_s, started.max_session_duration)
        longest_s = min((each for each in known if each is not None), default=None)
        self._notes.target = self._notes.target.model_copy(update={"max_session_duration_s": longest_s})

    def _was_refused_for_certain(self) -> bool:
        refusal = self._notes.refusal
        certain = {kind.__name__ for kind in Refused.__subclasses__()} - {ServerFault.__name__}
        return refusal is not None and refusal.error in certain

    def _start_was_answered(self) -> bool:
        step = self._notes.facts().step("start")
        return step is not None and step.status is not None

    def keep_alive(self) -> None:
        """One keep-alive; a refusal is a note, not the end of the check."""
        try:
            Sessions(self._client).keep_alive(self._notes.session_id or "")
        except LiveAvatarError as why:
            self._notes.notes.append(f"keep-alive was refused: {why}")

    def close(self) -> None:
        """Stop what may be open, and write down what that took. Never raises."""
        row = self._row_to_close()
        if row is None or not self._may_be_open:
            self._ledger.void(self._job.check_id, "no session was opened")
            return
        settled_after_s = ANSWERED_SETTLES_S if self._start_was_answered() else SETTLED_AFTER_S
        with self._cleaner or self._cleaning_client() as client:
            outcome = close_row(
                self._ledger, row, Sessions(client).stop, sleep=self._sleep, settled_after_s=settled_after_s
            )
        self._notes.stop = StopFacts(
            needed=True,
            stopped=outcome.closed,
            by="check" if outcome.closed else None,
            took_s=round(outcome.took_s, 4),
            sentence=None if outcome.closed else outcome.sentence,
            unheard=outcome.unheard,
        )
        if outcome.unkept:
            self._notes.notes.append(outcome.sentence)
        self._note_cost(nothing=outcome.never_was)

    def _cleaning_client(self) -> LiveAvatarClient:
        return LiveAvatarClient(cleaning(self._settings), sleep=self._sleep)

    def _row_to_close(self) -> Row | None:
        """As the ledger has it; where that cannot be read any more, as it last was: the session must end."""
        try:
            return self._ledger.get(self._job.check_id)
        except LedgerError:
            if self._row is None:
                raise
            return self._row

    def _note_cost(self, *, nothing: bool) -> None:
        start = self._notes.facts().step("start")
        open_for = self._notes.now_s() - start.started_s if start else 0.0
        spent = Decimal(0) if nothing else price(self._job.body, open_for)
        self._notes.credits["estimate"] = spent
        with contextlib.suppress(LedgerError):  # the row's own reckoning stands
            self._ledger.spent(self._job.check_id, float(spent))
        try:
            self._notes.credits["after"] = Account(self._client).credits()
        except LiveAvatarError:
            self._notes.notes.append("the credits left after the check could not be read")

    def run(self) -> Started | None:
        """Everything before the room that this depth asks for; the open session's room, if there is one."""
        self.look()
        return self.open() if self._job.target.depth.includes(Depth.SESSION) else None


def missing(wanted: Reference) -> NotThere:
    """The error for an id in the template that the account does not have."""
    return NotThere(
        f"LiveAvatar has no {wanted.kind} {wanted.id}",
        why=f"{wanted.place} of the session template names it",
        next_step=f"Correct {wanted.place}, or run `pulumi refresh` and `pulumi up`",
        status=404,
    )
