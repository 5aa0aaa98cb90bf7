"""A snapshot in words, ready for the template: no decisions are left to it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule.page.drawings import Bar, Line, line, strip
from liveavatar_ops.schedule.plan import Hold
from liveavatar_ops.schedule.quantities import spoken
from liveavatar_ops.schedule.snapshot import Snapshot, TargetView
from liveavatar_ops.schedule.states import State, unsettled
from liveavatar_ops.schedule.store import RunRow
from liveavatar_ops.schedule.windows import FOR_EVER

WORDS = {
    State.UP: "up",
    State.DEGRADED: "degraded",
    State.DOWN: "down",
    State.FLAPPING: "flapping",
    State.BLIND: "not seen",
    State.UNKNOWN: "no result yet",
}
WORST_FIRST = (State.DOWN, State.FLAPPING, State.BLIND, State.DEGRADED, State.UNKNOWN, State.UP)
REPORTS_SHOWN = 5
HOLDS = {
    Hold.MAINTENANCE: "maintenance until",
    Hold.BUDGET: "today's credits are used up; on again",
    Hold.QUOTA: "the account refused; on again",
    Hold.CUSTOMERS: "customers first; asks again",
}


@dataclass(frozen=True)
class Figure:
    """A number with its word; `soft` where there is none yet."""

    label: str
    value: str
    soft: bool = False


@dataclass(frozen=True)
class Link:
    """The report of one check, by its number."""

    token: int
    label: str


@dataclass(frozen=True)
class Card:
    """One target."""

    name: str
    state: str
    word: str
    since: str
    facts: str
    look: str
    """How the sentence is coloured: as the state, or as a warning while it is not confirmed."""
    doubt: str
    """Why the sentence has not changed the state, where it has not."""
    sentence: str
    next_step: str
    cause: str
    why: int | None
    """The check that says why, if its report can be shown."""
    reports: list[Link]
    """Of the last checks, the newest first."""
    bars: list[Bar]
    strip_label: str
    line: Line | None
    line_label: str
    figures: list[Figure]
    sheet: int | None
    sheet_label: str
    sheet_report: int | None
    next_check: str
    last_check: str


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    state: str
    counts: str
    at: str
    cards: list[Card]
    figures: list[Figure]
    notice: str
    budget_share: float | None
    zone: str


def page_of(snapshot: Snapshot, *, sheets: Collection[int], reports: Collection[int]) -> Page:
    """Everything in words. `sheets` and `reports`: numbers of the checks whose file can be shown."""
    targets = sorted(snapshot.targets, key=lambda v: (WORST_FIRST.index(v.state.shown), v.target.name))
    worst = targets[0].state.shown if targets else State.UNKNOWN
    return Page(
        title=headline(targets),
        state=worst.value,
        counts=counts(targets),
        at=_clock(snapshot.at, snapshot.zone, seconds=True),
        cards=[_card(view, snapshot, sheets, reports) for view in targets],
        figures=_figures(snapshot),
        notice=_notice(snapshot),
        budget_share=min(1.0, snapshot.spent / snapshot.budget) if snapshot.budget else None,
        zone=snapshot.zone,
    )


def headline(targets: Sequence[TargetView]) -> str:
    """What somebody needs to know who has one second."""
    if not targets:
        return "Nothing is watched"
    every, worst = len(targets), targets[0].state.shown
    count = sum(view.state.shown is worst for view in targets)
    if every == 1:
        who, several = "The avatar", False
    elif count == every:
        who, several = "Both avatars" if every == 2 else f"All {every} avatars", True
    else:
        who, several = f"{count} of {every} avatars", count > 1
    if worst is State.UNKNOWN:
        return f"{who} {'have' if several else 'has'} {WORDS[worst]}"
    return f"{who} {'are' if several else 'is'} {WORDS[worst]}"


def counts(targets: Sequence[TargetView]) -> str:
    """`1 down · 4 up`, where the headline does not say it all."""
    found = [(s, sum(view.state.shown is s for view in targets)) for s in WORST_FIRST]
    several = [f"{count} {WORDS[state]}" for state, count in found if count]
    return " · ".join(several) if len(several) > 1 else ""


def _card(view: TargetView, snapshot: Snapshot, sheets: Collection[int], reports: Collection[int]) -> Card:
    state, telling = view.state.shown, view.telling
    trouble = telling if telling is not None and telling.verdict != Verdict.HEALTHY else None
    sheet = next((run for run in reversed(view.runs) if run.token in sheets), None)
    return Card(
        name=view.target.name,
        state=state.value,
        word=WORDS[state],
        since=f"for {spoken(snapshot.at - view.state.since)}" if state is not State.UNKNOWN else "",
        facts=_facts(view),
        look=State.DEGRADED.value if trouble and state is State.UP else state.value,
        doubt=_doubt(view) if trouble else "",
        sentence=trouble.headline if trouble else "",
        next_step=trouble.next_step if trouble else "",
        cause=(trouble.cause or "").replace("_", " ") if trouble else "",
        why=trouble.token if trouble and trouble.token in reports else None,
        reports=_reports(view, snapshot, reports),
        bars=strip(view.runs, [_title(run, snapshot.zone) for run in view.runs], reports),
        strip_label=_strip_label(view, snapshot.zone),
        line=line(view.first_frames, view.p50, view.p95),
        line_label=f"first frame, {len(view.first_frames)} checks in 7 days",
        figures=_target_figures(view),
        sheet=sheet.token if sheet else None,
        sheet_label=f"{sheet.verdict or sheet.stage}, {_clock(sheet.started_at, snapshot.zone)}"
        if sheet
        else "",
        sheet_report=sheet.token if sheet and sheet.token in reports else None,
        next_check=_next(view, snapshot),
        last_check=_last(view, snapshot),
    )


def _doubt(view: TargetView) -> str:
    if view.state.shown in (State.UP, State.DEGRADED) and unsettled(view.state):
        return "One check says so; nobody is told before it is confirmed."
    return ""


def _reports(view: TargetView, snapshot: Snapshot, reports: Collection[int]) -> list[Link]:
    shown = [run for run in reversed(view.runs) if run.token in reports][:REPORTS_SHOWN]
    return [
        Link(run.token, f"{_clock(run.started_at, snapshot.zone, near=snapshot.at)} {_in_a_word(run)}")
        for run in shown
    ]


def _in_a_word(run: RunRow) -> str:
    cause = run.cause if run.cause not in (None, "none") else run.verdict or run.stage
    return str(cause).replace("_", " ")


def _strip_label(view: TargetView, zone: str) -> str:
    if not view.runs:
        return "no check yet"
    number = "1 check" if len(view.runs) == 1 else f"{len(view.runs)} checks"
    return f"{number} since {_clock(view.runs[0].started_at, zone)}"


def _facts(view: TargetView) -> str:
    target = view.target
    mode = "sandbox" if target.sandbox else target.mode
    return f"{target.depth.value} · {mode} · every {spoken(target.every_s)}"


def _target_figures(view: TargetView) -> list[Figure]:
    uptimes = [
        Figure(f"up, {each.label}", "–" if each.share is None else percent(each.share), each.share is None)
        for each in view.uptimes
    ]
    frames = [
        Figure(f"first frame {name}", "–" if value is None else f"{value:.1f} s", value is None)
        for name, value in (("p50", view.p50), ("p95", view.p95))
    ]
    return [*uptimes, *frames]


def percent(share: float) -> str:
    """100 % only where nothing failed: 0.9996 is 99.96 %, never rounded up to perfection."""
    if share == 1:
        return "100 %"
    texts = (f"{share * 100:.{digits}f}" for digits in (1, 2, 3))
    return next((f"{text} %" for text in texts if float(text) < 100), "< 100 %")


def _figures(snapshot: Snapshot) -> list[Figure]:
    limit = "no limit" if snapshot.budget is None else f"of {snapshot.budget:g}"
    going = [view for view in snapshot.targets if view.running]
    dues = [view.due for view in snapshot.targets if not view.running and view.due < FOR_EVER]
    upcoming = (
        "now"
        if dues and min(dues) <= snapshot.at
        else f"in {spoken(min(dues) - snapshot.at)}"
        if dues
        else "–"
    )
    return [
        Figure("credits today", f"{snapshot.spent:g} {limit}"),
        Figure("checking now", ", ".join(v.target.name for v in going) or "nothing", not going),
        Figure("next check", upcoming, not dues),
        Figure("messages lost, 24 h", str(snapshot.undelivered), snapshot.undelivered == 0),
    ]


def _notice(snapshot: Snapshot) -> str:
    told = [_held_up(snapshot), _not_read(snapshot)]
    return " ".join(sentence for sentence in told if sentence)


def _not_read(snapshot: Snapshot) -> str:
    if not snapshot.not_read:
        return ""
    return f"What is deployed cannot be read again, so nothing is changed: {snapshot.not_read}"


def _held_up(snapshot: Snapshot) -> str:
    if snapshot.quota_until is not None:
        return (
            "LiveAvatar refused a session (credits, sessions or calls are used up). Checks go on at "
            f"{_clock(snapshot.quota_until, snapshot.zone)}."
        )
    if any(view.waits_for is Hold.BUDGET for view in snapshot.targets):
        return (
            f"Today's credits are used up: {snapshot.spent:g} of {snapshot.budget or 0:g}. "
            f"Checks that cost credits go on at {_clock(snapshot.day_ends, snapshot.zone)}."
        )
    return ""


def _next(view: TargetView, snapshot: Snapshot) -> str:
    if view.running:
        return "checking now"
    if view.due >= FOR_EVER:
        return "maintenance, for ever"
    when = _clock(view.due, snapshot.zone)
    if view.waits_for in HOLDS:
        return f"{HOLDS[view.waits_for]} {when}"
    return "next check now" if view.due <= snapshot.at else f"next check in {spoken(view.due - snapshot.at)}"


def _last(view: TargetView, snapshot: Snapshot) -> str:
    if view.last is None or view.last.ended_at is None:
        return ""
    return f"checked {spoken(max(0.0, snapshot.at - view.last.ended_at))} ago"


def _title(run: RunRow, zone: str) -> str:
    parts = [_clock(run.started_at, zone), run.verdict or run.stage]
    if run.cause and run.cause != "none":
        parts.append(run.cause.replace("_", " "))
    if run.first_frame_s is not None:
        parts.append(f"first frame {run.first_frame_s:.1f} s")
    return " · ".join(parts)


def _clock(at: float, zone: str, *, seconds: bool = False, near: float | None = None) -> str:
    """`1 Mar 12:00`; without the day where it is that of `near`."""
    moment = datetime.fromtimestamp(at, ZoneInfo(zone))
    if near is not None and moment.date() == datetime.fromtimestamp(near, ZoneInfo(zone)).date():
        return moment.strftime("%H:%M")
    return moment.strftime("%d %b %H:%M:%S" if seconds else "%d %b %H:%M").lstrip("0")
