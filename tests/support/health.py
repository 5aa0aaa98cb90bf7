"""Runs `liveavatar-ops health` as a user does, in its own process, against a running emulator."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.emulator import RunningEmulator

COMMAND = [sys.executable, "-m", "liveavatar_ops.health"]
PUBLIC_AVATAR = "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0"
PATIENCE_S = 120.0
TOKEN = re.compile(rb"eyJ[\w-]{8,}\.[\w-]{4,}")
"""A JSON web token. Its first letters alone turn up by chance in any picture that is written as text."""


SHARED_MACHINE: dict[str, float] = {
    "api_start_degraded_s": 9,
    "connect_degraded_s": 7,
    "join_degraded_s": 14,
    "first_frame_degraded_s": 14,
    "fps_degraded": 4,
    "fps_unhealthy": 2,
    "fps_fall_degraded_share": 0.02,
    "fps_fall_unhealthy_share": 0.01,
    "freeze_ratio_degraded_share": 0.9,
    "freeze_ratio_unhealthy_share": 0.95,
    "gap_degraded_s": 1.9,
    "stop_degraded_s": 60,
    "size_degraded_share": 0.02,
    "size_unhealthy_share": 0.01,
}
"""Limits of speed, out of the way: emulator and check share two processors with whatever else runs."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; `result` is its JSON document, None where it printed none."""

    code: int
    result: dict[str, Any] | None
    stderr: str

    @property
    def verdict(self) -> tuple[str, str]:
        """(verdict, cause)."""
        assert self.result is not None, self.stderr
        judged = self.result["judgement"]
        return judged["verdict"], judged["cause"]


def settings_of(emulator: RunningEmulator, state: Path, **more: str) -> dict[str, str]:
    """The environment of a check against this emulator, with a ledger of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVEAVATAR_")}
    return {
        **own,
        "LIVEAVATAR_API_KEY": emulator.api_key,
        "LIVEAVATAR_API_URL": emulator.api_url,
        "LIVEAVATAR_OPS_STATE": str(state),
        **more,
    }


def add_fault(emulator: RunningEmulator, name: str, /, *, path: str = "", **rule: Any) -> None:
    """Have the emulator do one fault; `params` are the fault's own, the rest is the rule's."""
    params = rule.pop("params", {})
    emulator.admin(
        "POST", "/faults", {"fault": {"name": name, **params}, **({"path": path} if path else {}), **rule}
    )


def hold_start(emulator: RunningEmulator) -> None:
    """The next start of a session waits in the service (`wait_held`) until `release`, then it acts."""
    add_fault(emulator, "hang_before", path="/v1/sessions/start", times=1)


def release(emulator: RunningEmulator) -> None:
    """Let what is held go on."""
    emulator.admin("POST", "/release")


def session_states(emulator: RunningEmulator) -> list[str]:
    """Of all sessions that there ever were: minted, active, ended."""
    return [one["state"] for one in emulator.admin("GET", "/sessions")]


def check(env: dict[str, str], *arguments: str, avatar: str | None = PUBLIC_AVATAR) -> Ended:
    """`health check --json --no-evidence` with these arguments, to its end."""
    target = ["--avatar", avatar] if avatar else []
    places = [] if "--evidence" in arguments else ["--no-evidence"]
    done = subprocess.run(
        [*COMMAND, "check", *target, "--json", *places, *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Ended(done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr)


@contextmanager
def running_check(
    env: dict[str, str], *arguments: str, avatar: str = PUBLIC_AVATAR
) -> Iterator["subprocess.Popen[str]"]:
    """A check in the background; killed at the end if it still runs."""
    command = [*COMMAND, "check", "--avatar", avatar, "--json", "--no-evidence", *arguments]
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def janitor(env: dict[str, str], *arguments: str, command: Sequence[str] = COMMAND) -> Ended:
    """`health janitor --json`, to its end."""
    done = subprocess.run(
        [*command, "janitor", "--json", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Ended(done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr)


def until(holds: Callable[[], bool], what: str = "", within_s: float = PATIENCE_S) -> None:
    """Wait for a condition, for as long as a check may take."""
    processes.until(holds, what, deadline_s=within_s)


def flags(limits: dict[str, float]) -> list[str]:
    """`--limit name=value` for each."""
    return [word for name, value in limits.items() for word in ("--limit", f"{name}={value}")]


def named(ended: Ended) -> tuple[str, str]:
    """
    Verdict and cause; where our own machine was too busy to be sure, the verdict it doubts and its cause.

    Tests share two processors with others: `inconclusive` is the right answer there, as long as what was
    seen is named.
    """
    assert ended.result is not None, ended.stderr
    judged = ended.result["judgement"]
    if judged["verdict"] != "inconclusive":
        return judged["verdict"], judged["cause"]
    doubted = [reason for reason in judged["reasons"] if reason["cause"] != "own_host"]
    assert any(reason["cause"] == "own_host" for reason in judged["reasons"])
    return ("unhealthy", doubted[0]["cause"]) if doubted else ("healthy", "none")
