"""
Runs health checks for a gate: `python -m liveavatar_ops.health` in a process of its own, read by its JSON.

The provider knows nothing of the health job but its command line and its result document.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_liveavatar.settings import Settings

LONGEST_CHECK_S = 300
"""Far beyond a check's own deadlines; a check that is still there then is ended."""

MODULE = "liveavatar_ops.health"
PASSES = ("healthy", "degraded")
MEND_FIRST = "Mend what is named above in the gate or its template, then run `pulumi up` again"
REFUSED = 2
"""Exit code of a check that could not be asked for in this way."""


@dataclass(frozen=True)
class Seen:
    """One check's end, as its result document says it; `evidence` is a folder, kept when it did not pass."""

    verdict: str
    cause: str
    sentence: str
    next_step: str
    evidence: str = ""

    @property
    def passes(self) -> bool:
        """Inconclusive neither passes nor proves a fault."""
        return self.verdict in PASSES


Check = Callable[[Mapping[str, Any], str, Settings], Seen]
"""Checks a session template's document at a depth."""


def run_check(template: Mapping[str, Any], depth: str, settings: Settings) -> Seen:
    """
    One check of `{body…, "health": {…}}`. Never raises: what went wrong is an inconclusive end.

    The API key travels by the child's environment, the template by a file that only we can read.
    """
    folder = Path(tempfile.mkdtemp(prefix="liveavatar-gate-"))
    file = folder / "template.json"
    file.write_text(json.dumps(dict(template)))
    file.chmod(0o600)
    evidence = folder / "evidence"
    command = [sys.executable, "-m", MODULE, "check", "--template-file", str(file), "--depth", depth]
    try:
        done = subprocess.run(
            [*command, "--json", "--evidence", str(evidence)],
            env=settings.child_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_CHECK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _no_result(f"the check was not over after {LONGEST_CHECK_S} s")
    finally:
        file.unlink(missing_ok=True)
    refused = done.returncode == REFUSED
    seen = read_result(done.stdout, done.stderr, str(evidence), refused=refused)
    if seen.passes:
        shutil.rmtree(folder, ignore_errors=True)
    return seen


def read_result(out: str, err: str, evidence: str = "", *, refused: bool = False) -> Seen:
    """
    What a check said; anything that is not a result document is inconclusive.

    `refused`: it ended with exit code 2, and what it said last is why it could not be done at all.
    """
    try:
        told = json.loads(out)
        judgement = (told["results"][0] if "results" in told else told)["judgement"]
        reasons = judgement["reasons"]
        sentence = reasons[0]["sentence"] if reasons else ""
        return Seen(judgement["verdict"], judgement["cause"], sentence, judgement["next_step"], evidence)
    except (ValueError, KeyError, IndexError, TypeError):
        rows = [row for row in err.splitlines() if row.strip()]
        if refused and rows:
            return Seen("inconclusive", "configuration", f"No check could be made: {rows[-1]}", MEND_FIRST)
        return _no_result(rows[-1] if rows else "it said nothing")


def _no_result(why: str) -> Seen:
    sentence = f"The check gave no result: {why}"
    return Seen(
        "inconclusive", "own_host", sentence, "Run `liveavatar-ops doctor` on the machine that deploys"
    )
