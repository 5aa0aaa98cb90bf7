"""The health command against a running emulator without media: what the API side of a check finds."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from liveavatar_ops.health.ledger import Ledger
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import PUBLIC_AVATAR, SHARED_MACHINE, TOKEN, add_fault, check, flags, janitor

UNKNOWN = "0b5f3a52-6a3e-4e41-9d50-0d6a52a4f0ff"


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as emulator:
        yield emulator


def stored(emulator: RunningEmulator, kind: str = "OPENAI_API_KEY") -> str:
    body = {"secret_name": "key", "secret_type": kind, "secret_value": "sk-emulator-accepts-this-key"}
    return str(emulator.call("POST", "/v1/secrets", body).json()["data"]["id"])


def test_a_session_is_opened_and_stopped(emulator: RunningEmulator, env: dict[str, str], ledger: Ledger):
    """Healthy at depth session: every step in its place, the session ended, the ledger closed."""
    ended = check(env, "--depth", "session", *flags(SHARED_MACHINE))

    assert (ended.code, ended.verdict) == (0, ("healthy", "none"))
    assert ended.result is not None
    facts = ended.result["facts"]
    assert [step["name"] for step in facts["steps"]] == ["credits", "avatar", "token", "start"]
    assert (facts["stop"]["stopped"], facts["stop"]["by"]) == (True, "check")
    assert facts["credits"]["before"] == "5000"
    assert ledger.open_rows() == []
    with sqlite3.connect(ledger.path) as db:
        assert db.execute("SELECT credits, rate FROM probe_sessions").fetchall() == [
            (float(facts["credits"]["estimate"]), 1.0)
        ]
    assert len(emulator.admin("GET", "/sessions")) == 1


def test_depth_api_opens_nothing(emulator: RunningEmulator, env: dict[str, str]):
    """Key, credits, references; no token is even asked for."""
    ended = check(env, "--depth", "api")

    assert (ended.code, ended.verdict) == (0, ("healthy", "none"))
    assert all(call["method"] == "GET" for call in emulator.admin("GET", "/calls") if "/v1/" in call["path"])


CAUSES = [
    pytest.param(
        {"LIVEAVATAR_API_KEY": "wrong-key-0123456789"}, [], None, (1, "credentials"), id="wrong key"
    ),
    pytest.param({}, ["--avatar", UNKNOWN], None, (1, "configuration"), id="unknown avatar"),
    pytest.param({}, ["--secret-id", UNKNOWN], None, (1, "configuration"), id="unknown secret"),
    pytest.param({}, [], {"name": "no_credits"}, (3, "quota"), id="no credits"),
    pytest.param({}, [], {"name": "concurrency"}, (3, "quota"), id="concurrency"),
    pytest.param({}, [], {"name": "rate_limit"}, (3, "quota"), id="rate limit"),
    pytest.param({}, [], {"name": "server_error"}, (1, "vendor_api"), id="server error"),
    pytest.param({}, [], {"name": "bad_json"}, (1, "vendor_api"), id="bad json"),
]


@pytest.mark.parametrize(("settings", "arguments", "fault", "expected"), CAUSES)
def test_what_the_api_refuses_is_named_by_its_cause(  # noqa: PLR0917 -- fixtures and one row of the table
    emulator: RunningEmulator,
    env: dict[str, str],
    ledger: Ledger,
    settings: dict[str, str],
    arguments: list[str],
    fault: dict[str, Any] | None,
    expected: tuple[int, str],
):
    """Right cause, right exit code, one attempt, nothing left open."""
    if fault is not None:
        add_fault(emulator, fault["name"])
    avatar = None if "--avatar" in arguments else PUBLIC_AVATAR

    ended = check({**env, **settings}, "--depth", "session", *arguments, avatar=avatar)

    assert (ended.code, ended.verdict[1]) == expected
    assert emulator.active_sessions() == []
    assert ledger.open_rows() == []


def test_a_secret_of_another_kind_is_a_configuration_mistake(emulator: RunningEmulator, env: dict[str, str]):
    """LiveAvatar takes any secret at token time; the avatar would stay silent."""
    ended = check(env, "--depth", "api", "--secret-id", stored(emulator, "GEMINI_API_KEY"))

    assert ended.verdict == ("unhealthy", "configuration")
    assert ended.result is not None
    assert "needs OPENAI_API_KEY" in ended.result["facts"]["refusal"]["sentence"]


def test_what_is_measured_is_sent_once(emulator: RunningEmulator, env: dict[str, str]):
    """A server error on start is not retried into a healthy verdict."""
    add_fault(emulator, "server_error", path="/v1/sessions/start", times=1)

    ended = check(env, "--depth", "session")

    starts = [c for c in emulator.admin("GET", "/calls") if c["path"] == "/v1/sessions/start"]
    assert ended.verdict == ("unhealthy", "vendor_api")
    assert len(starts) == 1


def test_a_start_whose_answer_is_lost_is_stopped(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """The service opened the session, the check never heard so: it stops it by id all the same."""
    add_fault(emulator, "lost_answer", path="/v1/sessions/start", times=1)

    ended = check(env, "--depth", "session")

    assert ended.verdict == ("unhealthy", "vendor_api")
    assert [one["state"] for one in emulator.admin("GET", "/sessions")] == ["ended"]
    assert ledger.open_rows() == []


def test_a_stop_that_fails_at_first_is_repeated(emulator: RunningEmulator, env: dict[str, str]):
    """Cleaning up is repeated, and the verdict is none the worse."""
    add_fault(emulator, "server_error", path="/v1/sessions/stop", times=3)

    ended = check(env, "--depth", "session", *flags(SHARED_MACHINE))

    assert ended.verdict == ("healthy", "none")


def test_a_stop_that_never_works_is_loud_and_the_janitor_finishes_it(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """Cause clean_up, the command to type, and a row that stays until somebody succeeded."""
    add_fault(emulator, "server_error", path="/v1/sessions/stop")

    ended = check(env, "--depth", "session")

    assert ended.verdict[1] == "clean_up"
    assert ended.result is not None
    assert "health janitor" in ended.result["facts"]["stop"]["sentence"]
    assert len(ledger.open_rows()) == 1
    emulator.admin("DELETE", "/faults")
    assert janitor(env).code == 0
    assert ledger.open_rows() == []


def test_the_janitor_leaves_customers_alone(emulator: RunningEmulator, env: dict[str, str]):
    """Only what this machine's ledger lists is ever stopped."""
    minted = emulator.call("POST", "/v1/sessions/token", {"mode": "LITE", "avatar_id": PUBLIC_AVATAR}).json()[
        "data"
    ]
    bearer = {"Authorization": f"Bearer {minted['session_token']}"}
    httpx.post(f"{emulator.api_url}/v1/sessions/start", headers=bearer, timeout=30).raise_for_status()

    check(env, "--depth", "session")
    janitor(env)

    assert [one["id"] for one in emulator.active_sessions()] == [minted["session_id"]]
    emulator.call("POST", "/v1/sessions/stop", {"session_id": minted["session_id"]})


def test_the_key_is_nowhere_on_disk_and_in_no_output(
    emulator: RunningEmulator, env: dict[str, str], tmp_path: Path
):
    """Ledger, evidence, JUnit, stdout and stderr are searched for the key and for any token's shape."""
    ended = check(
        env, "--depth", "session", "--evidence", str(tmp_path / "ev"), "--junit", str(tmp_path / "junit.xml")
    )

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "result.json" for path in files)
    for content in [
        *(path.read_bytes() for path in files),
        str(ended.result).encode(),
        ended.stderr.encode(),
    ]:
        assert emulator.api_key.encode() not in content
        assert not TOKEN.search(content)
    assert TOKEN.search(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), "the search finds what it is for"
