"""Switches a SQLite file to its write-ahead log, also while others make and switch the same new file."""

import sqlite3
import time

BUSY_S = 20.0
PAUSE_S = 0.02


def write_ahead(db: sqlite3.Connection, *, within_s: float = BUSY_S) -> None:
    """
    Nothing to do from the second time on. Raises sqlite3.OperationalError if it stays locked for so long.

    The switch needs the file for itself and, where two want that, fails at once: SQLite's own time-out does
    not hold for it, as each might wait for the other.
    """
    give_up_at = time.monotonic() + within_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as why:
            busy = why.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > give_up_at:
                raise
            time.sleep(PAUSE_S)
        else:
            return
