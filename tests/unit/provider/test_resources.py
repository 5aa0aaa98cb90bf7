"""What a program author writes, as Pulumi's engine receives it."""

import asyncio
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime import mocks
from pulumi.runtime.settings import reset_options

from pulumi_liveavatar import AwsSecret, Context, Secret, SessionTemplate
from pulumi_liveavatar.context import ContextProvider

SECRET_MARK = "4dabf18193072939515e22adb298388d"
VERSION = "0" * 36
ID = "11111111-2222-4333-8444-555555555555"


class Engine(mocks.Mocks):
    """Keeps what was registered."""

    def __init__(self) -> None:
        self.registered: dict[str, mocks.MockResourceArgs] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.registered[args.name] = args
        return ID, dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def engine() -> Iterator[Engine]:
    fake = Engine()
    # Another test's asyncio.run leaves the thread without a loop, and Pulumi expects one.
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(fake, project="hotel", stack="dev", preview=False)
    yield fake
    reset_options()


def declare() -> None:
    """A program; runs until everything in it is registered."""
    pulumi.runtime.test(_program)()  # type: ignore[no-untyped-call]  # Pulumi's has no types


def _program() -> Any:
    Context("greeter", prompt="You greet people.")
    Secret("by-value", value="sk-in-the-program")
    Secret("by-aws", aws=AwsSecret(secret_id="prod/openai", version_id=VERSION))
    SessionTemplate("desk", avatar_id=ID, openai_realtime_config={"secret_id": ID})
    SessionTemplate(
        "own-room",
        avatar_id=ID,
        livekit_config={"livekit_url": "wss://x", "livekit_room": "r", "livekit_client_token": "room-token"},
    )
    return pulumi.Output.from_input(None)


@pytest.fixture
def registered(engine: Engine) -> dict[str, dict[str, Any]]:
    declare()
    return {name: dict(args.inputs) for name, args in engine.registered.items()}


def test_type_tokens_are_what_states_refer_to(engine: Engine) -> None:
    """They never change."""
    declare()

    assert {args.typ for args in engine.registered.values()} == {
        "pulumi-python:dynamic/liveavatar:Context",
        "pulumi-python:dynamic/liveavatar:Secret",
        "pulumi-python:dynamic/liveavatar:SessionTemplate",
    }


def test_names_are_project_stack_and_logical_name(registered: dict[str, dict[str, Any]]) -> None:
    """Deterministic, so that an orphan is found again; other in every stack."""
    assert registered["greeter"]["name"] == "hotel-dev-greeter"
    assert registered["by-aws"]["name"] == "hotel-dev-by-aws"


def test_a_value_is_always_secret(registered: dict[str, dict[str, Any]]) -> None:
    """Also when the author forgot to say so."""
    value = registered["by-value"]["value"]

    assert SECRET_MARK in value
    assert value["value"] == "sk-in-the-program"


def test_an_aws_source_is_names_only(registered: dict[str, dict[str, Any]]) -> None:
    """What Pulumi learns of the key: where it is."""
    assert registered["by-aws"]["aws"] == {"secret_id": "prod/openai", "version_id": VERSION}
    assert "value" not in registered["by-aws"]


def test_a_rooms_token_is_secret(registered: dict[str, dict[str, Any]]) -> None:
    """A template with a room of one's own holds a token; one without holds none."""
    assert SECRET_MARK in registered["own-room"]["livekit_config"]
    assert registered["desk"]["openai_realtime_config"] == {"secret_id": ID}


def test_what_is_not_given_is_not_sent(registered: dict[str, dict[str, Any]]) -> None:
    """Neither None nor outputs that nobody knows yet."""
    assert set(registered["desk"]) - {"__provider"} == {
        "name",
        "mode",
        "avatar_id",
        "is_sandbox",
        "openai_realtime_config",
    }


def test_an_error_in_a_provider_process_has_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer hosts answer with the whole traceback of an error; configured, ours is its last line."""
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    config = Config({"liveavatar:apiKey": "k", "liveavatar:apiUrl": "http://127.0.0.1:9"}, "hotel")
    ContextProvider().configure(ConfigureRequest(config))

    with pytest.raises(ValueError, match="invalid literal") as failed:
        int("what an operator reads")
    said = "".join(traceback.format_exception(failed.value))

    assert 'File "' not in said
    assert "what an operator reads" in said
