"""Faults of single calls and of starts, as a client meets them over a real connection."""

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.emulator_in_process import JUNE

CONTEXT = {"name": "greeter", "prompt": "p", "opening_text": ""}


@pytest.fixture(scope="module")
def process() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as emulator:
        yield emulator


@pytest.fixture
def emulator(process: RunningEmulator) -> RunningEmulator:
    process.admin("POST", "/reset")
    return process


def order(emulator: RunningEmulator, name: str, **given: Any) -> None:
    """Put a fault of POST /v1/contexts in force."""
    params = given.pop("params", {})
    conditions = {"method": "POST", "path": "^/v1/contexts", **given}
    emulator.admin("POST", "/faults", {"fault": {"name": name, **params}, **conditions})


def made(emulator: RunningEmulator) -> int:
    """How many contexts there are."""
    count: int = emulator.call("GET", "/v1/contexts").json()["data"]["count"]
    return count


@pytest.mark.parametrize(
    ("name", "raised", "acted"),
    [("reset", httpx.ReadError, 0), ("lost_answer", httpx.RemoteProtocolError, 1)],
)
def test_a_connection_can_be_lost_before_or_after_acting(
    emulator: RunningEmulator, name: str, raised: type[Exception], acted: int
) -> None:
    """
    ``reset`` resets and does nothing; ``lost_answer`` acts and closes without a word.
    """
    order(emulator, name, times=1)

    with pytest.raises(raised):
        emulator.call("POST", "/v1/contexts", CONTEXT)

    assert made(emulator) == acted
    last = [call for call in emulator.admin("GET", "/calls") if call["fault"] == name]
    assert [call["status"] for call in last] == [None]


def test_an_answer_can_be_broken(emulator: RunningEmulator) -> None:
    """
    ``bad_json`` acts and answers 200 with half an object.
    """
    order(emulator, "bad_json", times=1)

    answer = emulator.call("POST", "/v1/contexts", CONTEXT)

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert made(emulator) == 1


@pytest.mark.parametrize(
    ("name", "params", "status", "header"),
    [
        ("rate_limit", {"retry_after_s": 7}, 429, "7"),
        ("server_error", {"status": 503}, 503, None),
        ("server_error", {}, 500, None),
    ],
)
def test_a_call_can_be_refused_by_a_sick_server(
    emulator: RunningEmulator, name: str, params: dict[str, float], status: int, header: str | None
) -> None:
    """
    429 carries Retry-After; neither it nor 5xx acts; the next call is well.
    """
    order(emulator, name, params=params, times=1)

    answer = emulator.call("POST", "/v1/contexts", CONTEXT)

    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, header)
    assert made(emulator) == 0
    assert emulator.call("POST", "/v1/contexts", CONTEXT).status_code == 200


@pytest.mark.parametrize(("name", "acted"), [("hang_before", 0), ("hang_after", 1)])
def test_a_call_can_be_held_before_or_after_acting(emulator: RunningEmulator, name: str, acted: int) -> None:
    """
    The request waits until released, then answers as always; meanwhile its deed is undone or done.
    """
    order(emulator, name, times=1)
    answers: list[httpx.Response] = []
    caller = threading.Thread(target=lambda: answers.append(emulator.call("POST", "/v1/contexts", CONTEXT)))
    caller.start()

    held = emulator.wait_held()
    while_held = made(emulator)
    released = emulator.admin("POST", "/release")
    caller.join(30)

    assert [(one["method"], one["path"], name.endswith(one["when"])) for one in held] == [
        ("POST", "/v1/contexts", True)
    ]
    assert while_held == acted
    assert released == {"released": 1}
    assert answers[0].status_code == 200
    assert made(emulator) == 1


@pytest.mark.parametrize("name", ["hang_before", "hang_after"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_caller_who_dies_while_held_leaves_what_was_done(
    emulator: RunningEmulator, name: str, method: str
) -> None:
    """
    A client gone before the deed leaves no deed behind; one gone after it leaves the deed, with or without
    a body to read.
    """
    path = "/v1/contexts"
    if method == "DELETE":
        path += "/" + emulator.call("POST", path, CONTEXT).json()["data"]["id"]
    before = made(emulator)
    emulator.admin("POST", "/faults", {"fault": {"name": name}, "method": method, "times": 1})

    caller = http.client.HTTPConnection(urlsplit(emulator.api_url).netloc, timeout=60)
    headers = {"X-API-KEY": emulator.api_key, "Content-Type": "application/json"}
    caller.request(method, path, json.dumps(CONTEXT) if method == "POST" else None, headers)
    emulator.wait_held()
    caller.close()
    emulator.admin("POST", "/release")

    acted = made(emulator) != before
    assert acted is (name == "hang_after")


def test_a_slow_call_still_acts(emulator: RunningEmulator) -> None:
    """
    ``slow`` makes a hasty client give up and a patient one succeed.
    """
    order(emulator, "slow", params={"delay_s": 0.3}, times=1)

    assert emulator.call("POST", "/v1/contexts", CONTEXT).status_code == 200


@pytest.mark.parametrize(("name", "code"), [("concurrency", 4003), ("no_credits", 4033)])
def test_a_start_can_be_refused(emulator: RunningEmulator, name: str, code: int) -> None:
    """
    The two refusals of start can be ordered without using anything up.
    """
    emulator.admin("POST", "/faults", {"fault": {"name": name}, "on": "session", "times": 1})
    minted = emulator.call("POST", "/v1/sessions/token", {"mode": "LITE", "avatar_id": JUNE}).json()["data"]
    holder = {"Authorization": f"Bearer {minted['session_token']}"}

    answers = [
        httpx.post(f"{emulator.api_url}/v1/sessions/start", headers=holder, timeout=60) for _ in range(2)
    ]

    assert (answers[0].status_code, answers[0].json()["code"]) == (403, code)
    assert answers[1].status_code == 201


def test_clearing_ends_faults_and_lets_go(emulator: RunningEmulator) -> None:
    """
    DELETE on faults takes all out of force and releases what is held.
    """
    order(emulator, "hang_before")
    caller = threading.Thread(target=emulator.call, args=("POST", "/v1/contexts", CONTEXT))
    caller.start()
    emulator.wait_held()

    emulator.admin("DELETE", "/faults")
    caller.join(30)

    assert not caller.is_alive()
    assert emulator.admin("GET", "/faults") == {"faults": [], "held": []}


def test_the_admin_door_is_never_struck(emulator: RunningEmulator) -> None:
    """
    A fault of every call leaves the admin API working, or nobody could end it.
    """
    emulator.admin("POST", "/faults", {"fault": {"name": "server_error"}})

    assert emulator.call("GET", "/v1/secrets").status_code == 500
    assert emulator.admin("GET", "/health")["ok"] is True
