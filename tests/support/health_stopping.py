"""What tests of stopping share: a stop call with its own answers, time that sleeps, rows of the dead."""

from collections.abc import Callable

from liveavatar_ops.health.ledger import Ledger, State
from liveavatar_ops.health.owner import this_process
from pulumi_liveavatar.api.errors import NotThere

API = "http://127.0.0.1:9"


class Api:
    """The stop call: answers from a queue, then as the service does; remembers what was asked."""

    def __init__(self, *answers: Exception, open_sessions: tuple[str, ...] = ("session-1",)) -> None:
        self.answers = list(answers)
        self.open = set(open_sessions)
        self.asked: list[str] = []

    def stop(self, session_id: str) -> None:
        self.asked.append(session_id)
        if self.answers:
            raise self.answers.pop(0)
        if session_id not in self.open:
            raise NotThere("LiveAvatar did not stop", why="Session not found", status=404)
        self.open.remove(session_id)


class Clock:
    """Time that only passes by sleeping."""

    def __init__(self, on_sleep: Callable[[], None] = lambda: None) -> None:
        self.at = 1000.0
        self.on_sleep = on_sleep

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.on_sleep()


def begin(
    ledger: Ledger,
    state: State,
    check_id: str = "check-1",
    session_id: str = "session-1",
    *,
    rate: float | None = None,
) -> None:
    """Bring a row to a state, as a check would that died right after it."""
    ledger.plan(check_id, target="desk", api_url=API, parent=this_process(), deadline_at=5000.0, rate=rate)
    steps = {
        State.minted: lambda: ledger.minted(check_id, session_id),
        State.starting: lambda: ledger.starting(check_id),
        State.started: lambda: ledger.started(check_id),
    }
    order = [State.planned, *steps]
    for step in order[1 : order.index(state) + 1]:
        steps[step]()
