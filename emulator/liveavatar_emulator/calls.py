"""Remembers which calls came in, so that tests and users can count them. Never headers, never bodies."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

_KEPT = 20_000


@dataclass
class Call:
    """One call: ``status`` is None while it runs or when no answer was sent."""

    at: float
    method: str
    path: str
    status: int | None = None
    fault: str | None = None


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: deque[Call] = deque(maxlen=_KEPT)

    def begin(self, method: str, path: str) -> Call:
        """Note a call that has come in; its status is filled in later."""
        call = Call(self._clock(), method, path)
        self._calls.append(call)
        return call

    def listed(self) -> list[dict[str, object]]:
        """All remembered calls."""
        return [asdict(call) for call in self._calls]

    def clear(self) -> None:
        """Forget them."""
        self._calls.clear()
