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


def close_row(
    ledger: Ledger,
    row: Row,
    stop: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
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
    session_id = row.session_id
    why, tried, unheard = "", 0, False
    while tried < attempts:
        try:
            stop(session_id)
            note = "stopped"
        except NotThere:
            note = "was already over"
        except LiveAvatarError as refused:
            why, tried = str(refused), tried + 1
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
            ledger.stopped(row.check_id, note)
        except LedgerError as why_not:
            said = f"session {session_id} {note}; {_unkept(why_not)}"
            return StopOutcome(True, said, unkept=True, unheard=unheard)
        return StopOutcome(True, f"session {session_id} {note}", unheard=unheard)
    ledger.stop_failed(row.check_id, why)
    return StopOutcome(
        False,
        f"LiveAvatar session {session_id} may still be open and billing: it could not be stopped ({why}) "
        f"{again}; without that the service ends the session after about 200 s.",
        unheard=unheard,
    )


def _unkept(why: LedgerError) -> str:
    """What follows for a reader when an end could not be written down: the row stays open."""
    return f"the ledger does not know of it ({why}) Run `{JANITOR}` once it can be written"


def _may_still_come(row: Row, now: float, settled_after_s: float) -> bool:
    if row.state is not State.starting or row.starting_at is None:
        return False
    return 0 <= now - row.starting_at < settled_after_s
