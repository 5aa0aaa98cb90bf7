"""
Depth conversation against a running emulator: a question is asked aloud, and what comes back is judged.
Four ways of not answering are four different causes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import check, flags, named, settings_of

pytestmark = pytest.mark.media

SHORT: dict[str, float] = {
    "watch_s": 2,
    "warm_up_s": 0.5,
    "answer_degraded_s": 3,
    "answer_unhealthy_s": 5,
    "answer_deadline_s": 6,
}


@dataclass(frozen=True)
class Account:
    """An emulator with what a session template refers to."""

    emulator: RunningEmulator
    good_key: str
    wrong_key: str
    context: str
    greeting_context: str


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with running_emulator(media=True) as emulator:

        def stored(value: str) -> str:
            body = {"secret_name": "key", "secret_type": "OPENAI_API_KEY", "secret_value": value}
            return str(emulator.call("POST", "/v1/secrets", body).json()["data"]["id"])

        def context(name: str, opening_text: str) -> str:
            body = {"name": name, "prompt": "You greet people.", "opening_text": opening_text}
            return str(emulator.call("POST", "/v1/contexts", body).json()["data"]["id"])

        yield Account(
            emulator,
            stored("sk-emulator-accepts-this-key"),
            stored("sk-a-key-that-was-revoked-0123456789"),
            context("quiet", ""),
            context("greeter", "Welcome to the hotel. How can I help you today?"),
        )


@pytest.fixture(autouse=True)
def nothing_left(account: Account) -> Iterator[None]:
    """No faults before and after a test, and no open session."""
    account.emulator.admin("DELETE", "/faults")
    yield
    account.emulator.admin("DELETE", "/faults")
    assert account.emulator.active_sessions() == []


def arguments(account: Account, *, secret: str | None = None, context: str | None = None) -> list[str]:
    ids = ["--secret-id", secret or account.good_key, "--context-id", context or account.context]
    return ["--depth", "conversation", *ids, *flags(SHORT)]


def test_an_avatar_that_answers_is_healthy(account: Account, tmp_path: Path):
    """Heard us, answered in time, audibly, with a moving mouth; its greeting was heard out before."""
    env = settings_of(account.emulator, tmp_path)

    ended = check(env, *arguments(account, context=account.greeting_context))

    assert ended.result is not None, ended.stderr
    talk = ended.result["facts"]["conversation"]
    assert named(ended)[1] in {"none", "slow", "lip_sync"}
    assert talk["greeting_speech_s"] > 1
    assert talk["prompt_ended_s"] - talk["prompt_started_s"] > 1.5
    assert talk["answer_started_s"] > talk["prompt_ended_s"] - 0.3
    assert talk["answer_speech_s"] > 1
    assert talk["user_heard_event_s"] > talk["prompt_started_s"]
    assert talk["mouth_moving_s"] > 1


def test_a_revoked_openai_key_is_no_answer_though_the_picture_lives(account: Account, tmp_path: Path):
    """The reason for this depth: the video check of the same template is healthy."""
    env = settings_of(account.emulator, tmp_path)

    talk = check(env, *arguments(account, secret=account.wrong_key))

    assert named(talk) == ("unhealthy", "no_answer")
    assert talk.result is not None
    assert talk.result["facts"]["video"]["frames"] > 0


@pytest.mark.parametrize("fault", ["no_answer", "mute", "still_mouth", "silent_mouth"])
def test_ways_of_not_talking_are_told_apart(account: Account, tmp_path: Path, fault: str):
    """Each fault is named as itself."""
    account.emulator.admin("POST", "/faults", {"fault": {"name": fault}})

    ended = check(settings_of(account.emulator, tmp_path), *arguments(account))

    assert named(ended) == ("unhealthy", fault)


def test_no_transcript_reaches_the_result(account: Account, tmp_path: Path):
    """What was said is nobody's business: events keep their type, never their text."""
    env = settings_of(account.emulator, tmp_path)

    ended = check(env, *arguments(account, context=account.greeting_context))

    assert ended.result is not None
    kinds = {event["type"] for event in ended.result["facts"]["events"]}
    assert "avatar.transcription" in kinds
    assert "Welcome" not in str(ended.result)
