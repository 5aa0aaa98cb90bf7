"""The sandbox for every kind of target, by flag or for good by the template; and who cannot answer at all."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liveavatar_ops.health.cli import app
from liveavatar_ops.health.facts import Depth, Facts, Refusal
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.owner import this_process
from liveavatar_ops.health.plan import Asked, Planned, Usage, plan
from liveavatar_ops.health.references import price
from liveavatar_ops.health.verdicts import Cause
from tests.support.health_facts import healthy

WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
JUNE = "a1b2c3d4-0001-4000-8000-000000000001"
SECRET = "0b5f3a52-6a3e-4e41-9d50-0d6a52a4f0a1"
ENV = {"LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_API_URL": "http://127.0.0.1:1"}


def stack(health: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    body = {"mode": "LITE", "avatar_id": WAYNE, "is_sandbox": False, **more}
    return {"templates": {"desk": {"name": "desk", "body": body, "digest": "as deployed", "health": health}}}


def only(asked: Asked, outputs: dict[str, Any]) -> Planned:
    (check,) = plan(asked, outputs_of=lambda _: outputs)
    return check


def test_a_template_of_a_stack_can_be_checked_in_the_sandbox():
    """Free and at most a minute; the digest is still that of what is deployed."""
    outputs = stack(max_session_duration=900)

    check = only(Asked(stack="prod", sandbox=True, max_credits=Decimal(0)), outputs)

    assert (check.target.body["is_sandbox"], check.target.body["max_session_duration"]) == (True, 60)
    assert price(check.target.body, 59) == 0
    assert check.target.facts(Depth.VIDEO).sandbox
    assert check.target.facts(Depth.VIDEO).max_session_duration_s == 60
    assert check.target.digest == "as deployed"
    assert outputs["templates"]["desk"]["body"]["max_session_duration"] == 900


@pytest.mark.parametrize(
    ("body", "longest_s"), [({}, None), ({"max_session_duration": 90}, 90), ({"is_sandbox": True}, 60)]
)
def test_how_long_a_session_may_last_is_known_before_it_is_started(
    body: dict[str, Any], longest_s: int | None
):
    """A template that names no length is a minute long in the sandbox all the same."""
    facts = only(Asked(stack="prod"), stack(**body)).target.facts(Depth.VIDEO)

    assert facts.max_session_duration_s == longest_s


@pytest.mark.parametrize(("asked", "sandbox"), [(None, True), (True, True), (False, False)])
def test_a_template_may_allow_the_sandbox_for_good(tmp_path: Path, asked: bool | None, sandbox: bool):
    """`sandbox: true` in its health block, over which --no-sandbox wins; limits beside it stay limits."""
    file = tmp_path / "desk.yaml"
    file.write_text(f"avatar_id: {WAYNE}\nhealth:\n  sandbox: true\n  watch_s: 4\n")

    for check in (
        only(Asked(stack="prod", sandbox=asked), stack({"sandbox": True, "watch_s": 4})),
        only(Asked(template_files=[file], sandbox=asked), {}),
    ):
        assert check.target.body["is_sandbox"] is sandbox
        assert check.limits.watch_s == 4


def test_without_a_word_a_template_is_checked_as_it_is():
    """A customer's session costs credits, and is what proves most."""
    assert only(Asked(stack="prod"), stack()).target.body["is_sandbox"] is False
    assert only(Asked(stack="dev"), stack(is_sandbox=True)).target.body["is_sandbox"] is True


def test_a_wish_that_is_no_yes_or_no_is_named_with_its_line(tmp_path: Path):
    """`sandbox: maybe` beside a wrong limit: both."""
    file = tmp_path / "desk.yaml"
    file.write_text(f"avatar_id: {WAYNE}\nhealth:\n  sandbox: maybe\n  wach_s: 4\n")

    with pytest.raises(Usage) as raised:
        plan(Asked(template_files=[file]))

    assert raised.value.problems == [
        f"{file}:3: health.sandbox: should be true or false",
        f"{file}:4: health.wach_s: no such limit; did you mean watch_s?",
    ]


def test_an_avatar_that_the_sandbox_does_not_show_is_told_with_its_cure():
    """The service's own refusal, and what to do about it."""
    refusal = Refusal(step="start", error="Invalid", status=400, sentence="Not available in sandbox mode.")

    def judged(avatar_id: str, *, sandbox: bool) -> str:
        facts: Facts = healthy(refusal=refusal)
        target = facts.target.model_copy(update={"sandbox": sandbox, "avatar_id": avatar_id})
        found = judge(facts.model_copy(update={"target": target}), Limits())
        assert found.cause is Cause.CONFIGURATION
        return found.next_step

    assert "--no-sandbox" in judged(JUNE, sandbox=True)
    assert WAYNE in judged(JUNE, sandbox=True)
    assert "--no-sandbox" not in judged(JUNE, sandbox=False)
    assert "--no-sandbox" not in judged(WAYNE, sandbox=True)


def test_templates_that_nothing_answers_for_are_refused_at_depth_conversation(tmp_path: Path):
    """All of them at once, before any call; FULL mode talks by itself."""
    files = {
        "mute": f"avatar_id: {WAYNE}\n",
        "still": f"avatar_id: {WAYNE}\nis_sandbox: true\n",
        "full": f"mode: FULL\navatar_id: {WAYNE}\navatar_persona: {{language: en}}\n",
        "talks": f"avatar_id: {WAYNE}\nopenai_realtime_config: {{secret_id: {SECRET}}}\n",
    }
    paths = [tmp_path / f"{name}.yaml" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text)
    flags = [word for path in paths for word in ("--template-file", str(path))]

    said = CliRunner().invoke(app, ["check", *flags, "--depth", "conversation", "--no-evidence"], env=ENV)

    assert said.exit_code == 2
    assert said.stderr.splitlines() == [
        f"liveavatar-ops: {path}: {path.stem} has no openai_realtime_config, so nothing can answer; use "
        "--depth video, or add it"
        for path in paths[:2]
    ]
    assert len(plan(Asked(template_files=paths))) == 4


def test_an_avatar_by_its_id_is_told_which_flag_is_missing():
    """Without a key nobody answers; the flag is named."""
    with pytest.raises(Usage, match="--secret-id"):
        plan(Asked(flags={"avatar": WAYNE}, depth=Depth.CONVERSATION))


def test_every_template_file_that_was_named_is_checked(tmp_path: Path):
    """Two files, two results, in the order typed; the same file twice is one check."""
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(f"avatar_id: {WAYNE}\n")
    files = [str(tmp_path / f"{name}.yaml") for name in ("b", "a", "b")]
    flags = [word for file in files for word in ("--template-file", file)]

    said = CliRunner().invoke(
        app, ["check", *flags, "--depth", "api", "--json", "--no-evidence"],
        env={**ENV, "LIVEAVATAR_OPS_STATE": str(tmp_path / "state")},
    )  # fmt: skip

    assert said.exit_code == 3
    assert [each["target"]["name"] for each in json.loads(said.stdout)["results"]] == ["b", "a"]


def test_the_janitor_ends_with_1_while_a_session_of_another_api_may_bill(tmp_path: Path):
    """And says whose it is; nothing is asked of the address that was given."""
    ledger = Ledger(tmp_path / "state" / "ledger.sqlite3")
    nobody = this_process().model_copy(update={"pid": 2**22 + 1})
    ledger.plan("check", target="desk", api_url="http://127.0.0.1:9", parent=nobody, deadline_at=9e9)
    ledger.minted("check", "session-1")
    env = {**ENV, "LIVEAVATAR_OPS_STATE": str(tmp_path / "state")}

    plain = CliRunner().invoke(app, ["janitor"], env=env)
    as_json = CliRunner().invoke(app, ["janitor", "--json"], env=env)

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert "it belongs to http://127.0.0.1:9; set LIVEAVATAR_API_URL" in plain.stderr
    assert "session-1" in json.loads(as_json.stdout)["elsewhere"][0]
