"""
Stops a probe session for certain, or says loudly that it could not.

Measuring is never repeated, cleaning up is: a stop that was sent twice does no harm, one that was
never heard bills. "Session not found" closes the matter only if `start` cannot be on its way any
more; otherwise the session could still come to be after we looked.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from liveavatar_ops.health.ledger import Ledger, LedgerError, Row, State
from pulumi_liveavatar.api.errors import BadCredentials, LiveAvatarError, NotThere, Unreachable
from pulumi_liveavatar.text import scrub, shorten

ATTEMPTS = 4
FIRST_PAUSE_S = 0.25
SETTLED_AFTER_S = (
    25.0  # a start may be answered after 20 s; sent this long ago it was acted on or never will be
)
ANSWERED_SETTLES_S = 6.0  # the same where the service has answered, though with a fault of its own
SETTLING_PAUSE_S = 1.0
JANITOR = "liveavatar-ops health janitor"
_OTHER_KEY = f"Export the LIVEAVATAR_API_KEY that the session was started with, then run `{JANITOR}`"


@dataclass(frozen=True)
class StopOutcome:
    """Whether nothing is left open, and one sentence about how that is known."""

    closed: bool
    sentence: str
    unkept: bool = False
    """The session is over, and the ledger could not be told."""
    unheard: bool = False
    """A stop call was not answered at all."""
    took_s: float = 0.0
    """Stop calls until the first that was heard, without our pauses."""
    never_was: bool = False
    """No session came of the start, as far as the service knew until one could not come any more."""


class _Timed:
    """The stop call, with the time that it took until it was heard."""

    def __init__(self, stop: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._stop, self._clock = stop, clock
        self._heard = False
        self.took_s = 0.0

    def __call__(self, session_id: str) -> None:
        if self._heard:
            return self._stop(session_id)
        begun = self._clock()
        try:
            self._stop(session_id)
            self._heard = True
        except NotThere:
            self._heard = True
            raise
        finally:
            self.took_s += self._clock() - begun


def close_row(
    ledger: Ledger,
    row: Row,
    stop: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
    attempts: int = ATTEMPTS,
    settled_after_s: float = SETTLED_AFTER_S,
    again: str = f"Run `{JANITOR}` now",
) -> StopOutcome:
    """
    Bring one open row to its end; `stop` sends the API's stop for a session id, with the API key.

    Never raises for what the API answers: the row stays open and the sentence names what to do
    (`again`, where only trying again can help). A start without an answer is waited for: until
    `settled_after_s` from its sending the session may still come to be, and is stopped again.
    """
    if row.session_id is None:
        ledger.void(row.check_id, "no session id was ever learnt; a token alone bills nothing")
        return StopOutcome(True, "no session had been started")
    session_id, timed = row.session_id, _Timed(stop, clock)
    why, tried, unheard, never_was = "", 0, False, row.state is State.starting
    while tried < attempts:
        try:
            timed(session_id)
            note, never_was = "stopped", False
        except NotThere:
            note = "was already over"
        except Exception as refused:  # noqa: BLE001 -- whatever broke, it is said that the session may be open
            why, tried = _words(refused), tried + 1
            unheard = unheard or isinstance(refused, Unreachable)
            if isinstance(refused, BadCredentials):
                again = _OTHER_KEY
                break
            if tried == attempts:
                break
            sleep(FIRST_PAUSE_S * 2**tried)
            continue
        if _may_still_come(row, now(), settled_after_s):
            sleep(SETTLING_PAUSE_S)
            continue
        try:
            ledger.stopped(row.check_id, note, credits_spent=0.0 if never_was else None)
        except LedgerError as why_not:
            said = f"session {session_id} {note}; {_unkept(why_not)}"
            return StopOutcome(True, said, unkept=True, unheard=unheard, took_s=timed.took_s)
        said = f"session {session_id} {note}"
        return StopOutcome(True, said, unheard=unheard, took_s=timed.took_s, never_was=never_was)
    ledger.stop_failed(row.check_id, why)
    return StopOutcome(
        False,
        f"LiveAvatar session {session_id} may still be open and billing: it could not be stopped ({why}) "
        f"{again}; without that the service ends the session after about 200 s.",
        unheard=unheard,
        took_s=timed.took_s,
    )


def _words(why: Exception) -> str:
    return str(why) if isinstance(why, LiveAvatarError) else f"{shorten(scrub(repr(why), ()), 200)}."


def _unkept(why: LedgerError) -> str:
    """What follows for a reader when an end could not be written down: the row stays open."""
    return f"the ledger does not know of it ({why}) Run `{JANITOR}` once it can be written"


def _may_still_come(row: Row, now: float, settled_after_s: float) -> bool:
    if row.state is not State.starting or row.starting_at is None:
        return False
    return 0 <= now - row.starting_at < settled_after_s
