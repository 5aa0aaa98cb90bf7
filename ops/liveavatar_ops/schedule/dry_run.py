"""Prints a forecast for people: what would be checked, when, and what it costs. Starts nothing."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from liveavatar_ops.schedule import cost
from liveavatar_ops.schedule.config import OneOff, WatchConfig
from liveavatar_ops.schedule.forecast import Forecast
from liveavatar_ops.schedule.quantities import spoken
from liveavatar_ops.schedule.targets import WatchTarget
from liveavatar_ops.schedule.windows import FOR_EVER, moment

FIRST_CHECKS = 8
PIPED_WIDTH = 1000  # at most, for its names, so that each can be searched for


def show(config: WatchConfig, targets: Sequence[WatchTarget], seen: Forecast, console: Console) -> None:
    """The plan as a table, its first checks, its windows, its cost, its warnings."""
    table = _table(targets, seen)
    if not console.is_terminal:
        roomy = console.options.update(max_width=PIPED_WIDTH)
        console.width = max(console.width, Measurement.get(console, roomy, table).maximum)
    console.print(table)
    console.print(f"\nThe first checks ({config.time_zone}):", style="bold")
    if not seen.checks:
        console.print("  none in the next 24 hours")
    for each in seen.checks[:FIRST_CHECKS]:
        kind = ", the day's long one" if each.kind == "long" else ""
        console.print(f"  {_clock(each.at, config)}  {each.target}{kind}", highlight=False, markup=False)
    _windows(config, console)
    limit = config.budget.credits_a_day
    if limit is not None:
        lasts = _lasts(seen, limit, config)
        console.print(f"\nBudget: {limit:g} credits a day; it {lasts}.", highlight=False)
    for warning in seen.warnings:
        console.print(f"Warning: {warning}", style="yellow", highlight=False, markup=False)
    console.print("\nNothing was started.", style="dim")


def _table(targets: Sequence[WatchTarget], seen: Forecast) -> Table:
    """A row a target. Names are never cut: what is too long for a terminal goes on in the next line."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_footer=True, footer_style="bold")
    table.add_column("\ntarget", "together", overflow="fold")
    for title in ("\ndepth", "\nmode"):
        table.add_column(title, no_wrap=True)
    table.add_column("\nevery", justify="right", no_wrap=True)
    table.add_column("checks\na day", f"{len(seen.checks)}", justify="right", no_wrap=True)
    table.add_column("credits\na day", f"{seen.credits:g}", justify="right", no_wrap=True)
    table.add_column("credits of\none check", justify="right", no_wrap=True)
    for target in targets:
        own = seen.of(target.name)
        mode = "sandbox" if target.sandbox else target.mode
        one = f"{cost.expected(target, 'regular'):g}, at most {cost.worst(target, 'regular'):g}"
        table.add_row(
            Text(target.name), target.depth.value, mode, spoken(target.every_s),
            f"{len(own)}", f"{sum(each.credits for each in own):g}", one,
        )  # fmt: skip
    return table


def _lasts(seen: Forecast, limit: float, config: WatchConfig) -> str:
    """24 hours from now are paid from two days' budgets, so both can last where one whole day's would not."""
    if seen.runs_out_at is not None:
        return f"is used up at {_clock(seen.runs_out_at, config)}"
    return "lasts until midnight, but not for a whole day" if seen.credits > limit else "lasts"


def _windows(config: WatchConfig, console: Console) -> None:
    for window in config.maintenance:
        who = ", ".join(window.targets) or "all targets"
        zone = window.time_zone or config.time_zone
        if isinstance(window, OneOff):
            lasts = moment(window.ends, zone) < FOR_EVER
            when = _local(window.begins, zone)
            when += f" to {_local(window.ends, zone)}" if lasts else " and for ever"
        else:
            days = "daily" if len(window.days) == 7 else ", ".join(window.days)
            when = f"{days} from {window.begins:%H:%M} for {spoken(window.lasts)}"
        what = "Not checked" if window.mode == "pause" else "Checked, nobody told"
        console.print(f"{what}: {who}, {when} ({zone})", highlight=False, markup=False)


def _local(when: datetime, zone: str) -> str:
    """One without an offset is in the zone already; one at an end of the calendar stays as it was written."""
    with suppress(OverflowError):
        when = when.astimezone(ZoneInfo(zone)) if when.tzinfo else when
    return f"{when:%Y-%m-%d %H:%M}"


def _clock(at: float, config: WatchConfig) -> str:
    return datetime.fromtimestamp(at, ZoneInfo(config.time_zone)).strftime("%a %H:%M:%S")
