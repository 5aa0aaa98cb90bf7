"""
Reads what one check printed: the result document, or the reason why there is none.

Only what the watcher needs is taken out, so that a check of another version still counts.
"""

import json
import math
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liveavatar_ops.health.verdicts import USAGE_EXIT_CODE, Cause, Severity, Verdict
from pulumi_liveavatar.text import scrub, shorten

SCHEMA = "liveavatar-ops.health.result/"
ASKED_TO_END = tuple(128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
IN_ORDER = (USAGE_EXIT_CODE, 126, 127, *ASKED_TO_END)
"""Ends without a result that leave nothing open: nothing was started, or a signal had the session stopped."""
LONGEST_SENTENCE = 400


@dataclass(frozen=True)
class Outcome:
    """One check's end. Times in seconds; `credits` None: it did not say."""

    verdict: Verdict
    cause: str = Cause.NONE.value
    headline: str = ""
    next_step: str = ""
    first_frame_s: float | None = None
    """From the attempt to join the room."""
    fps: float | None = None
    longest_gap_s: float | None = None
    credits: float | None = None
    evidence: str | None = None
    sheet: str | None = None
    report: str | None = None
    """Paths of contact sheet and HTML report, as the check gave them."""
    retry_after_s: float | None = None
    refused: bool = False
    """Whether LiveAvatar answered a call with no, or not at all: no session was had then."""
    cut_off: bool = False
    """Whether it died without a result: then nobody knows whether its session was stopped."""

    @property
    def quota(self) -> bool:
        """Whether the account said no: neither the avatar's fault nor ours."""
        return self.verdict is Verdict.INCONCLUSIVE and self.cause == Cause.QUOTA


def read_outcome(out: bytes, err: bytes, code: int, *, secrets: tuple[str, ...] = ()) -> Outcome:
    """The result document on `out`; without one, an inconclusive outcome that quotes what `err` ends with."""
    try:
        told = json.loads(out)
        if str(told["schema"]).startswith(SCHEMA):
            return _outcome(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return _without_result(out, err, code, secrets)


def overdue(after_s: float) -> Outcome:
    """A check that had to be killed."""
    return Outcome(
        Verdict.INCONCLUSIVE,
        Cause.OWN_HOST.value,
        f"The check did not end within {after_s:.0f} s and was killed.",
        "Look for a machine that is out of memory or CPU; `liveavatar-ops health janitor` ends what is open.",
        cut_off=True,
    )


def _outcome(told: Mapping[str, Any]) -> Outcome:
    judgement = told["judgement"]
    facts: Mapping[str, Any] = told.get("facts") or {}
    video, room = facts.get("video") or {}, facts.get("room") or {}
    refusal: Mapping[str, Any] = facts.get("refusal") or {}
    evidence = told.get("evidence") or {}
    return Outcome(
        verdict=Verdict(judgement["verdict"]),
        cause=str(judgement.get("cause") or Cause.NONE.value),
        headline=shorten(_headline(judgement.get("reasons") or []), LONGEST_SENTENCE),
        next_step=shorten(str(judgement.get("next_step") or ""), LONGEST_SENTENCE),
        first_frame_s=_first_frame(video, room),
        fps=_number(video.get("fps_eff")) or _number(video.get("fps")),
        longest_gap_s=_number(video.get("longest_gap_s")) if video.get("frames") else None,
        credits=_credits(told.get("credits"), facts.get("credits") or {}),
        evidence=_path(evidence, "folder"),
        sheet=_path(evidence, "contact_sheet"),
        report=_path(evidence, "report"),
        retry_after_s=_number(refusal.get("retry_after_s")),
        refused=bool(refusal),
    )


def _headline(reasons: Sequence[Mapping[str, Any]]) -> str:
    """The first reason that speaks for the verdict: a note (a busy machine, say) decides nothing."""
    telling = (each for each in reasons if each.get("severity") != Severity.NOTE)
    return str(next(telling, {}).get("sentence") or "")


def _first_frame(video: Mapping[str, Any], room: Mapping[str, Any]) -> float | None:
    first, began = _number(video.get("first_frame_s")), _number(room.get("connect_started_s")) or 0.0
    return None if first is None else max(0.0, round(first - began, 4))


def _credits(own: Any, facts: Mapping[str, Any]) -> float | None:
    """The estimate by the price list first: the balance also moves by what customers use."""
    named = own if isinstance(own, Mapping) else {}
    candidates = (facts.get("estimate"), named.get("estimate"), own)
    return next((n for each in candidates if (n := _number(each)) is not None and n >= 0), None)


def _path(evidence: Mapping[str, Any], name: str) -> str | None:
    found = evidence.get(name)
    return str(found) if found else None


def _number(value: Any) -> float | None:
    """JSON numbers, and decimals that travel as strings."""
    if value is None or isinstance(value, bool | Mapping | list):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _without_result(out: bytes, err: bytes, code: int, secrets: tuple[str, ...]) -> Outcome:
    lines = [row.strip() for row in (err or out).decode(errors="replace").splitlines() if row.strip()]
    said = shorten(scrub(lines[-1], secrets), LONGEST_SENTENCE) if lines else "it said nothing"
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    cause = Cause.CONFIGURATION if code == USAGE_EXIT_CODE else Cause.OWN_HOST
    return Outcome(
        Verdict.INCONCLUSIVE,
        cause.value,
        f"The check {how} and gave no result: {said}",
        "Run the same `liveavatar-ops health check` by hand and read what it says.",
        cut_off=code not in IN_ORDER,
    )
