"""How fast a watcher moves, beside what its configuration says."""

from dataclasses import dataclass

from liveavatar_ops.schedule.plan import CUSTOMERS_S


@dataclass(frozen=True)
class Pace:
    """How the watcher moves, in seconds. Tests are quicker."""

    look_s: float = 5.0
    """How often to look at what other watchers did."""
    grace_s: float = 60.0
    """For a check that was asked to end: it stops its session first."""
    chores_s: float = 10.0
    """How often to send, to export and to look for blindness."""
    soonest_s: float = 60.0
    """However many checks complain of their configuration, the engine is not asked more often than this."""
    customers_s: float = CUSTOMERS_S
    """However often it looks, the account is not asked for its open sessions more often than this."""


ORDINARY = Pace()
