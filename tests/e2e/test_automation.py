"""The same provider through the Automation API, with the program inside the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from pulumi import automation

from pulumi_liveavatar import Context, Secret, SessionTemplate, aws_secret
from tests.support.engine import ROOT

pytestmark = pytest.mark.engine

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"


@pytest.fixture
def stack_of(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., automation.Stack]]:
    """Makes stacks of inline programs, and destroys them afterwards."""
    made: list[automation.Stack] = []
    # An inline program runs in this process, and asks Secrets Manager from here.
    for name, value in world.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)

    def make(program: Callable[[], None], name: str = "qa") -> automation.Stack:
        folder = world.tmp / name
        folder.mkdir(exist_ok=True)
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder),
            env_vars={**world.env, "PULUMI_PYTHON_CMD": str(ROOT / ".venv/bin/python")},
            pulumi_command=automation.PulumiCommand(root=str(ROOT / ".venv")),
            project_settings=automation.ProjectSettings(name="auto", runtime="python"),
        )
        stack = automation.create_or_select_stack(name, project_name="auto", program=program, opts=options)
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.destroy(on_output=None)


def changes(result: Any) -> dict[str, int]:
    return {k: v for k, v in (result.summary.resource_changes or {}).items() if k != "same" and v}


class Desk:
    """A program whose pieces a test changes between ups."""

    def __init__(self) -> None:
        self.prompt = "You greet people."
        self.name: str | None = None
        self.voice = "alloy"
        self.secret_type = "OPENAI_API_KEY"

    def __call__(self) -> None:
        secret = Secret(
            "openai",
            secret_type=self.secret_type,
            aws=aws_secret("dev/liveavatar/openai", json_key="api_key"),
        )
        more = {"name": self.name} if self.name else {}
        context = Context("greeter", prompt=self.prompt, opening_text="Hello!", **more)
        template = SessionTemplate(
            "desk",
            mode="LITE",
            avatar_id=AVATAR,
            is_sandbox=True,
            openai_realtime_config={"secret_id": secret.id, "context_id": context.id, "voice": self.voice},
        )
        pulumi.export("body", template.body)
        pulumi.export("context", context.id)


def test_each_change_touches_what_it_must(stack_of: Callable[..., automation.Stack]) -> None:
    """Prompt, name and voice change in place; only a secret is replaced."""
    desk = Desk()
    stack = stack_of(desk)

    assert changes(stack.up()) == {"create": 4}, "three resources of ours and the stack"
    assert changes(stack.up()) == {}
    desk.voice = "cedar"
    assert changes(stack.up()) == {"update": 1}
    desk.prompt = "You greet people warmly."
    assert changes(stack.up()) == {"update": 1}
    before = stack.outputs()["context"].value
    desk.name = "greeter-by-another-name"
    assert changes(stack.up()) == {"update": 1}
    assert stack.outputs()["context"].value == before, "a new name is no new object"
    assert stack.outputs()["body"].value["openai_realtime_config"]["voice"] == "cedar"


def test_a_preview_of_nothing_yet_does_not_fail(stack_of: Callable[..., automation.Stack]) -> None:
    """Ids that are not known yet pass through check and diff of every kind."""
    preview = stack_of(Desk()).preview()

    assert preview.change_summary["create"] == 4


def test_a_secret_that_is_gone_is_made_anew(
    world: SimpleNamespace, stack_of: Callable[..., automation.Stack]
) -> None:
    """Deleted behind our back: refresh forgets it, up makes it, the template follows."""
    stack = stack_of(Desk())
    stack.up()
    (old,) = world.api.get("/v1/secrets")
    world.api.delete(f"/v1/secrets/{old['id']}")

    stack.refresh()
    stack.up()

    (new,) = world.api.get("/v1/secrets")
    assert stack.outputs()["body"].value["openai_realtime_config"]["secret_id"] == new["id"] != old["id"]
    assert changes(stack.up()) == {}


def test_destroy_is_content_with_what_is_already_gone(
    world: SimpleNamespace, stack_of: Callable[..., automation.Stack]
) -> None:
    """Objects deleted by hand do not stop a destroy."""
    stack = stack_of(Desk())
    stack.up()
    for secret in world.api.get("/v1/secrets"):
        world.api.delete(f"/v1/secrets/{secret['id']}")
    for context in world.api.get("/v1/contexts")["results"]:
        world.api.delete(f"/v1/contexts/{context['id']}")

    stack.destroy()

    assert stack.export_stack().deployment.get("resources", []) == []


def test_two_stacks_of_one_account_stay_apart(
    world: SimpleNamespace, stack_of: Callable[..., automation.Stack]
) -> None:
    """Names carry project and stack, so `qa` and `blue` do not take each other's objects over."""
    stack_of(Desk(), "qa").up()
    stack_of(Desk(), "blue").up()

    names = sorted(c["name"] for c in world.api.get("/v1/contexts")["results"])
    assert names == ["auto-blue-greeter", "auto-qa-greeter"]


def test_a_hundred_contexts_make_pages_not_mistakes(
    world: SimpleNamespace, stack_of: Callable[..., automation.Stack], tmp_path: Path
) -> None:
    """More objects than a page holds: found by name, unchanged at the second up, gone after destroy."""

    def many() -> None:
        for number in range(100):
            Context(f"c{number:03}", prompt=f"You are number {number}.")

    stack = stack_of(many)

    assert changes(stack.up()) == {"create": 101}
    assert changes(stack.up()) == {}
    stack.refresh()
    assert changes(stack.up()) == {}
    stack.destroy()
    assert world.api.get("/v1/contexts")["count"] == 0
