"""Runs all checks at once, each against its own deadline, and always comes to an end."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from liveavatar_ops.doctor.finding import Check, Finding, broken, skipped

TOTAL_S = 40.0
HUNG = "Run `liveavatar-ops doctor` again; if it stays, look at what this line names with a tool of its own"


@dataclass(frozen=True)
class Group:
    """The findings of one part of the report, in the order in which they were asked for."""

    title: str
    findings: tuple[Finding, ...]


@dataclass
class _Round:
    check: Check
    done: list[Finding] = field(default_factory=list)
    thread: threading.Thread | None = None

    def work(self) -> None:
        try:
            for finding in self.check.look():
                self.done.append(finding)
        except Exception as why:  # noqa: BLE001 - one broken check must not silence the others
            name = self.check.names[min(len(self.done), len(self.check.names) - 1)]
            self.done.append(
                broken(
                    name,
                    f"doctor itself failed here ({type(why).__name__})",
                    "Report this line to the maintainers; the other lines hold",
                )
            )

    def findings(self, within_s: float) -> tuple[Finding, ...]:
        """What was found, and a line for each name that was not reached."""
        done = {finding.name: finding for finding in tuple(self.done)}
        hung = self.thread is not None and self.thread.is_alive()
        missing = [name for name in self.check.names if name not in done]
        for place, name in enumerate(missing):
            if hung and place == 0:
                done[name] = broken(name, f"no answer within {within_s:.0f} s", HUNG)
            else:
                done[name] = skipped(
                    name, f"not reached: {missing[0] if hung else 'a line above'} did not end"
                )
        return tuple(done[name] for name in self.check.names)


def examine(checks: Sequence[Check], *, total_s: float = TOTAL_S) -> list[Group]:
    """
    Look at everything at once. Returns after `total_s` seconds at the latest.

    A check that hangs keeps its thread, which cannot be ended from outside: it is a daemon and ends with
    the process.
    """
    rounds = [_Round(check) for check in checks]
    began = time.monotonic()
    for each in rounds:
        each.thread = threading.Thread(target=each.work, name=f"doctor-{each.check.names[0]}", daemon=True)
        each.thread.start()
    for each in rounds:
        assert each.thread is not None
        limit = min(each.check.within_s, total_s)
        each.thread.join(max(0.0, began + limit - time.monotonic()))
    groups: dict[str, list[Finding]] = {}
    for each in rounds:
        found = each.findings(min(each.check.within_s, total_s))
        groups.setdefault(each.check.group, []).extend(found)
    return [Group(title, tuple(findings)) for title, findings in groups.items()]
