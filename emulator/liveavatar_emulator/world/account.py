"""Credits and concurrency of the one account that the emulator has."""

from collections.abc import Callable
from decimal import Decimal

from pydantic import BaseModel

from liveavatar_emulator.refusal import Refusal
from liveavatar_emulator.store import Store
from liveavatar_emulator.world.records import Mode

# LiveAvatar API facts §4: LITE (connector included) 1 a minute, FULL 2; sandbox 0.
CREDITS_A_MINUTE: dict[Mode, Decimal] = {"LITE": Decimal(1), "FULL": Decimal(2)}
SANDBOX_MAX_S = 60
MOST_CREDITS = 10**9  # far beyond any plan, and still exact to the last minute


class Plan(BaseModel):
    """What the account bought. The defaults are the Scale row of LiveAvatar API facts §4."""

    credits: Decimal = Decimal(5000)
    concurrency: int = 40
    max_session_duration: int = 3600


class Account:
    """Credits left and sessions allowed at once; both survive a restart."""

    def __init__(self, store: Store, plan: Plan) -> None:
        self._store = store
        self.plan = plan

    @property
    def credits_left(self) -> Decimal:
        """Credits left, as a decimal number."""
        return Decimal(self._store.setting("credits") or self.plan.credits)

    @property
    def concurrency(self) -> int:
        """How many sessions may be active at once."""
        return int(self._store.setting("concurrency") or self.plan.concurrency)

    def set(self, *, credits_left: Decimal | None = None, concurrency: int | None = None) -> None:
        """Change the account by hand (admin only)."""
        if credits_left is not None:
            self._store.remember("credits", str(credits_left))
        if concurrency is not None:
            self._store.remember("concurrency", str(concurrency))

    def reset(self) -> None:
        """Back to what the plan gives."""
        self.set(credits_left=self.plan.credits, concurrency=self.plan.concurrency)

    def longest(self, *, sandbox: bool) -> int:
        """The longest session allowed, in seconds (LiveAvatar API facts §4, Sandbox and plans)."""
        return SANDBOX_MAX_S if sandbox else self.plan.max_session_duration

    def price(self, mode: Mode, *, sandbox: bool) -> Decimal:
        """Credits for one minute."""
        return Decimal(0) if sandbox else CREDITS_A_MINUTE[mode]

    def demand_credits(self, price: Decimal, *, pretend_none: bool = False) -> None:
        """A minute's worth must be there before a session starts (LiveAvatar API facts §1.3, code 4033)."""
        if pretend_none or self.credits_left < price:
            raise Refusal(403, "Insufficient credits to start a session", code=4033)

    def demand_room(self, active: Callable[[], int], *, pretend_full: bool = False) -> None:
        """One more session must fit (LiveAvatar API facts §1.3, code 4003)."""
        if pretend_full or active() >= self.concurrency:
            raise Refusal(403, "Session concurrency limit reached", code=4003)

    def take(self, price: Decimal) -> bool:
        """Charge one minute; False, and nothing taken, if it cannot be paid."""
        left = self.credits_left
        if left < price:
            return False
        if price:
            self._store.remember("credits", str(left - price))
        return True

    def give_back(self, amount: Decimal) -> None:
        """Refund what was held for a session that never came up (LiveAvatar API facts §4, Credits)."""
        if amount:
            self._store.remember("credits", str(self.credits_left + amount))
