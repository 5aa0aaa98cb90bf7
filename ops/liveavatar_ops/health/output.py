"""
Where a check's words go: results to stdout, what happens meanwhile and complaints to stderr.

With --json stdout carries the result document and nothing else, so that a program can read it. Of several
checks each result is a line of that document as soon as it is there: it stands even if the command is killed.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from liveavatar_ops import streams
from liveavatar_ops.health.checking import Outcome
from liveavatar_ops.health.facts import Facts
from liveavatar_ops.health.files import make_private, write_bytes_whole, write_whole
from liveavatar_ops.health.janitor import Swept
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.places import file_problem, folder_problem, why_of
from liveavatar_ops.health.plan import Planned, Usage
from liveavatar_ops.health.report import HealthResult, health_result, print_result
from liveavatar_ops.health.stopping import JANITOR

PHASES = {
    "look": "asking LiveAvatar: key, credits, references",
    "open": "opening a session",
    "join": "joining the room",
    "avatar": "waiting for the avatar",
    "watch": "watching",
    "talk": "asking a short question, listening for the answer",
    "stop": "stopping the session",
}
DEFAULT_FOLDER = Path("evidence")
KEPT = ("result.json", "contact-sheet.png", "timeline.svg", "clip.mp4", "report.html")
"""What a folder of evidence may hold; nothing else in it is touched."""


@dataclass
class Output:
    """One command's output. `junit` and `evidence` as typed."""

    as_json: bool
    junit: Path | None
    evidence: Path | None
    no_evidence: bool
    record: bool = False
    strict: bool = False
    several: bool = False
    _opened: bool = False
    _deaf: OSError | UnicodeError | None = None
    """Why nothing can be printed any more."""
    _results: list[HealthResult] = field(default_factory=list)
    _folders: set[Path] = field(default_factory=set)

    def check_places(self) -> None:
        """Refuse places that cannot be written before anything is started."""
        problems = []
        if self.evidence is not None and self.no_evidence:
            problems.append("--evidence and --no-evidence: give one of them")
        if not self.no_evidence and (wrong := folder_problem(self.evidence or DEFAULT_FOLDER)):
            more = "" if self.evidence else " with --evidence, or leave it out with --no-evidence"
            problems.append(f"--evidence: {wrong}{more}")
        if self.junit is not None and (wrong := file_problem(self.junit)):
            problems.append(f"--junit: {wrong}")
        if self.record and self.no_evidence:
            problems.append("--record and --no-evidence: a clip is evidence; give one of them")
        if self.record:
            from liveavatar_ops.health.recording_clip import recorder_missing  # noqa: PLC0415 -- few ask for it

            problems += [missing] if (missing := recorder_missing()) else []
        if problems:
            raise Usage(problems)

    def begin(self, check: Planned) -> None:
        """One check is about to start."""
        self._opened = False
        if not self.as_json:
            free = ", in the sandbox" if check.target.body.get("is_sandbox") else ""
            streams.say_aside(f"{check.target.name} ({check.target.where}{free})")

    def phase(self, name: str) -> None:
        """The running check has come this far."""
        self._opened |= name == "open"
        if name == "stop" and not self._opened:
            return  # at depth api nothing was opened that would have to be stopped
        if not self.as_json and name in PHASES:
            streams.say_aside(f"  {PHASES[name]} …")

    def swept(self, swept: Swept) -> None:
        """What the janitor found before the first check."""
        for sentence in (*swept.closed, *swept.failed):
            streams.say_aside(f"left by an earlier check: {sentence}")

    def interrupting(self) -> None:
        """The first signal was heard."""
        streams.say_aside("Interrupted: stopping the session, please wait (again to give up) …")

    def interrupted(self, facts: Facts) -> None:
        """The check ended early because it was asked to."""
        if facts.stop.needed and not facts.stop.stopped:
            streams.say_aside(facts.stop.sentence or f"The session may still be open. Run `{JANITOR}`.")
        else:
            streams.say_aside("Interrupted. Nothing was left open.")
        if self.as_json and self.several and self._results:
            self._close()

    def given_up(self, ledger: Ledger) -> None:
        """The second signal was heard before everything was stopped."""
        if self.as_json and self.several and self._results:
            self._close()
        if ledger.open_rows():
            streams.say_aside(f"Interrupted before the session was stopped. Run `{JANITOR}` now.")
        else:
            streams.say_aside("Interrupted. Nothing was left open.")

    def end(self, outcome: Outcome) -> None:
        """One check is judged: write its evidence, show it."""
        result = self._keep(outcome)
        self._results.append(result)
        if not self.as_json:
            self._say(lambda: print_result(result))
        elif self.several:
            lead = '{"results": [' if len(self._results) == 1 else ","
            self._say(lambda: sys.stdout.write(f"{lead}\n{result.to_json()}"))

    def finish(self) -> None:
        """All checks are done: JUnit, and with --json the one document on stdout."""
        if self.junit is not None:
            from liveavatar_ops.health.report.junit import junit_text  # noqa: PLC0415 -- in CI only

            try:
                self.junit.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self.junit, junit_text(self._results, strict=self.strict))
            except Exception as why:  # noqa: BLE001 -- as with evidence
                self._warn(f"{self.junit} could not be written", why)
        if self.as_json and self.several:
            self._close()
        elif self.as_json:
            self._say(lambda: sys.stdout.write(f"{self._results[0].to_json()}\n"))

    def _close(self) -> None:
        """The end of a document of several results."""
        if not self._deaf:
            self._say(lambda: sys.stdout.write("\n]}\n"))

    def _say(self, show: Callable[[], object]) -> None:
        """Print the newest result, or say its verdict where that cannot be done."""
        if self._deaf is None:
            try:
                show()
                sys.stdout.flush()
                streams.raise_if_unheard(sys.stdout)
            except (OSError, UnicodeError) as why:  # a full disk, a terminal without these characters
                self._deaf = why
                streams.forget(sys.stdout)
        if self._deaf is not None:
            newest = self._results[-1]
            said = f"{newest.target.name}: {newest.judgement.verdict.value}"
            self._warn(f"The result could not be printed ({said})", self._deaf)

    def _keep(self, outcome: Outcome) -> HealthResult:
        """The result, written with its pictures if evidence is wanted and there is room for it."""
        if not self.no_evidence:
            folder = self._folder(outcome)
            try:
                return self._write(folder, outcome)
            except Exception as why:  # noqa: BLE001 -- whatever it is, the verdict was paid for
                self._warn(f"The evidence in {folder} could not be written to its end", why)
        return health_result(outcome.checked.facts, outcome.judgement, outcome.planned.limits)

    def _write(self, folder: Path, outcome: Outcome) -> HealthResult:
        # Not held while the check runs: half of what this process would need.
        from liveavatar_ops.health.evidence.contact_sheet import write_contact_sheet  # noqa: PLC0415 -- Pillow
        from liveavatar_ops.health.evidence.html import write_html  # noqa: PLC0415 -- Jinja
        from liveavatar_ops.health.evidence.timeline import write_timeline  # noqa: PLC0415 -- as above

        checked, limits, judged = outcome.checked, outcome.planned.limits, outcome.judgement
        make_private(folder)
        for left in KEPT:
            (folder / left).unlink(
                missing_ok=True
            )  # of an earlier check: a sheet must not outlive its verdict
        paths = {"folder": str(folder), "result": str(folder / "result.json")}
        if checked.pictures:
            paths["contact_sheet"] = str(folder / "contact-sheet.png")
            write_contact_sheet(folder / "contact-sheet.png", checked.facts, judged, checked.pictures, limits)
        paths["timeline"] = str(folder / "timeline.svg")
        write_timeline(folder / "timeline.svg", checked.facts, judged, limits)
        if checked.clip is not None:
            paths["clip"] = str(folder / "clip.mp4")
            write_bytes_whole(folder / "clip.mp4", checked.clip)
        paths["report"] = str(folder / "report.html")
        result = health_result(checked.facts, judged, limits, paths)
        write_whole(folder / "result.json", result.to_json(indent=2) + "\n")
        write_html(folder / "report.html", result, checked.pictures)
        return result

    def _folder(self, outcome: Outcome) -> Path:
        facts = outcome.checked.facts
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", facts.target.name)[:60]
        if self.evidence is not None:
            return self._unused(self.evidence / name) if self.several else self.evidence
        session = facts.session_id[:8] if facts.session_id else "no-session"
        return DEFAULT_FOLDER / f"{facts.started_at:%Y%m%dT%H%M%SZ}-{name}-{session}"

    def _unused(self, folder: Path) -> Path:
        """Two templates of one run may bear one name; neither writes over the other's evidence."""
        number, found = 1, folder
        while found in self._folders:
            number += 1
            found = folder.with_name(f"{folder.name}-{number}")
        self._folders.add(found)
        return found

    def _warn(self, what: str, why: Exception) -> None:
        """A verdict that was paid for is said, whether or not it can be kept."""
        streams.say_aside(f"liveavatar-ops: {what}: {why_of(why)}. The verdict stands without it.")
