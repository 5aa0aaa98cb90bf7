"""`pulumi up` for the demo: each resource as it happens, errors in their own words, no lock left behind."""

import contextlib
import json
import re
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from liveavatar_ops.signals import put_off

COLOUR_TAG = re.compile(r"<\{%[^%]*%\}>")
PATIENCE_S = 20
"""How long an interrupted engine may take to write its state and give the lock back."""

Say = Callable[[str, str], None]
"""Told the operation (`create`, `same`, …) and the resource (`Context front-desk`)."""


class DeployFailed(Exception):
    """The engine's own error lines, one a line."""


@dataclass
class Deployed:
    """What one `pulumi up` did: operations counted, and the stack's outputs."""

    changes: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """Nothing had to change."""
        return set(self.changes) <= {"same"}


@dataclass(frozen=True)
class Engine:
    """The Pulumi CLI in one project, with one environment."""

    pulumi: Path
    root: Path
    env: Mapping[str, str]
    stack: str

    def prepare(self, config: Path) -> None:
        """Make the backend's folder, the stack and its settings; all of it may exist already."""
        folder = Path(self.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        own = self.root / f"Pulumi.{self.stack}.yaml"
        # The stack's file keeps its encryption salt; everything else is development's.
        salt = re.search(r"^encryptionsalt: .*$", own.read_text(), re.M) if own.exists() else None
        settings = f"# Written by `make demo`; not kept in git.\n{config.read_text()}"
        own.write_text(settings + (f"{salt[0]}\n" if salt else ""))
        self.run("stack", "select", "--create", self.stack)

    def run(self, *arguments: str) -> str:
        """One short command. Raises DeployFailed with what it said."""
        done = subprocess.run(
            [self.pulumi, *arguments, "--non-interactive"],
            cwd=self.root,
            env=dict(self.env),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise DeployFailed(_plain(done.stderr or done.stdout))
        return done.stdout

    def up(self, say: Say, log: Path) -> Deployed:
        """
        Bring the stack to what the program declares.

        Raises DeployFailed with the engine's errors. An interruption waits until the engine has written
        its state; a lock that stays all the same is taken away.
        """
        self.unlock()
        child = None
        with log.open("w") as errors:
            try:
                with put_off():
                    child = self._begin_up(errors)
                changes, wrong = _follow(child, say)
            except BaseException:
                if child is not None:
                    self._interrupt(child)
                raise
        if child.wait() or wrong:
            raise DeployFailed("\n".join(wrong) or log.read_text().strip() or "The engine gave no reason.")
        outputs = json.loads(self.run("stack", "output", "--json", "--stack", self.stack))
        return Deployed(changes, outputs)

    def unlock(self) -> None:
        """Take away the lock of an engine that was killed; the demo's stack has no other user."""
        folder = Path(self.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
        if any((folder / ".pulumi" / "locks").rglob("*.json")):
            with contextlib.suppress(DeployFailed):
                self.run("cancel", "--yes", "--stack", self.stack)

    def _begin_up(self, errors: IO[str]) -> subprocess.Popen[str]:
        options = ["--yes", "--skip-preview", "--json", "--non-interactive", "--stack", self.stack]
        return subprocess.Popen(
            [self.pulumi, "up", *options],
            cwd=self.root,
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )

    def _interrupt(self, child: subprocess.Popen[str]) -> None:
        for ask in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(ask)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=PATIENCE_S)
                break
        self.unlock()


def _follow(child: subprocess.Popen[str], say: Say) -> tuple[dict[str, int], list[str]]:
    """Read the engine's events to their end: operations counted, errors in order."""
    changes: dict[str, int] = {}
    wrong: list[str] = []
    assert child.stdout is not None
    for row in child.stdout:
        try:
            event = json.loads(row)
        except ValueError:
            continue
        if step := event.get("resOutputsEvent", {}).get("metadata"):
            say(step["op"], _named(step))
        elif told := event.get("diagnosticEvent"):
            if told.get("severity") == "error" and (text := _plain(told.get("message", ""))) not in wrong:
                wrong.append(text)
        elif summary := event.get("summaryEvent"):
            changes = summary.get("resourceChanges", {})
    return changes, wrong


def _named(step: Mapping[str, Any]) -> str:
    kind = step["type"].rsplit(":", 1)[-1]
    return f"{kind} {step['urn'].rsplit('::', 1)[-1]}"


def _plain(text: str) -> str:
    return COLOUR_TAG.sub("", text).strip()
