"""The command line: complaints all at once, exit codes, and a stdout that a program can read."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liveavatar_ops.cli import app as whole
from liveavatar_ops.health.checking import final_exit_code, worst
from liveavatar_ops.health.cli import app
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.plan import Asked, Usage, plan
from liveavatar_ops.health.verdicts import Verdict
from tests.support.health_outcome import AVATAR, outcome


def body(sandbox: bool = False, mode: str = "LITE") -> dict[str, Any]:
    return {"mode": mode, "avatar_id": AVATAR, "is_sandbox": sandbox}


def outputs(**templates: dict[str, Any]) -> dict[str, Any]:
    return {
        "templates": {name: {"name": name, "body": held, "digest": "d"} for name, held in templates.items()}
    }


H, D, U, I = (Verdict.HEALTHY, Verdict.DEGRADED, Verdict.UNHEALTHY, Verdict.INCONCLUSIVE)  # noqa: E741 -- a table's letters


@pytest.mark.parametrize(
    ("verdicts", "code", "strict_code"),
    [
        ([H], 0, 0),
        ([D], 0, 1),
        ([U], 1, 1),
        ([I], 3, 3),
        ([H, D], 0, 1),
        ([I, H], 3, 3),
        ([I, D], 3, 3),
        ([I, U], 1, 1),
        ([H, U, I], 1, 1),
    ],
)
def test_the_worst_of_several_checks_decides_the_exit_code(
    verdicts: list[Verdict], code: int, strict_code: int
):
    """Unhealthy beats inconclusive, whose number is larger but whose claim is weaker."""
    outcomes = [outcome(verdict) for verdict in verdicts]

    assert final_exit_code(outcomes, len(outcomes), strict=False) == code
    assert final_exit_code(outcomes, len(outcomes), strict=True) == strict_code
    assert worst(outcomes) in verdicts


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], ["Nothing to check"], id="nothing"),
        pytest.param(["--stack", "dev", "--avatar", AVATAR], ["--stack and --avatar"], id="two ways"),
        pytest.param(
            ["--avatar", AVATAR, "--template", "x"], ["--template: names a template"], id="no stack"
        ),
        pytest.param(["--avatar", AVATAR, "--watch-for", "0"], ["--watch-for: should be"], id="no watch"),
        pytest.param(["--avatar", AVATAR, "--watch-for", "nan"], ["--watch-for: should be"], id="nan"),
        pytest.param(["--avatar", AVATAR, "--max-credits", "-1"], ["--max-credits: should be 0"], id="minus"),
        pytest.param(
            ["--avatar", AVATAR, "--max-credits", "x"], ["--max-credits: should be a number"], id="x"
        ),
        pytest.param(
            ["--avatar", AVATAR, "--max-credits", "0"],
            ["costs at least 1 credit, but only 0 may be spent"],
            id="budget",
        ),
        pytest.param(["--avatar", AVATAR, "--limit", "gap"], ["write it as name=value"], id="no equals"),
        pytest.param(
            ["--avatar", AVATAR, "--limit", "gap_unhealty_s=1"], ["did you mean gap_unhealthy_s"], id="limit"
        ),
        pytest.param(
            ["--avatar", "june", "--limit", "nope=1", "--watch-for", "-1"],
            ["--avatar: must be", "nope: no such limit", "--watch-for: should be"],
            id="three at once",
        ),
        pytest.param(["--template-file", "none.yaml"], ["none.yaml: cannot be read"], id="no file"),
        pytest.param(
            ["--avatar", AVATAR, "--evidence", "x", "--no-evidence"],
            ["--evidence and --no-evidence"],
            id="both",
        ),
        pytest.param(
            ["--avatar", AVATAR, "--depth", "vdeo"],
            ["'--depth': 'vdeo' is not one of api, session, video, conversation; did you mean 'video'?"],
            id="depth",
        ),
        pytest.param(
            ["--avatar", AVATAR, "--limit", "fps_degraded=abc", "--limit", "lips_may_fail=7"],
            ["fps_degraded: 'abc' should be a number\n", "lips_may_fail: '7' should be true or false\n"],
            id="no number",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_lines_and_ends_with_2(arguments: list[str], said: list[str]):
    """Nothing on stdout even with --json, no traceback, every problem at once."""
    result = CliRunner().invoke(app, ["check", *arguments, "--json"], env={"LIVEAVATAR_API_KEY": "k" * 20})

    assert result.exit_code == 2
    assert result.stdout == ""
    for sentence in said:
        assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_key_is_named_together_with_the_other_problems():
    """The variable and the config key, beside what is wrong with the target."""
    result = CliRunner().invoke(app, ["check", "--avatar", "june"], env={"LIVEAVATAR_API_KEY": None})

    assert result.exit_code == 2
    assert "LIVEAVATAR_API_KEY (config key liveavatar:apiKey" in result.stderr
    assert "--avatar: must be a UUID" in result.stderr


def test_a_stack_is_checked_template_by_template():
    """Every template, in order of name, with the limits of the command line over its own."""
    held = outputs(night=body(), desk=body())
    held["templates"]["desk"]["health"] = {"watch_s": 20, "gap_unhealthy_s": 4}

    planned = plan(
        Asked(stack="dev", watch_for_s=3.0, limits=("gap_unhealthy_s=5",)), outputs_of=lambda _: held
    )

    assert [check.target.name for check in planned] == ["desk", "night"]
    assert (planned[0].limits.watch_s, planned[0].limits.gap_unhealthy_s) == (3.0, 5.0)


def test_a_flag_is_held_against_the_limits_of_the_template_and_not_against_the_defaults():
    """A template that waits longer may be judged later; one that does not is refused once for all."""
    held = outputs(desk=body(), hall=body())
    for each in held["templates"].values():
        each["health"] = {"answer_deadline_s": 20}

    planned = plan(Asked(stack="dev", limits=("answer_unhealthy_s=15",)), outputs_of=lambda _: held)
    longer = Asked(stack="dev", limits=("frozen_unhealthy_s=30",), watch_for_s=40)

    assert [check.limits.answer_unhealthy_s for check in planned] == [15, 15]
    assert len(plan(longer, outputs_of=lambda _: held)) == 2
    with pytest.raises(Usage) as caught:
        plan(Asked(stack="dev", limits=("answer_unhealthy_s=25",)), outputs_of=lambda _: held)
    (once,) = caught.value.problems
    assert once == (
        "--limit: answer_unhealthy_s: answer_unhealthy_s=25 is never reached: a check ends after "
        "answer_deadline_s=20; raise that or lower answer_unhealthy_s"
    )


@pytest.mark.parametrize(
    ("templates", "allowed", "leave_after"),
    [
        pytest.param([body()], "1", [60.0], id="one minute"),
        pytest.param([body()], "3", [180.0], id="three minutes"),
        pytest.param([body(mode="FULL")], "3", [60.0], id="full costs two"),
        pytest.param([body(), body()], "3", [120.0, 60.0], id="the first runs on"),
        pytest.param([body(sandbox=True), body()], "1", [None, 60.0], id="sandbox is free"),
        pytest.param([body(sandbox=True)], "0", [None], id="nothing allowed, nothing spent"),
    ],
)
def test_a_budget_bounds_the_length_of_sessions(
    templates: list[dict[str, Any]], allowed: str, leave_after: list[float | None]
):
    """A session is over before the minute begins that nobody allowed."""
    held = outputs(**{f"t{i}": each | _persona(each) for i, each in enumerate(templates)})

    planned = plan(Asked(stack="dev", max_credits=Decimal(allowed)), outputs_of=lambda _: held)

    assert [check.leave_after_s for check in planned] == leave_after


def _persona(held: dict[str, Any]) -> dict[str, Any]:
    return {"avatar_persona": {"language": "en"}} if held["mode"] == "FULL" else {}


def test_a_budget_that_does_not_reach_is_refused_before_anything_starts():
    """Two templates cost two credits at least."""
    with pytest.raises(Usage, match="These 2 checks cost at least 2 credits, but only 1 may be spent"):
        plan(Asked(stack="dev", max_credits=Decimal(1)), outputs_of=lambda _: outputs(a=body(), b=body()))


def test_depth_api_costs_nothing():
    """No session, no minute."""
    asked = Asked(stack="dev", depth=Depth.API, max_credits=Decimal(0))

    assert len(plan(asked, outputs_of=lambda _: outputs(a=body()))) == 1


def test_the_janitor_with_nothing_to_do_says_so_and_asks_nobody(tmp_path: Path):
    """No ledger, no call: the address below answers nothing."""
    env = {"LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_API_URL": "http://127.0.0.1:9"}
    env["LIVEAVATAR_OPS_STATE"] = str(tmp_path / "state")

    plain = CliRunner().invoke(app, ["janitor"], env=env)
    as_json = CliRunner().invoke(app, ["janitor", "--json"], env=env)

    assert (plain.exit_code, plain.stdout.splitlines()[0]) == (0, "No probe session is open.")
    assert json.loads(as_json.stdout)["closed"] == []


HEAVY = ("livekit", "numpy", "PIL", "httpx", "pulumi")


def test_every_command_says_in_full_what_it_is_for():
    """The list in --help cuts nothing off; the version is there."""
    listed = CliRunner().invoke(app, ["--help"]).stdout
    version = CliRunner().invoke(whole, ["--version"])

    assert "..." not in listed.partition("Commands:")[2]
    assert (version.exit_code, version.stdout.split()[0]) == (0, "liveavatar-ops")


def test_listing_the_commands_imports_none_of_them():
    """`liveavatar-ops --help` is as quick with twenty commands as with one."""
    code = "import sys; sys.argv = ['liveavatar-ops', '--help']\nfrom liveavatar_ops.cli import app\n"
    code += f"try: app()\nfinally: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "health" in done.stdout
    assert done.stderr.strip() == "[]"


def test_only_the_child_process_imports_livekit():
    """The SDK can take its process down; the parent must not be that process."""
    code = "import sys\nimport liveavatar_ops.health.cli\nprint('livekit' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_explain_prints_every_limit_with_what_was_overridden(tmp_path: Path):
    """From flags and from a template's health block."""
    file = tmp_path / "desk.yaml"
    file.write_text(f"avatar_id: {AVATAR}\nhealth:\n  watch_s: 4\n")

    result = CliRunner().invoke(
        app, ["explain", "--template-file", str(file), "--limit", "gap_unhealthy_s=5", "--json"]
    )

    limits = {row["name"]: row for row in json.loads(result.stdout)["limits"]}
    assert set(limits) == set(Limits.model_fields)
    assert [name for name, row in limits.items() if row["overridden"]] == ["watch_s", "gap_unhealthy_s"]
    assert CliRunner().invoke(app, ["explain", "--limit", "nope=1"]).exit_code == 2
