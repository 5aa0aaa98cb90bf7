"""What the parent of a check does to its child's process, and reads of what that left."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from pydantic import ValidationError

from liveavatar_ops.health.facts import Facts
from pulumi_liveavatar.settings import Settings
from pulumi_liveavatar.text import scrub, shorten


def tell(child: subprocess.Popen[bytes], line: str) -> None:
    """One line to its standard input."""
    with contextlib.suppress(OSError):  # a child that died already is seen by its death
        assert child.stdin is not None
        child.stdin.write(line.encode() + b"\n")
        child.stdin.flush()


def end(child: subprocess.Popen[bytes]) -> None:
    """The child and whatever it started; nothing of it may act after we looked at the ledger."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with contextlib.suppress(OSError):
        assert child.stdin is not None
        child.stdin.close()


def cause_of_death(code: int, workdir: Path, settings: Settings) -> str:
    """How it ended, with the last line of its log where it left one."""
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    with contextlib.suppress(OSError):
        lines = [row.strip() for row in (workdir / "child.log").read_text(errors="replace").splitlines()]
        last = next((row for row in reversed(lines) if row), "")
        if last:
            said = shorten(scrub(last, [settings.api_key.get_secret_value()]), 200)
            return f"the probe process ended {how} and left no facts; it last said: {said}"
    return f"the probe process ended {how} and left no facts"


def read_facts(path: Path) -> Facts | None:
    """What it wrote down; None where that is not there, or not whole."""
    try:
        return Facts.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, ValueError):
        return None
