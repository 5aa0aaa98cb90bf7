"""The kinds inside Pulumi's real provider process: what only that process does to them."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_liveavatar.context import ContextProvider
from pulumi_liveavatar.secret import SecretProvider
from pulumi_liveavatar.session_template import SessionTemplateProvider
from tests.host.plugin_host import UNKNOWN, PluginHost, plugin_host
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import until

KEY = "sk-host-canary-9a7be1c04d"
WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
GREETER = {"name": "p-s-greeter", "prompt": "You greet people."}
OPENAI = {"name": "p-s-openai", "secret_type": "OPENAI_API_KEY", "value": KEY}


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as running:
        yield running


@pytest.fixture
def env(emulator: RunningEmulator) -> dict[str, str]:
    emulator.admin("POST", "/reset")
    return {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": emulator.api_key}


@pytest.fixture
def host(env: dict[str, str]) -> Iterator[PluginHost]:
    with plugin_host(env) as running:
        running.configure({})
        yield running


def refused(call: Any, *arguments: Any) -> str:
    """What the engine would show of a failing call."""
    with pytest.raises(grpc.RpcError) as failed:
        call(*arguments)
    details: str = failed.value.details()
    return details


def desk(**more: Any) -> dict[str, Any]:
    return {"name": "p-s-desk", "avatar_id": WAYNE, "is_sandbox": True, **more}


def test_a_context_lives_its_whole_life(host: PluginHost, env: dict[str, str]) -> None:
    """Check, create, read, diff, update; in a later run delete and read: whole outputs at each step."""
    inputs, failures = host.check(ContextProvider, GREETER)
    id_, outs = host.create(ContextProvider, inputs)
    again = host.read(ContextProvider, id_, outs)
    same = host.diff(ContextProvider, outs, inputs)
    edited = {**inputs, "prompt": "You greet people warmly."}
    other = host.diff(ContextProvider, outs, edited)
    updated = host.update(ContextProvider, id_, outs, edited)
    with plugin_host(env) as later:
        later.configure({})
        later.delete(ContextProvider, id_, updated)
        gone, nothing = later.read(ContextProvider, id_, updated)

    assert failures == {}
    assert again == (id_, outs)
    assert (same.changes, other.changes) == (1, 2), "DIFF_NONE, DIFF_SOME"
    assert not other.replaces
    assert updated == {**outs, "prompt": "You greet people warmly."}
    assert (gone, nothing) == ("", {})


def test_whole_numbers_come_back_whole(host: PluginHost, emulator: RunningEmulator) -> None:
    """Pulumi makes 60 a 60.0; the API is sent 60, and would refuse half seconds."""
    inputs, failures = host.check(SessionTemplateProvider, desk(max_session_duration=60))
    _, outs = host.create(SessionTemplateProvider, inputs)
    _, half = host.check(SessionTemplateProvider, desk(max_session_duration=59.5))

    assert failures == {}
    assert outs["body"]["max_session_duration"] == 60
    assert emulator.call("POST", "/v1/sessions/token", outs["body"]).status_code == 200
    assert set(half) == {"max_session_duration"}


def test_none_and_unknown_pass_check_and_diff(host: PluginHost) -> None:
    """A preview does not know the ids yet; what is None is left out."""
    connector = {"secret_id": UNKNOWN, "context_id": None, "voice": "marin"}
    inputs, failures = host.check(
        SessionTemplateProvider, desk(openai_realtime_config=connector, health=None)
    )
    known = desk(mode="LITE", openai_realtime_config={**connector, "secret_id": WAYNE})
    diff = host.diff(SessionTemplateProvider, known, inputs)

    assert failures == {}
    assert inputs["openai_realtime_config"]["secret_id"].__class__.__name__ == "Unknown"
    assert inputs["openai_realtime_config"]["model"] == "gpt-realtime"
    assert diff.changes == 2


def test_all_bad_inputs_are_reported_by_property(host: PluginHost) -> None:
    """The one kind of error that the engine shows by property."""
    bad = desk(
        avatar_id="wayne",
        openai_realtime_config={"secret_id": WAYNE, "voice": "mareen", "temperature": 2},
        max_session_duration=61,
    )

    _, failures = host.check(SessionTemplateProvider, bad)

    assert set(failures) == {
        "avatar_id",
        "openai_realtime_config.voice",
        "openai_realtime_config.temperature",
        "max_session_duration",
    }
    assert "did you mean 'marin'?" in failures["openai_realtime_config.voice"]


def test_the_pickle_is_a_reference_and_nothing_else() -> None:
    """No code and no secret in the state: module and class name, the same bytes each time."""
    for kind in (ContextProvider, SecretProvider, SessionTemplateProvider):
        pickled = base64.b64decode(serialize_provider(kind()))

        assert kind.__module__.encode() in pickled
        assert len(pickled) < 100
        assert kind.serialize_as_secret_always is False


def test_an_error_is_one_line_without_a_traceback(host: PluginHost, emulator: RunningEmulator) -> None:
    """What did not happen, why, what to do: and nothing of Python's, neither in the answer nor printed."""
    emulator.call("POST", "/v1/contexts", {"name": "p-s-greeter", "prompt": "By hand.", "opening_text": ""})
    inputs, _ = host.check(ContextProvider, GREETER)

    said = refused(host.create, ContextProvider, inputs)
    host.stop()  # what it printed is heard to its end: an answer may overtake what was printed before it

    assert "adopt=True" in said
    assert "\n" not in said.strip()
    assert "Traceback" not in said + host.said


def test_a_missing_setting_names_variable_and_config_key(env: dict[str, str]) -> None:
    """The first call says so, in one line."""
    del env["LIVEAVATAR_API_KEY"]
    with plugin_host(env) as host:
        host.configure({})

        said = refused(host.check, ContextProvider, GREETER)
        host.stop()

        assert "LIVEAVATAR_API_KEY" in said
        assert "liveavatar:apiKey" in said
        assert "\n" not in said.strip()
        assert "Traceback" not in said + host.said


def test_the_environment_wins_over_the_stack(env: dict[str, str]) -> None:
    """A destroy is configured from the state, so the key in it may be an old one."""
    with plugin_host(env) as host:
        host.configure({"liveavatar:apiKey": "an-old-key", "liveavatar:apiUrl": "http://127.0.0.1:9"})

        assert host.create(ContextProvider, host.check(ContextProvider, GREETER)[0])[0]


def test_the_stack_is_enough_without_the_environment(env: dict[str, str], emulator: RunningEmulator) -> None:
    """`pulumi config set --secret liveavatar:apiKey` works too."""
    with plugin_host({}) as host:
        host.configure({"liveavatar:apiKey": emulator.api_key, "liveavatar:apiUrl": emulator.api_url})

        assert host.create(ContextProvider, host.check(ContextProvider, GREETER)[0])[0]


def test_a_secret_value_leaves_no_trace(env: dict[str, str]) -> None:
    """Not in outputs, not in what the process prints with its request log on."""
    with plugin_host({**env, "LIVEAVATAR_LOG": "debug"}) as host:
        host.configure({})
        inputs, _ = host.check(SecretProvider, OPENAI)
        id_, outs = host.create(SecretProvider, inputs)
        _, read = host.read(SecretProvider, id_, outs)
        until(lambda: "path=/v1/secrets" in host.said, "the request log")
        host.stop()

        for value in (KEY, env["LIVEAVATAR_API_KEY"]):
            assert value not in f"{outs}{read}{host.said}"


def test_four_calls_at_a_time_share_one_provider(host: PluginHost) -> None:
    """The host has four workers and one instance a kind, configured once, by whichever comes first."""
    start = threading.Barrier(8)

    def make(number: int) -> str:
        start.wait(timeout=60)
        made, _ = host.create(
            ContextProvider, {"name": f"c{number}", "prompt": "x", "opening_text": "", "links": []}
        )
        return made

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(8)))

    assert len(set(made)) == 8


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((ContextProvider, GREETER, "/v1/contexts"), id="Context"),
        pytest.param((SecretProvider, OPENAI, "/v1/secrets"), id="Secret"),
    ],
)
@pytest.mark.parametrize(("moment", "left"), [("hang_before", 0), ("hang_after", 1)])
def test_a_killed_process_leaves_nothing_that_is_not_taken_over(
    env: dict[str, str], emulator: RunningEmulator, case: tuple[Any, Any, str], moment: str, left: int
) -> None:
    """SIGKILL while the POST is in the air, before or after LiveAvatar acted: then there is one object."""
    kind, wanted, path = case

    def there() -> list[str]:
        data = emulator.call("GET", path).json()["data"]
        return [each["id"] for each in (data["results"] if isinstance(data, dict) else data)]

    fault = {"fault": {"name": moment}, "on": "call", "method": "POST", "path": f"^{path}$", "times": 1}
    emulator.admin("POST", "/faults", fault)
    with plugin_host(env) as dying:
        dying.configure({})
        inputs, _ = dying.check(kind, wanted)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(dying.create, kind, inputs)
            emulator.wait_held()
            before = there()
            dying.process.kill()
    assert len(before) == left

    with plugin_host(env) as host:
        host.configure({})
        made, _ = host.create(kind, inputs)

    assert before in ([], [made])
    assert made in there()
