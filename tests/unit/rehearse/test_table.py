"""Laws of the fault table: it is whole, it can be played, and every row says why."""

import re
from pathlib import Path
from typing import get_args

import pytest

from liveavatar_emulator.fault_table import KINDS
from liveavatar_emulator.faults import Rule
from liveavatar_emulator.world import catalog
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.overrides import pairs
from liveavatar_ops.health.verdicts import Cause, Verdict
from liveavatar_ops.rehearse import row as rows_of
from liveavatar_ops.rehearse.lane import limits_for
from liveavatar_ops.rehearse.row import Row, Wrong, play
from liveavatar_ops.rehearse.table import (
    CAUSES_WITHOUT_ROW,
    FAULTS_WITHOUT_ROW,
    TABLE,
    NoSuchRow,
    rows,
)

each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)


def test_every_fault_of_the_emulator_has_a_row_or_an_excuse():
    """A fault that is added to the emulator is rehearsed, or somebody says why not."""
    played = {name for row in TABLE for name in row.plays}

    assert set(KINDS) == played | set(FAULTS_WITHOUT_ROW)
    assert not played & set(FAULTS_WITHOUT_ROW)


def test_every_cause_is_reached_or_excused():
    """A cause that is added to the verdicts is rehearsed, or somebody says why not."""
    reached = {row.cause for row in TABLE}

    assert set(Cause) == reached | set(CAUSES_WITHOUT_ROW)
    assert not reached & set(CAUSES_WITHOUT_ROW)


def test_every_way_to_be_wrong_is_rehearsed():
    """What the caller can get wrong is in the table."""
    assert {row.wrong for row in TABLE} - {None} == set(get_args(Wrong))


def test_the_table_is_large_and_holds_healthy_looks():
    """At least twenty faults, and every look that must not be taken for one."""
    sick = [row for row in TABLE if row.verdict is not Verdict.HEALTHY]
    looks = {row.name for row in TABLE if row.verdict is Verdict.HEALTHY}

    assert len(sick) >= 20
    assert {"studio", "plain", "dark", "vertical", "scene_cut", "talks"} <= looks


def test_names_are_unique():
    """A row is asked for by its name."""
    names = [row.name for row in TABLE]

    assert sorted(set(names)) == sorted(names)


def test_the_guide_names_every_row(root: Path):
    """A row that is added is added to docs/rehearsing.md too, and none that went is still there."""
    listed = (
        (root / "docs" / "rehearsing.md").read_text().partition("## Rows")[2].partition("Not rehearsed")[0]
    )

    named = set(re.findall(r"`([a-z_]+)`", listed))
    assert named == {row.name for row in TABLE}


@each_row
def test_the_emulator_can_play_it(row: Row):
    """Every fault has the parameters that the emulator's own table knows."""
    for played in row.faults:
        Rule.model_validate(played)


@each_row
def test_the_row_says_why(row: Row):
    """A sentence, for whoever wonders who is right."""
    assert row.why.endswith(".")
    assert len(row.why) > 15


@each_row
def test_its_limits_can_be_used(row: Row):
    """No misspelt limit, no crossed lines; and one line of a pair is never moved without the other."""
    limits = limits_for(row)

    for mild, harsh in pairs():
        assert (mild in row.limits) == (harsh in row.limits)
    assert limits.watch_s >= 2


@each_row
def test_only_waits_are_shortened(row: Row):
    """What a row is judged by is what a user is alarmed by: rows move windows, deadlines and join lines."""
    moved = {name for name in row.all_limits if "degraded" in name or "unhealthy" in name}

    assert moved <= {"join_degraded_s", "join_unhealthy_s"}


@each_row
def test_healthy_has_no_cause_and_others_have_one(row: Row):
    """As the judge has it."""
    assert (row.verdict is Verdict.HEALTHY) == (row.cause is Cause.NONE)


@each_row
def test_its_avatar_is_the_emulators(row: Row):
    """The ids are written here and there, on purpose: the two share no code."""
    assert row.avatar in {each.id for each in catalog.avatars()}


def test_the_looks_are_the_looks():
    """MAREK is dark, INES stands upright."""
    looks = {each.id: each.look for each in catalog.avatars()}

    seen = [looks[each] for each in (rows_of.WAYNE, rows_of.STARTER, rows_of.MAREK, rows_of.INES)]
    assert seen == ["studio", "plain", "dark", "vertical"]
    assert rows_of.NOBODY not in looks


def test_a_name_is_a_rows_or_that_of_a_fault_it_plays():
    """Who types a fault's name means every row that plays it."""
    found = [row.name for row in rows(["late_avatar", "black"], Depth.CONVERSATION)]

    assert found == ["late_avatar", "too_late_avatar", "black", "unhurried"]


def test_depth_leaves_deeper_rows_out():
    """`--depth session` needs no media."""
    assert {row.depth for row in rows([], Depth.SESSION)} == {Depth.API, Depth.SESSION}


def test_all_wrong_names_are_said_at_once():
    """A misspelt one with its neighbour, an excused one with its excuse, a deeper one with its depth."""
    with pytest.raises(NoSuchRow) as told:
        rows(["frozn", "hang_after", "mute", "black"], Depth.VIDEO)

    misspelt, excused, deeper = str(told.value).splitlines()
    assert misspelt.endswith("did you mean frozen?")
    assert FAULTS_WITHOUT_ROW["hang_after"] in excused
    assert "depth conversation" in deeper


def test_a_fault_befalls_the_calls_it_names():
    """The emulator's own form."""
    assert play("slow", path="/start", delay_s=4) == {
        "fault": {"name": "slow", "delay_s": 4},
        "path": "/start",
    }
