"""
Renews the leases of running checks, in a thread of its own: a busy event loop must not lose them.

A lease that is not ours any more, or could not be renewed for its whole life, is lost: somebody else
may be checking by now, so our check is told to end.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log, fault_of, faults

TIMES_A_TTL = 3


class Keeper:
    """Holds what it is given until told to let go. `lost` is called from the thread, once for each."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        *,
        lost: Callable[[int], object],
        log: Log,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._db = database
        self._leases = leases
        self._lost = lost
        self._faults = faults(log)
        self._now = now
        self._held: dict[int, tuple[str, float]] = {}  # token: the lease's name, when it was certainly ours
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def hold(self, name: str, token: int) -> None:
        """Renew this one from now on."""
        with self._guard:
            self._held[token] = (name, self._now())

    def let_go(self, token: int) -> None:
        """Renew it no longer; it was given back, or is lost."""
        with self._guard:
            self._held.pop(token, None)

    def stop(self) -> None:
        """End the thread; leases that are still held run out by themselves."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def renew_all(self) -> None:
        """One round over everything that is held."""
        with self._guard:
            held = dict(self._held)
        fault: Exception | None = None
        for token, (name, sure_at) in held.items():
            now = self._now()
            try:
                with self._db.writing() as db:
                    ours = self._leases.renew(db, name, token, now)
            except Exception as why:  # noqa: BLE001 (whatever keeps one from being renewed, the others are)
                ours = now < sure_at + self._leases.ttl_s  # a full disk may pass before the lease does
                fault = fault if isinstance(why, StoreError) else why
            else:
                sure_at = now  # noqa: PLW2901 (the newer moment is the one to keep)
            self._keep_or_lose(token, name, sure_at, ours=ours)
        self._tell(fault)

    def _keep_or_lose(self, token: int, name: str, sure_at: float, *, ours: bool) -> None:
        with self._guard:
            if token not in self._held:
                return  # let go meanwhile
            if ours:
                self._held[token] = (name, sure_at)
                return
            del self._held[token]
        self._lost(token)

    def _run(self) -> None:
        while not self._over.wait(self._leases.ttl_s / TIMES_A_TTL):
            try:
                self.renew_all()
            except Exception as fault:  # noqa: BLE001 (without this thread every check loses its lease)
                self._tell(fault)

    def _tell(self, fault: Exception | None) -> None:
        with suppress(Exception):  # leases are renewed also where nobody can be told
            if fault is None:
                self._faults.works("leases")
            else:
                self._faults.fails("leases", fault_of(fault))
