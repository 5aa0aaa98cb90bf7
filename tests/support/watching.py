"""Parts for the watcher's tests: a clock that only the test moves, targets, results, watchers on one file."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.health.owner import Liveness, Owner
from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule.config import WatchConfig
from liveavatar_ops.schedule.config_file import WatchConfigError, read_config
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.result import Outcome
from liveavatar_ops.schedule.rounds import Rounds
from liveavatar_ops.schedule.targets import WatchTarget

NOON = 1_772_366_400.0  # 2026-03-01 12:00 UTC, a Sunday


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    at: float = NOON

    def __call__(self) -> float:
        return self.at


def owner(pid: int, host: str = "here") -> Owner:
    """A process that exists in this test only."""
    return Owner(pid=pid, started="1", boot_id="boot", host=host, pid_namespace="ns")


def dice(seed: int = 0) -> random.Random:
    """Randomness that is the same every time."""
    return random.Random(seed)  # noqa: S311 (a jitter, not a secret)


class Machine:
    """Which processes live; what `liveness` is in production."""

    def __init__(self) -> None:
        self.dead: set[int] = set()
        self.hidden: set[str] = set()

    def __call__(self, who: Owner) -> Liveness:
        if who.host in self.hidden:
            return Liveness.out_of_sight
        return Liveness.dead if who.pid in self.dead else Liveness.alive


def config(**values: Any) -> WatchConfig:
    """A configuration; `targets` are of no matter where the test brings its own."""
    return WatchConfig.model_validate({"targets": [{"stack": "dev"}], **values})


def target(name: str = "dev/front-desk", every_s: float = 300.0, **values: Any) -> WatchTarget:
    """A LITE target at depth video."""
    return WatchTarget(name=name, arguments=("--stack", "dev", "--template", name), every_s=every_s, **values)


def outcome(verdict: Verdict | str = Verdict.HEALTHY, **values: Any) -> Outcome:
    """One check's end."""
    verdict = Verdict(verdict)
    default = {"healthy": "none", "degraded": "slow", "unhealthy": "frozen", "inconclusive": "own_host"}
    given: dict[str, Any] = {
        "cause": default[verdict.value],
        "headline": f"It was {verdict.value}.",
        "credits": 1.0,
        "first_frame_s": 1.5,
    }
    return Outcome(verdict, **{**given, **values})


def watcher(
    path: Path,
    clock: Callable[[], float],
    targets: list[WatchTarget],
    settings: WatchConfig,
    *,
    pid: int = 1,
    machine: Machine | None = None,
    seed: int = 0,
    **more: Any,
) -> Rounds:
    """One watcher's rounds on a file; several may share it."""
    database = Database(path)
    database.prepare()
    leases = Leases(owner(pid), ttl_s=settings.lease, alive=machine or Machine())
    rounds = Rounds(database, leases, settings, targets, now=clock, rng=dice(seed), **more)
    rounds.begin()
    return rounds


def rows(path: Path, sql: str) -> list[dict[str, Any]]:
    """What the file holds."""
    with Database(path).reading() as db:
        return [dict(row) for row in db.execute(sql)]


def messages(path: Path) -> list[dict[str, Any]]:
    """What was laid in the outbox, in order."""
    return [json.loads(row["message"]) for row in rows(path, "SELECT message FROM outbox ORDER BY id")]


def titles(path: Path) -> list[str]:
    """What people are told, in order."""
    return [each["title"] for each in messages(path)]


def document(verdict: str = "healthy", cause: str = "none", **video: Any) -> Mapping[str, Any]:
    """A result document as `health check --json` prints it."""
    reasons = [] if verdict == "healthy" else [{"cause": cause, "severity": "fails", "sentence": f"{cause}!"}]
    return {
        "schema": "liveavatar-ops.health.result/1",
        "target": {"name": "front-desk", "depth": "video"},
        "judgement": {"verdict": verdict, "cause": cause, "reasons": reasons, "next_step": "Look."},
        "facts": {
            "video": {"frames": 250, "first_frame_s": 2.25, "fps_eff": 24.9, "longest_gap_s": 0.08, **video},
            "room": {"connect_started_s": 0.75},
            "credits": {"before": "10", "after": "5", "estimate": "1"},
        },
        "evidence": {},
        "credits": {"before": "10", "after": "5", "estimate": "1"},
    }


def once(rounds, *results, clock, apart_s=60.0):
    """Check the only target with these results, each as soon as it is due."""
    for result in results:
        turn = rounds.start_due()
        while not turn.started:
            clock.at = max(turn.wake_at, clock.at + 0.1)
            turn = rounds.start_due()
        clock.at += 20.0
        assert rounds.finish(turn.started[0], result)


def said_of(path: Path, text: str) -> list[str]:
    """What is wrong with a `watch.yaml` that holds this text: `2: every: …`."""
    path.write_text(text)
    with pytest.raises(WatchConfigError) as refused:
        read_config(path)
    return [each.removeprefix(f"{path}:") for each in refused.value.problems]
