"""
Closes what a killed demo left in its own ledger.

Its sessions lived in an emulator that died with it, and the next emulator listens on another port: nobody can
ever be asked about them. That is known only of the demo's ledger, and only while no other demo runs.
"""

from collections.abc import Callable
from pathlib import Path

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import Liveness, Owner, liveness

NOTE = "the demo was killed, and the emulator that held this session died with it"


def close_lost_sessions(ledger: Path, *, alive: Callable[[Owner], Liveness] = liveness) -> int:
    """Close the open rows of checks that are dead; returns how many. LedgerError if it cannot be used."""
    held = Ledger(ledger)
    lost = [
        row
        for row in held.open_rows()
        if all(alive(who) is Liveness.dead for who in (row.parent, row.child) if who is not None)
    ]
    for row in lost:
        held.void(row.check_id, NOTE)
    return len(lost)
