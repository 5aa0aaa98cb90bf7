"""Opens the page's port; a spare watcher opens it when the watcher that has it is gone."""

import errno
import http.client
import threading
from collections.abc import Callable

from liveavatar_ops.schedule.page.server import HOST, PATIENCE_S, SERVER, StatusServer


class PortTaken(Exception):
    """The page's port cannot be had; the text says what to do."""


class Page:
    """The status page of one watcher. `make` gives a server, or OSError where its port cannot be had."""

    def __init__(self, make: Callable[[], StatusServer], *, port: int) -> None:
        self._make = make
        self._port = port
        self._guard = threading.Lock()
        self._server: StatusServer | None = None
        self._over = False

    @property
    def url(self) -> str | None:
        """Where the page is, None while another watcher has the port."""
        return self._server.url if self._server else None

    def open(self) -> None:
        """At the start: PortTaken where something has the port that is no watcher."""
        try:
            self.keep_open()
        except OSError as why:
            if why.errno != errno.EADDRINUSE or not _is_of_a_watcher(self._port):
                raise PortTaken(
                    f"The status page cannot be served on port {self._port}: {why.strerror}. "
                    "Leave --port out (or serve.port: 0) and a free one is picked and printed."
                ) from None

    def keep_open(self) -> None:
        """Open it if it is not; OSError as long as the port cannot be had."""
        with self._guard:
            if self._server is not None or self._over:
                return
            try:
                self._server = self._make()
            except OSError as why:
                raise OSError(why.errno, f"port {self._port}: {why.strerror}") from None
            self._server.start()

    def stop(self) -> None:
        """Close the port for good."""
        with self._guard:
            self._over = True
            if self._server is not None:
                self._server.stop()


def _is_of_a_watcher(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().headers.get("Server") == SERVER
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
