"""The janitor beside the watch: sessions that a killed check left open are stopped."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from liveavatar_ops.schedule.log import Log
from pulumi_liveavatar.settings import Settings

JANITOR = (sys.executable, "-m", "liveavatar_ops.health", "janitor")
JANITOR_S = 120.0
NO_NEWS = ("No probe session is open.", "its check is still running")  # what the janitor says of a good day


class Sweeper:
    """
    Called in a thread, at the start and after every takeover: it may take minutes where LiveAvatar does not
    answer. The janitor is given the watcher's key and address, wherever those came from.
    """

    def __init__(self, janitor: Sequence[str], log: Log, settings: Settings | None = None) -> None:
        self._janitor = list(janitor)
        self._log = log
        self._settings = settings
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._over = False

    def __call__(self) -> None:
        """One round of the janitor; what it did is in the log."""
        try:
            child = self._begin()
        except OSError as why:
            self._log.say("watcher.janitor_failed", why=type(why).__name__)
            return
        if child is None:
            return
        try:
            out, err = child.communicate(timeout=JANITOR_S)
        except subprocess.TimeoutExpired as why:
            child.kill()
            child.communicate()
            self._log.say("watcher.janitor_failed", why=type(why).__name__)
            return
        finally:
            with self._guard:
                self._running.discard(child)
        for line in (out + err).splitlines():
            if line.strip() and not any(mark in line for mark in NO_NEWS):
                self._log.say("watcher.janitor", said=line.strip())

    def end(self) -> None:
        """No janitor runs from now on: what it did not get to stays in the ledger for the next one."""
        with self._guard:
            self._over = True
            for child in self._running:
                child.kill()

    def _begin(self) -> "subprocess.Popen[str] | None":
        with self._guard:
            if self._over:
                return None
            child = subprocess.Popen(
                self._janitor, env=self._environment(), encoding="utf-8", errors="replace",
                start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            self._running.add(child)
            return child

    def _environment(self) -> dict[str, str]:
        if self._settings is None:
            return dict(os.environ)
        key = self._settings.api_key.get_secret_value()
        return {**os.environ, "LIVEAVATAR_API_KEY": key, "LIVEAVATAR_API_URL": self._settings.api_url}
