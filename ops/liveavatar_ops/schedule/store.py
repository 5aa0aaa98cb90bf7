"""What a watcher remembers of targets, runs and the account. Each call works in its caller's transaction."""

import json
import sqlite3
from dataclasses import dataclass

from liveavatar_ops.health.owner import Owner
from liveavatar_ops.schedule.plan import Backoff
from liveavatar_ops.schedule.result import Outcome
from liveavatar_ops.schedule.states import TargetState


@dataclass(frozen=True)
class Known:
    """One target: when it is due and what it is."""

    name: str
    due: float
    state: TargetState


@dataclass(frozen=True)
class RunRow:
    """One check, as the page shows it. `stage`: running, done, stopped (asked to end) or lost."""

    token: int
    target: str
    kind: str
    stage: str
    started_at: float
    ended_at: float | None
    credits: float | None
    verdict: str | None
    cause: str | None
    headline: str
    next_step: str
    first_frame_s: float | None
    fps: float | None
    longest_gap_s: float | None
    evidence: str | None
    sheet: str | None
    report: str | None


def meet(db: sqlite3.Connection, name: str, now: float) -> None:
    """A target is watched: due at once if it is new, as remembered if it is not."""
    db.execute(
        "INSERT OR IGNORE INTO targets (name, due, state, first_seen) VALUES (?, ?, ?, ?)",
        (name, now, TargetState(since=now).model_dump_json(), now),
    )


def known(db: sqlite3.Connection, name: str) -> Known:
    """One target that was met."""
    row = db.execute("SELECT * FROM targets WHERE name = ?", (name,)).fetchone()
    return _known(row)


def all_known(db: sqlite3.Connection) -> dict[str, Known]:
    """Every target that anybody ever watched, by name."""
    return {row["name"]: _known(row) for row in db.execute("SELECT * FROM targets")}


def keep(db: sqlite3.Connection, name: str, state: TargetState, due: float | None = None) -> None:
    """Remember a state, and if given when the target is due next."""
    db.execute(
        "UPDATE targets SET state = ?, due = coalesce(?, due) WHERE name = ?",
        (state.model_dump_json(), due, name),
    )


def bring_forward(db: sqlite3.Connection, name: str, latest: float) -> None:
    """A shorter interval in the configuration counts from now on, not after the old one."""
    db.execute("UPDATE targets SET due = min(due, ?) WHERE name = ?", (latest, name))


def begin_run(
    db: sqlite3.Connection, token: int, name: str, kind: str, now: float, *, reserved: float, if_lost: float
) -> None:
    """A check is about to be made; its credits are set aside by this row."""
    db.execute(
        "INSERT INTO runs (token, target, kind, stage, started_at, reserved, if_lost)"
        " VALUES (?, ?, ?, 'running', ?, ?, ?)",
        (token, name, kind, now, reserved, if_lost),
    )


def run_child(db: sqlite3.Connection, token: int, child: Owner) -> None:
    """The process of a run; the ledger's rows of the same process are ours."""
    db.execute("UPDATE runs SET child = ? WHERE token = ?", (child.model_dump_json(), token))


def end_run(db: sqlite3.Connection, token: int, now: float, outcome: Outcome) -> None:
    """A check is over. One that did not say what it cost is counted at its dearest."""
    db.execute(
        "UPDATE runs SET stage = 'done', ended_at = ?, credits = coalesce(?, iif(?, if_lost, reserved)),"
        " verdict = ?, cause = ?, headline = ?, next_step = ?, first_frame_s = ?, fps = ?, longest_gap_s = ?,"
        " evidence = ?, sheet = ?, report = ?"
        " WHERE token = ? AND stage = 'running'",
        (
            now, outcome.credits, outcome.cut_off, outcome.verdict.value, outcome.cause, outcome.headline,
            outcome.next_step, outcome.first_frame_s, outcome.fps, outcome.longest_gap_s, outcome.evidence,
            outcome.sheet, outcome.report, token,
        ),
    )  # fmt: skip


def stop_run(db: sqlite3.Connection, token: int, now: float, outcome: Outcome | None) -> None:
    """We ended it ourselves: it says nothing about the avatar, and its cost is counted as above."""
    credits_, cut_off = (outcome.credits, outcome.cut_off) if outcome else (None, False)
    db.execute(
        "UPDATE runs SET stage = 'stopped', ended_at = ?, credits = coalesce(?, iif(?, if_lost, reserved))"
        " WHERE token = ? AND stage = 'running'",
        (now, credits_, cut_off, token),
    )


def lose_run(db: sqlite3.Connection, token: int, now: float) -> None:
    """Nobody saw its end: it is counted with what a session costs that ends by itself."""
    db.execute(
        "UPDATE runs SET stage = 'lost', ended_at = ?, credits = if_lost"
        " WHERE token = ? AND stage = 'running'",
        (now, token),
    )


def never_ran(db: sqlite3.Connection, token: int) -> None:
    """The check's process could not even begin, so nothing was spent."""
    db.execute(
        "UPDATE runs SET stage = 'stopped', credits = 0, ended_at = started_at WHERE token = ?", (token,)
    )


def bring_back(db: sqlite3.Connection, now: float) -> None:
    """After the clock was set back: what happened happened by now, so that a run costs one day only."""
    db.execute(
        "UPDATE runs SET started_at = min(started_at, :now), ended_at = min(ended_at, :now)"
        " WHERE started_at > :now OR ended_at > :now",
        {"now": now},
    )
    db.execute("UPDATE targets SET first_seen = min(first_seen, ?)", (now,))


def spent_since(db: sqlite3.Connection, begin: float) -> float:
    """Credits of all runs that began since then; a running one counts with what is set aside."""
    row = db.execute(
        "SELECT total(coalesce(credits, reserved)) FROM runs WHERE started_at >= ?", (begin,)
    ).fetchone()
    return float(row[0])


def children_since(db: sqlite3.Connection, begin: float) -> list[Owner]:
    """The processes of our own runs since then."""
    rows = db.execute("SELECT child FROM runs WHERE started_at >= ? AND child IS NOT NULL", (begin,))
    return [Owner.model_validate_json(row["child"]) for row in rows]


def runs_of(db: sqlite3.Connection, name: str, *, last: int) -> list[RunRow]:
    """The newest runs of a target that are over or going on, oldest first."""
    rows = db.execute(
        "SELECT * FROM runs WHERE target = ? ORDER BY token DESC LIMIT ?", (name, last)
    ).fetchall()
    return [_run(row) for row in reversed(rows)]


def run_of(db: sqlite3.Connection, token: int) -> RunRow | None:
    """One run by its token."""
    row = db.execute("SELECT * FROM runs WHERE token = ?", (token,)).fetchone()
    return _run(row) if row else None


def backoff(db: sqlite3.Connection) -> Backoff:
    """How the account stands."""
    return Backoff.model_validate_json(db.execute("SELECT backoff FROM account").fetchone()[0])


def keep_backoff(db: sqlite3.Connection, value: Backoff) -> None:
    """Remember how the account stands."""
    db.execute("UPDATE account SET backoff = ?", (value.model_dump_json(),))


def told_day(db: sqlite3.Connection) -> str | None:
    """The last day on which the budget's end was told."""
    found = db.execute("SELECT told_day FROM account").fetchone()[0]
    return None if found is None else str(found)


def first_today(db: sqlite3.Connection, day: str) -> bool:
    """True once a day: whether the budget's end is still to be told."""
    return (
        db.execute(
            "UPDATE account SET told_day = ? WHERE told_day IS NULL OR told_day <> ?", (day, day)
        ).rowcount
        == 1
    )


def post(db: sqlite3.Connection, channel: str, target: str, message: dict[str, object], now: float) -> None:
    """Lay a message in the outbox; it is sent after the transaction, and again after a crash."""
    db.execute(
        "INSERT INTO outbox (at, channel, target, message, try_at) VALUES (?, ?, ?, ?, ?)",
        (now, channel, target, json.dumps(message), now),
    )


def lost_since(db: sqlite3.Connection, begin: float) -> int:
    """Messages given up since then; `try_at` is when they would have been tried again, minutes later."""
    row = db.execute("SELECT count(*) FROM outbox WHERE given_up IS NOT NULL AND try_at >= ?", (begin,))
    return int(row.fetchone()[0])


def forget(db: sqlite3.Connection, before: float) -> int:
    """Drop runs and sent messages that are older; returns how many runs."""
    db.execute("DELETE FROM outbox WHERE at < ? AND (sent_at IS NOT NULL OR given_up IS NOT NULL)", (before,))
    return db.execute("DELETE FROM runs WHERE started_at < ? AND stage <> 'running'", (before,)).rowcount


def _known(row: sqlite3.Row) -> Known:
    return Known(row["name"], row["due"], TargetState.model_validate_json(row["state"]))


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(**{name: row[name] for name in RunRow.__dataclass_fields__})
