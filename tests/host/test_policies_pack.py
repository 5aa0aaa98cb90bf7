"""The real pack on the real engine: previews only, so no LiveAvatar account is needed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import (
    PULUMI,
    ROOT,
    Done,
    Project,
    engine_env,
    secrets_manager,
    shipped_project,
    small_project,
)
from tests.support.processes import processes_of, until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PULUMI.exists(), reason="no engine: run `python3 toolchain/install.py`"),
]

LEAK = "sk-proj-0123456789abcdefghijkl"
VALUE = "sk-a-value-that-must-not-be-shown"

CLEAN = """
from pulumi_liveavatar.aws import AwsSecret
from pulumi_liveavatar.context import Context
from pulumi_liveavatar.secret import Secret
from pulumi_liveavatar.session_template import SessionTemplate

key = Secret("openai", aws=AwsSecret(secret_id="dev/openai", version_id="0123456789abcdef0123456789abcdef"))
desk = Context("desk", prompt="You greet people.", opening_text="Hello.")
SessionTemplate(
    "front",
    avatar_id="dd73ea75-1218-4ef3-92ce-606d5f7fbc0a",
    is_sandbox=True,
    max_session_duration=60,
    openai_realtime_config={"secret_id": key.id, "context_id": desk.id, "model": "gpt-realtime-2.1"},
)
"""

FAULTY = f"""
from pulumi_liveavatar.context import Context
from pulumi_liveavatar.secret import Secret
from pulumi_liveavatar.session_template import SessionTemplate

key = Secret("openai", value="{VALUE}")
desk = Context("desk", prompt="You greet people.\\nThe key is {LEAK}.", opening_text="Hello.", name="desk")
SessionTemplate(
    "front",
    avatar_id="dd73ea75-1218-4ef3-92ce-606d5f7fbc0a",
    is_sandbox=True,
    openai_realtime_config={{"secret_id": key.id, "context_id": desk.id}},
)
"""


@pytest.fixture(autouse=True)
def nobody_stays(tmp_path: Path) -> Iterator[None]:
    """A pack is a process; when the engine has ended, it has too."""
    yield
    until(lambda: not processes_of(tmp_path))


def project(tmp: Path, program: str, stack: str) -> Project:
    """A project with the program, and our pack beside it as in the checkout."""
    env = engine_env(tmp, LIVEAVATAR_API_KEY="none", LIVEAVATAR_API_URL="http://127.0.0.1:9")
    made = small_project(tmp, program, env, stack)
    shutil.copytree(ROOT / "policies", made.folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    return made


def preview(made: Project, *more: str) -> Done:
    # Without this a preview prints one document that has no room for violations.
    env = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    command = ["preview", "--stack", made.stack, "--policy-pack", "policies", "--json", *more]
    return made.pulumi(*command, env=env, may_fail=True)


def violations(done: Done) -> dict[str, str]:
    """Level of each violated rule, by name."""
    return {
        event["policyEvent"]["policyName"]: event["policyEvent"]["enforcementLevel"]
        for event in done.events
        if "policyEvent" in event
    }


def said(done: Done) -> str:
    return done.out + done.err


def test_a_clean_program_has_no_violation_though_ids_are_not_known_yet(tmp_path: Path) -> None:
    """
    Before the first up neither the secret's nor the context's id exists; no rule stumbles over that.
    """
    done = preview(project(tmp_path, CLEAN, "dev"))

    assert done.code == 0, said(done)
    assert violations(done) == {}
    assert "can't run policy" not in said(done)


def test_mistakes_in_development_are_refused_or_remarked_upon(tmp_path: Path) -> None:
    """
    All are told at once: the leak and the name stop the preview, the rest is advice.
    """
    done = preview(project(tmp_path, FAULTY, "dev"))

    assert done.code != 0
    assert violations(done) == {
        "context-without-secrets": "mandatory",
        "name-begins-with-project-and-stack": "mandatory",
        "secret-from-aws": "advisory",
        "session-template-model-stays": "advisory",
    }
    assert "Context desk: prompt, line 2," in said(done)


def test_production_is_held_to_more(tmp_path: Path) -> None:
    """
    The same program on a production stack: the sandbox and the value in the state are refused as well.
    """
    done = preview(project(tmp_path, FAULTY, "prod"))

    assert violations(done) == {
        "context-without-secrets": "mandatory",
        "name-begins-with-project-and-stack": "mandatory",
        "secret-from-aws-in-production": "mandatory",
        "session-template-model-stays": "advisory",
        "session-template-no-sandbox-in-production": "mandatory",
    }


def test_the_pack_never_repeats_a_secret(tmp_path: Path) -> None:
    """
    Rules see values in plain text; what they say holds none.
    """
    done = preview(project(tmp_path, FAULTY, "dev"))

    messages = [event["policyEvent"]["message"] for event in done.events if "policyEvent" in event]
    assert messages
    assert not any(LEAK in message or VALUE in message for message in messages)


def test_what_production_is_can_be_told_to_the_pack(tmp_path: Path) -> None:
    """
    `--policy-pack-config` reaches the rules: here `dev` counts as production and one rule is off.
    """
    made = project(tmp_path, CLEAN, "dev")
    config = {
        "session-template-no-sandbox-in-production": {"productionStacks": ["dev"]},
        "session-template-model-stays": "disabled",
    }
    (made.folder / "rules.json").write_text(json.dumps(config))

    done = preview(made, "--policy-pack-config", "rules.json")

    assert violations(done) == {"session-template-no-sandbox-in-production": "mandatory"}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_what_we_ship_keeps_the_rules(tmp_path: Path, stack: str) -> None:
    """
    In every environment our own catalog has nothing but advice to be given.
    """
    with secrets_manager() as aws:
        aws.put(f"{stack}/liveavatar/openai", VALUE)
        env = engine_env(
            tmp_path, LIVEAVATAR_API_KEY="none", LIVEAVATAR_API_URL="http://127.0.0.1:9", **aws.env
        )

        done = preview(shipped_project(tmp_path, env, stack))

    assert done.code == 0, said(done)
    assert set(violations(done).values()) <= {"advisory"}
    assert VALUE not in said(done)
