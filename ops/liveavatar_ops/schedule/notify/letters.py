"""What becomes of letters in the outbox: one message for one channel each. In the caller's transaction."""

import sqlite3

from liveavatar_ops.schedule.notify.message import Message

MOST_ATTEMPTS = 288  # a day of the longest pauses: a receiver that is away for a night misses nothing
UNSENT = "sent_at IS NULL AND given_up IS NULL"


def first_of_each_target(db: sqlite3.Connection, channel: str) -> list[sqlite3.Row]:
    """The oldest unsent letter of each target, the oldest of them first."""
    return db.execute(
        f"SELECT *, min(id) FROM outbox WHERE channel = ? AND {UNSENT} GROUP BY target ORDER BY id",  # noqa: S608 (our own words)
        (channel,),
    ).fetchall()


def newest_instead(db: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row:
    """The newest unsent letter of the same channel and target; those before it are gone then."""
    same = (row["channel"], row["target"])
    newest: sqlite3.Row = db.execute(
        f"SELECT * FROM outbox WHERE channel = ? AND target = ? AND {UNSENT} ORDER BY id DESC LIMIT 1",  # noqa: S608 (as above)
        same,
    ).fetchone()
    db.execute(
        f"DELETE FROM outbox WHERE channel = ? AND target = ? AND {UNSENT} AND id < ?",  # noqa: S608 (as above)
        (*same, newest["id"]),
    )
    return newest


def put_off(db: sqlite3.Connection, number: int, attempts: int, until: float) -> None:
    """So many attempts were made or begun; the next one is at `until`."""
    db.execute("UPDATE outbox SET attempts = ?, try_at = ? WHERE id = ?", (attempts, until, number))


def arrived(db: sqlite3.Connection, number: int, now: float) -> None:
    """It is not sent again."""
    db.execute("UPDATE outbox SET sent_at = ? WHERE id = ?", (now, number))


def lost(db: sqlite3.Connection, number: int, why: str) -> None:
    """It is given up."""
    db.execute("UPDATE outbox SET given_up = ? WHERE id = ?", (why, number))


def in_vain(db: sqlite3.Connection, target: str) -> list[tuple[str, Message]]:
    """
    (channel, message) where a channel's newest about this target was tried to the last and reached nobody.

    One that the receiver refused for good is not among them: it would be refused again.
    """
    rows = db.execute(
        "SELECT channel, message, given_up, attempts, max(id) FROM outbox WHERE target = ? GROUP BY channel",
        (target,),
    ).fetchall()
    return [
        (row["channel"], Message.model_validate_json(row["message"]))
        for row in rows
        if row["given_up"] is not None and row["attempts"] >= MOST_ATTEMPTS
    ]
