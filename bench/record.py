"""Keeps a measurement's raw figures beside the ratios that are quoted from them, and how they were made."""

import functools
import json
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_LOAD_BEFORE = os.getloadavg()  # of the machine as the measurement found it
Made = dict[str, str]


def keep(name: str, figures: dict[str, Any], *, after: list[Made] | None = None) -> Path:
    """
    Write one run to `bench/results/<name>.json`; the newest run replaces the one before.

    `after` is `made_before` of the runs that these figures were added to.
    """
    file = RESULTS / f"{name}.json"
    run = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "measured_by": [*(after or []), made()],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": list(_LOAD_BEFORE),
        "load_average_after": list(os.getloadavg()),
        **figures,
    }
    whole = file.with_suffix(".part")
    whole.write_text(json.dumps(run, indent=2) + "\n")
    whole.replace(file)  # a measurement that is killed while it writes keeps what it had
    return file


def made() -> Made:
    """The command that runs now, and the commit whose code it measures (`+` where files were changed)."""
    typed = sys.orig_argv[sys.orig_argv.index("-m") :] if "-m" in sys.orig_argv else sys.argv
    return {"command": shlex.join(["python", *typed]), "commit": _commit()}


def made_before(name: str) -> list[Made]:
    """How the runs kept so far were made; empty for files older than this record."""
    file = RESULTS / f"{name}.json"
    kept: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    found: list[Made] = kept.get("measured_by") or []
    return found


@functools.cache  # as it was when the measurement began
def _commit() -> str:
    def git(*arguments: str) -> str:
        asked = ["git", "-C", str(RESULTS.parent), *arguments]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    # Results are what a measurement writes itself, so they make no other code of it.
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "..", ":!results")
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + ("+" if changed else "")
