"""What becomes of letters in the outbox: one message for one channel each. In the caller's transaction."""

import json
import sqlite3

from liveavatar_ops.schedule import states, store
from liveavatar_ops.schedule.notify.message import Message

UNSENT = "sent_at IS NULL AND given_up IS NULL"


def post(db: sqlite3.Connection, channel: str, message: Message, now: float) -> None:
    """Lay it in the outbox, unless the channel was told just that before or will be."""
    if message.event == "state" and _last_word(db, channel, message.target) == message.now:
        return
    store.post(db, channel, message.target, message.model_dump(mode="json"), now)


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


def not_told(db: sqlite3.Connection, message: Message) -> None:
    """People still believe what they did before this message, so that it is told anew if it still holds."""
    known = store.all_known(db).get(message.target)
    if known is not None and known.state.told is message.now:
        store.keep(db, message.target, states.still_told(known.state, message.before))


def _last_word(db: sqlite3.Connection, channel: str, target: str) -> str | None:
    row = db.execute(
        "SELECT message FROM outbox WHERE channel = ? AND target = ? AND given_up IS NULL"
        " ORDER BY id DESC LIMIT 1",
        (channel, target),
    ).fetchone()
    return None if row is None else str(json.loads(row["message"])["now"])
