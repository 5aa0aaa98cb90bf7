"""What was typed, and every complaint about it; how a template of one's own is rehearsed."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liveavatar_ops.cli import app
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.plan import Usage
from liveavatar_ops.health.target import Target
from liveavatar_ops.rehearse.asking import Typed, asked_for
from liveavatar_ops.rehearse.emulator import Things
from liveavatar_ops.rehearse.lane import body_for, limits_for
from liveavatar_ops.rehearse.row import JUNE, NOBODY, STARTER
from liveavatar_ops.rehearse.table import TABLE

THINGS = Things(
    openai_key="00000000-0000-4000-8000-00000000000a",
    revoked_key="00000000-0000-4000-8000-00000000000b",
    context="00000000-0000-4000-8000-00000000000c",
)
BY_NAME = {row.name: row for row in TABLE}
BODY = {
    "mode": "LITE",
    "avatar_id": "11111111-0000-4000-8000-000000000000",
    "video_settings": {"quality": "medium", "encoding": "H264"},
    "max_session_duration": 600,
    "openai_realtime_config": {
        "secret_id": "22222222-0000-4000-8000-000000000000",
        "context_id": "33333333-0000-4000-8000-000000000000",
        "voice": "cedar",
        "model": "gpt-realtime",
        "temperature": 0.7,
    },
}


def template(limits=None, **changes) -> Target:
    return Target("night-desk", "stack dev, template night-desk", {**BODY, **changes}, limits or {})


def outputs(_stack: str) -> dict:
    return {"templates": {"night-desk": {"name": "n", "body": BODY, "digest": "sha256:0", "health": {}}}}


def complaints(typed: Typed, **seams) -> list[str]:
    with pytest.raises(Usage) as told:
        asked_for(typed, emulator=seams.pop("emulator", Path(__file__)), **seams)
    return told.value.problems


def test_all_mistakes_are_said_at_once(tmp_path: Path):
    """Numbers, places, names and a missing emulator, each with its flag."""
    (tmp_path / "file").touch()

    said = complaints(
        Typed(
            faults=("blak",), times=0, at_once=99, template="x", junit=tmp_path, evidence=tmp_path / "file"
        ),
        emulator=tmp_path / "nowhere",
    )

    flags = ["--times", "--at-once", "--junit", "--evidence", "The emulator", "--fault blak"]
    assert [line.startswith(flag) for line, flag in zip(said, flags, strict=False)] == [True] * 6
    assert any("--template" in line for line in said[6:])


def test_a_mistake_on_the_command_line_ends_with_2_and_no_traceback():
    """As every command of ours does."""
    done = CliRunner().invoke(app, ["rehearse", "--fault", "frozn", "--times", "0"])

    assert done.exit_code == 2
    assert "did you mean frozen?" in done.stderr
    assert "--times" in done.stderr
    assert "Traceback" not in done.output


def test_the_list_runs_nothing_and_gives_reasons():
    """Every row, its expectation, its why."""
    done = CliRunner().invoke(app, ["rehearse", "--list"])

    assert done.exit_code == 0
    assert all(row.name in done.stdout for row in TABLE)
    assert "unhealthy, frozen picture" in done.stdout
    assert re.search(r"stop_fails +unhealthy, session left open +depth session\n", done.stdout)


def test_the_list_keeps_to_a_narrow_terminal():
    """A reason is wrapped with its indent; no line is longer than COLUMNS."""
    done = CliRunner().invoke(app, ["rehearse", "--list"], env={"COLUMNS": "64"})

    reasons = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len(reasons) > len(TABLE)
    assert max(map(len, reasons)) <= 64


def test_the_list_is_told_to_machines_too():
    """A document with its schema: what is played, what is expected, why."""
    done = CliRunner().invoke(app, ["rehearse", "--list", "--json", "--fault", "poor_network"])
    told = json.loads(done.stdout)

    assert (done.exit_code, told["schema"]) == (0, "liveavatar-ops.rehearsal_rows/1")
    assert [row["row"] for row in told["rows"]] == ["lossy", "far_away"]
    assert told["rows"][0]["faults"] == list(BY_NAME["lossy"].faults)
    assert told["rows"][0]["expected"] == {"verdict": "inconclusive", "cause": "own_network"}
    assert told["rows"][0]["why"] == BY_NAME["lossy"].why


def test_the_list_writes_no_files(tmp_path: Path):
    """So it does not end with 0 where one was asked for; all that cannot be had is said at once."""
    where = ["--junit", str(tmp_path / "r.xml"), "--evidence", str(tmp_path / "e")]
    done = CliRunner().invoke(app, ["rehearse", "--list", *where, "--times", "0"])

    assert done.exit_code == 2
    flags = [line.split(":")[1].strip() for line in done.stderr.splitlines()]
    assert flags == ["--times", "--junit", "--evidence"]
    assert "nothing is rehearsed with --list" in done.stderr


def test_a_template_without_its_stack_is_told_in_the_words_of_this_command():
    """There is no --avatar here that could be given instead."""
    done = CliRunner().invoke(app, ["rehearse", "--template", "front-desk"])

    assert done.exit_code == 2
    assert "--template: names a template of a stack; give --stack NAME with it" in done.stderr
    assert "--avatar" not in done.stderr


def test_no_more_emulators_than_rows():
    """Eight at once for one row would be seven too many."""
    asked = asked_for(Typed(faults=("black",), at_once=8, times=2), emulator=Path(__file__))

    assert asked.at_once == 2


def test_a_template_of_a_stack_is_taken():
    """Its body and its limits are what is rehearsed."""
    asked = asked_for(Typed(stack="dev", depth=Depth.API), outputs_of=outputs, emulator=Path(__file__))

    assert asked.template is not None
    assert asked.template.body["openai_realtime_config"]["voice"] == "cedar"


def test_a_template_without_the_connector_cannot_be_rehearsed():
    """Nothing of it could be asked or would answer."""
    bare = {key: value for key, value in BODY.items() if key != "openai_realtime_config"}

    said = complaints(Typed(stack="dev"), outputs_of=lambda _: {"templates": {"t": {"body": bare}}})

    assert any("openai_realtime_config" in line for line in said)


def test_a_templates_own_settings_stay_and_its_ids_are_the_emulators():
    """Voice, model, size and duration as declared; avatar, secret and context that exist here."""
    body = body_for(BY_NAME["black"], THINGS, template())

    assert body["video_settings"]["quality"] == "medium"
    assert body["max_session_duration"] == 600
    assert body["avatar_id"] == STARTER
    wanted = BODY["openai_realtime_config"] | {"secret_id": THINGS.openai_key, "context_id": THINGS.context}
    assert body["openai_realtime_config"] == wanted
    assert BODY["avatar_id"].startswith("1111")


def test_the_largest_picture_needs_the_avatar_that_has_it():
    """The emulator, like the service, refuses 1080p for others."""
    assert (
        body_for(BY_NAME["black"], THINGS, template(video_settings={"quality": "very_high"}))["avatar_id"]
        == JUNE
    )


@pytest.mark.parametrize(
    ("row", "place", "value"),
    [
        pytest.param("unknown_avatar", "avatar_id", NOBODY, id="avatar"),
        pytest.param("unknown_secret", "secret_id", NOBODY, id="secret"),
        pytest.param("unknown_context", "context_id", NOBODY, id="context"),
        pytest.param("revoked_openai_key", "secret_id", THINGS.revoked_key, id="key"),
    ],
)
def test_what_the_caller_gets_wrong_is_in_the_body(row: str, place: str, value: str):
    """And nothing else of it differs from a good one."""
    wrong, good = body_for(BY_NAME[row], THINGS), body_for(BY_NAME["plain"], THINGS)
    flat = {**wrong, **wrong["openai_realtime_config"]}

    assert flat[place] == value
    changed = {key for key, held in {**good, **good["openai_realtime_config"]}.items() if flat[key] != held}
    assert changed - {"openai_realtime_config"} == {place}


def test_a_templates_lines_hold_and_the_rows_windows_win():
    """A rehearsal is judged by what the template is judged by; only how long one looks is the row's."""
    limits = limits_for(BY_NAME["black"], template({"gap_degraded_s": 0.7, "watch_s": 60}))

    assert limits.gap_degraded_s == 0.7
    assert limits.watch_s == 5
