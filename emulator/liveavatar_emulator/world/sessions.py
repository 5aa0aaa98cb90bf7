"""Rules for sessions: token, start, keep-alive, stop, and the ends that come by themselves (§2.9, §3.6)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from liveavatar_emulator.refusal import Refusal, missing
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.account import Account
from liveavatar_emulator.world.records import EndReason, Line, SessionRecord
from liveavatar_emulator.world.references import References, Wanted, read_request

State = Literal["minted", "active", "ended"]


@dataclass(frozen=True)
class Patience:
    """
    How long the service waits, in seconds (LiveAvatar API facts §3.6).

    ``abandoned_s``: no user in the room and no keep-alive: ``ZOMBIE_SESSION_REAP`` (measured 194 and 210).
    ``idle_s``: a user in the room, but no keep-alive and no word: ``IDLE_TIMEOUT`` (5 minutes by the docs).
    """

    abandoned_s: float = 200.0
    idle_s: float = 300.0


class Sessions:
    """Every session there was, with the rules of its life."""

    def __init__(
        self,
        store: Store,
        account: Account,
        references: References,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        patience: Patience,
    ) -> None:
        self._records = store.shelf("session", SessionRecord)
        self._account = account
        self._references = references
        self._clock = clock
        self._new_id = new_id
        self.patience = patience

    def mint(self, request: dict[str, object]) -> SessionRecord:
        """
        Freeze a request into a session to be started.

        Only the duration is checked here, references at start (LiveAvatar API facts §1.3, §3.1 step 2).
        """
        wanted = read_request(request)
        longest = self._account.longest(sandbox=wanted.is_sandbox)
        if wanted.max_session_duration is not None and wanted.max_session_duration > longest:
            raise Refusal(400, f"max_session_duration exceeds the maximum allowed ({longest}s)")
        now = self._clock()
        return self._records.put(
            SessionRecord(
                id=self._new_id(),
                request=request,
                mode=wanted.mode,
                avatar_id=wanted.avatar_id,
                context_id=wanted.context_id,
                is_sandbox=wanted.is_sandbox,
                max_session_duration=wanted.max_session_duration or longest,
                created_at=now,
                updated_at=now,
            )
        )

    def start(self, session_id: str, *, pretend: Collection[str] = ()) -> tuple[SessionRecord, Wanted]:
        """
        Begin a session: references, then credits, then concurrency; the clock and the bill run from here.

        Sources: LiveAvatar API facts §1.3, §3.1, §3.7. ``pretend`` holds ``no_credits`` or ``concurrency``
        when a fault asks for that refusal. That a session starts only once is the emulator's assumption.
        """
        session = self.get(session_id)
        if session.state != "minted":
            done = "has ended" if session.state == "ended" else "is already started"
            raise Refusal(400, f"Session {done}")
        wanted = read_request(session.request)
        self._references.check(wanted)
        price = self._account.price(session.mode, sandbox=session.is_sandbox)
        self._account.demand_credits(price, pretend_none="no_credits" in pretend)
        self._account.demand_room(lambda: len(self.active()), pretend_full="concurrency" in pretend)
        self._account.take(price)
        now = self._clock()
        return self._change(
            session,
            state="active",
            started_at=now,
            sign_of_life_at=now,
            minutes_charged=1,
            credits_consumed=str(price),
        ), wanted

    def get(self, session_id: str) -> SessionRecord:
        """One session; 404 if unknown (LiveAvatar API facts §1.3)."""
        found = self._records.get(session_id)
        if found is None:
            raise missing("Session")
        return found

    def in_state(self, *states: State) -> list[SessionRecord]:
        """Sessions in these states, newest first."""
        return [one for one in self._records.newest_first() if one.state in states]

    def active(self) -> list[SessionRecord]:
        """Sessions that run and are billed."""
        return self.in_state("active")

    def end(self, session_id: str, reason: EndReason) -> SessionRecord:
        """End a session; the first reason stands, ending again is fine (stop is best effort, §2.9)."""
        session = self.get(session_id)
        if session.state == "ended":
            return session
        return self._change(
            session, state="ended", ended_at=self._clock(), end_reason=reason, user_present=False
        )

    def refund(self, session_id: str) -> None:
        """Give back the minute held for a session that never came up (LiveAvatar API facts §4, Credits)."""
        session = self.get(session_id)
        self._account.give_back(Decimal(session.credits_consumed))
        self._change(session, credits_consumed="0", minutes_charged=0)

    def keep_alive(self, session_id: str) -> None:
        """A sign of life from whoever holds the session (LiveAvatar API facts §3.6)."""
        session = self.get(session_id)
        if session.state != "active":
            raise Refusal(400, "Session is not active")
        self._change(session, sign_of_life_at=self._clock())

    def user_seen(self, session_id: str, *, present: bool) -> None:
        """The user came into the room, is still there, or left it."""
        session = self.get(session_id)
        if session.state == "active":
            self._change(session, user_present=present, sign_of_life_at=self._clock())

    def heard(self, session_id: str, role: Literal["user", "avatar"], text: str) -> None:
        """A line was spoken."""
        session = self.get(session_id)
        line = Line(role=role, text=text, at=self._clock())
        self._change(session, transcript=[*session.transcript, line], sign_of_life_at=self._clock())

    def bridged(self, session_id: str, state: str, detail: str) -> None:
        """The connector's link to the model changed its state, or has something to say of it."""
        self._change(self.get(session_id), bridge=state, bridge_detail=detail or None)

    def forget_events(self, session_id: str) -> None:
        """Hard-delete what was said (LiveAvatar API facts §2.9, ``DELETE …/events``)."""
        self._change(self.get(session_id), transcript=[])

    def due(self, *, closes_at_max: Callable[[str], bool] = lambda _: True) -> list[tuple[str, EndReason]]:
        """
        Charge every started minute, and name the sessions whose time has come (§3.6, §4 Credits).

        ``closes_at_max`` is false for sessions that overrun in silence, as was measured once (§6.12).
        """
        now = self._clock()
        found: list[tuple[str, EndReason]] = []
        for session in self.active():
            reason = self._why_over(session, now, closes_at_max(session.id))
            if reason is not None:
                found.append((session.id, reason))
        return found

    def end_left_over(self) -> list[SessionRecord]:
        """End what was running when the emulator died; its rooms are gone."""
        return [self.end(one.id, "SERVER_ERROR") for one in self.active()]

    def clear(self) -> None:
        """Forget all sessions."""
        self._records.clear()

    def _why_over(self, session: SessionRecord, now: float, closes_at_max: bool) -> EndReason | None:
        age = now - (session.started_at or now)
        quiet = now - session.sign_of_life_at
        if closes_at_max and age >= session.max_session_duration:
            return "MAX_DURATION_REACHED"
        if not session.user_present and quiet >= self.patience.abandoned_s:
            return "ZOMBIE_SESSION_REAP"
        if session.user_present and quiet >= self.patience.idle_s:
            return "IDLE_TIMEOUT"
        return None if self._charge(session, age) else "NO_CREDITS"

    def _charge(self, session: SessionRecord, age: float) -> bool:
        price = self._account.price(session.mode, sandbox=session.is_sandbox)
        while session.minutes_charged * 60 <= age:
            if not self._account.take(price):
                return False
            session = self._change(
                session,
                minutes_charged=session.minutes_charged + 1,
                credits_consumed=str(Decimal(session.credits_consumed) + price),
            )
        return True

    def _change(self, session: SessionRecord, **changes: object) -> SessionRecord:
        return self._records.put(session.model_copy(update={**changes, "updated_at": self._clock()}))
