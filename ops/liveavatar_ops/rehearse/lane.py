"""One lane of a rehearsal: an emulator of its own, on which rows are rehearsed one after another."""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from liveavatar_ops.health.api_side import cleaning
from liveavatar_ops.health.evidence.contact_sheet import write_contact_sheet
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.janitor import sweep
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.owner import Liveness
from liveavatar_ops.health.places import why_of
from liveavatar_ops.health.report import health_result
from liveavatar_ops.health.runner import Checked, Runner
from liveavatar_ops.health.target import Target
from liveavatar_ops.health.verdicts import Judgement
from liveavatar_ops.rehearse.emulator import REVOKED, Emulator, Things
from liveavatar_ops.rehearse.outcome import Outcome, outcome_of
from liveavatar_ops.rehearse.row import JUNE, NOBODY, Row
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.connectors import ROOMS
from pulumi_liveavatar.api.errors import LiveAvatarError
from pulumi_liveavatar.api.sessions import Sessions
from pulumi_liveavatar.api.token_body import token_body
from pulumi_liveavatar.settings import Settings

CONNECTOR = "openai_realtime_config"
ROW_MOST_S, EMULATOR_LONGEST_S = 120, 3600
"""No row needs a longer session than the first; the emulator's plan allows none longer than the second."""
NOBODY_LISTENS = "http://127.0.0.1:1"  # tcpmux: assigned in 1988 and served by nobody since


class Lane:
    """Rehearses rows on one emulator. Used by one thread; `stop_wish` ends the running row in order."""

    def __init__(
        self,
        emulator: Emulator,
        folder: Path,
        stop_wish: threading.Event,
        *,
        template: Target | None = None,
        evidence: Path | None = None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._emulator = emulator
        self._ledger = Ledger(folder / "ledger.sqlite3")
        self._stop_wish = stop_wish
        self._template = template
        self._evidence = evidence
        self._warn = warn

    def rehearse(self, row: Row, turn: int, *, on_phase: Callable[[str], None] = lambda _: None) -> Outcome:
        """Play the row's faults, check, count what is open. Raises Interrupted when asked to end."""
        begun = time.monotonic()
        self._emulator.clear()
        for played in row.faults:
            self._emulator.play(played)
        limits = limits_for(row, self._template)
        body = body_for(row, self._emulator.things, self._template)
        target = Target(row.name, "the fault table", body)
        settings = _settings_for(row, self._emulator.settings)
        try:
            runner = Runner(settings, self._ledger, stop_wish=self._stop_wish, on_phase=on_phase)
            checked = runner.check(target.facts(row.depth), body, limits)
        finally:
            self._emulator.clear()
            left_open = self._clean_up(row)
        judgement = judge(checked.facts, limits)
        self._keep(row, turn, checked, judgement, limits)
        return outcome_of(
            row,
            turn,
            checked.facts,
            judgement,
            limits,
            left_open=left_open,
            took_s=time.monotonic() - begun,
        )

    def _clean_up(self, row: Row) -> int:
        """How many sessions the check (or, where the row says so, its janitor) left open; then end them."""
        with LiveAvatarClient(cleaning(self._emulator.settings)) as client:
            stop = Sessions(client).stop
            if row.left_for_janitor:  # as if this process, the check's parent, had ended with the check
                api_url = self._emulator.settings.api_url
                sweep(self._ledger, stop, api_url=api_url, alive=lambda _: Liveness.dead)
            left = self._emulator.open_sessions()
            for session_id in left:
                with contextlib.suppress(LiveAvatarError):  # counted as open already
                    stop(session_id)
        return len(left)

    def _keep(self, row: Row, turn: int, checked: Checked, judgement: Judgement, limits: Limits) -> None:
        if self._evidence is None:
            return
        folder = self._evidence / (row.name if turn == 1 else f"{row.name}-{turn}")
        try:
            self._write(folder, checked, judgement, limits)
        except OSError as why:
            self._warn(f"The evidence in {folder} could not be written: {why_of(why)}.")

    def _write(self, folder: Path, checked: Checked, judgement: Judgement, limits: Limits) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        result = health_result(checked.facts, judgement, limits)
        write_whole(folder / "result.json", result.to_json(indent=2) + "\n")
        if checked.pictures:
            sheet = folder / "contact-sheet.png"
            write_contact_sheet(sheet, checked.facts, judgement, checked.pictures, limits)


def limits_for(row: Row, template: Target | None = None) -> Limits:
    """
    The template's own lines, and over them the row's windows, which are too short for some lines of a
    template: its row then shows that it was not reached. Raises LimitsError.
    """
    theirs = [(template.where, template.limits)] if template else []
    return Limits.model_validate({**limits_from(*theirs).model_dump(), **row.all_limits})


def body_for(row: Row, things: Things, template: Target | None = None) -> dict[str, Any]:
    """
    The token body to check: the row's, or the given template's with ids that this emulator knows.

    Of a template its video settings, voice, model and the rest stay as they are; but not its sandbox, which
    has none of the rows' avatars, nor a duration that would cut a row short, nor a room of its own.
    """
    raw: dict[str, Any] = {"video_settings": {"quality": row.quality}, CONNECTOR: {}}
    if template is not None:
        kept = {name: value for name, value in template.body.items() if name not in ROOMS}
        raw = {**kept, "is_sandbox": False, CONNECTOR: {**template.body[CONNECTOR]}}
    if (longest := raw.get("max_session_duration")) is not None:
        raw["max_session_duration"] = min(max(longest, ROW_MOST_S), EMULATOR_LONGEST_S)
    raw["avatar_id"] = NOBODY if row.wrong == "avatar" else row.avatar
    if (raw.get("video_settings") or {}).get("quality") == "very_high" and row.wrong != "avatar":
        raw["avatar_id"] = JUNE  # the one avatar of the emulator that has it
    known = {"secret": things.openai_key, "context": things.context}
    if row.wrong == "openai_key":
        known["secret"] = things.revoked_key
    elif row.wrong in known:
        known[str(row.wrong)] = str(uuid.UUID(NOBODY))
    raw[CONNECTOR] |= {"secret_id": known["secret"], "context_id": known["context"]}
    return token_body(raw).model_dump(exclude_none=True)


def _settings_for(row: Row, settings: Settings) -> Settings:
    if row.wrong == "address":
        return settings.model_copy(update={"api_url": NOBODY_LISTENS})
    if row.wrong == "api_key":
        return settings.model_copy(update={"api_key": type(settings.api_key)(REVOKED)})
    return settings
