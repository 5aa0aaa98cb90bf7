"""What looking at the account finds before a session is opened; the API is a list of answers."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from liveavatar_ops.health.api_side import ApiSide
from liveavatar_ops.health.facts import Depth, Facts, TargetFacts
from liveavatar_ops.health.job import Job
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.notebook import Notebook, StepRefused
from liveavatar_ops.health.verdicts import Cause, Verdict
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.settings import Settings

AVATAR = "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0"
TARGET = TargetFacts(name="desk", depth=Depth.API)
BY_ITS_ID = f"/v1/avatars/{AVATAR}"
Look = Callable[..., Facts]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """`look(status="FAILED")`: the facts after looking at an account whose avatar has these fields."""

    def looked(*, listed: bool = False, there: bool = True, left: Any = 100, **fields: Any) -> Facts:
        avatar = {"id": AVATAR, "name": "Wayne", **fields}

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v1/users/credits":
                return ok({"credits_left": left})
            if request.url.path == BY_ITS_ID and there and not listed:
                return ok(avatar)
            if request.url.path == "/v1/avatars/public":
                return ok({"count": 1, "results": [avatar]} if listed else {"count": 0, "results": []})
            if request.url.path == "/v1/avatars":
                return ok({"count": 0, "results": []})
            return httpx.Response(404, json={"code": 4004, "data": None, "message": "not found"})

        settings = Settings(LIVEAVATAR_API_KEY="key", LIVEAVATAR_API_URL="http://127.0.0.1:9")
        job = Job(
            check_id="check-1",
            target=TARGET,
            body={"avatar_id": AVATAR},
            limits=Limits(),
            workdir=tmp_path,
            ledger=tmp_path / "ledger.sqlite3",
            api_url=settings.api_url,
        )
        notes = Notebook(TARGET, settings.api_url)
        side = ApiSide(job, notes, Ledger(job.ledger), settings)
        side._client = LiveAvatarClient(settings, transport=httpx.MockTransport(answer))
        with contextlib.suppress(StepRefused):
            side.look()
        return notes.facts()

    return looked


def ok(data: Any) -> httpx.Response:
    return httpx.Response(200, json={"code": 1000, "data": data, "message": None})


@pytest.mark.parametrize(
    "fields",
    [{}, {"status": "ACTIVE", "is_expired": False}, {"status": "ACTIVE", "listed": True}],
    ids=["says nothing of its state", "active", "found in the public list only"],
)
def test_an_avatar_that_is_active_or_says_nothing_can_be_used(look: Look, fields: dict[str, Any]):
    facts = look(**fields)

    assert [step.name for step in facts.steps if step.ok] == ["credits", "avatar"]
    assert facts.refusal is None
    assert judge(facts, Limits()).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("left", "verdict"), [("0", Verdict.INCONCLUSIVE), ("0.9", Verdict.INCONCLUSIVE), ("1", Verdict.HEALTHY)]
)
def test_an_account_with_less_than_a_minutes_credits_is_not_called_healthy(
    look: Look, left: str, verdict: Verdict
):
    """A start needs one minute's worth; whether a plan's overage covers it, only a start can tell."""
    judged = judge(look(left=left), Limits())

    assert judged.verdict is verdict
    if verdict is Verdict.INCONCLUSIVE:
        assert judged.cause is Cause.QUOTA
        assert judged.headline.startswith(f"The account has {left} credits and a minute costs 1: ")
        assert "Add credits" in judged.next_step
        assert "--depth session" in judged.next_step


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "ACTIVE", "is_expired": True}, "it has expired"),
        ({"is_expired": True}, "it has expired"),
        ({"status": "FAILED", "is_expired": False}, "it is FAILED"),
        ({"status": "IN_PROGRESS"}, "it is IN_PROGRESS"),
        ({"status": "FAILED", "listed": True}, "it is FAILED"),
    ],
    ids=["expired", "expired, of no known state", "failed", "not ready", "failed, in the public list"],
)
def test_an_avatar_that_cannot_be_used_is_a_fault_of_the_configuration(
    look: Look, fields: dict[str, Any], said: str
):
    """Found before a session is opened, which would cost credits and show nobody."""
    facts = look(**fields)
    judged = judge(facts, Limits())

    assert facts.refusal is not None
    assert (facts.refusal.step, facts.refusal.error, facts.refusal.status) == ("avatar", "Invalid", 200)
    assert f"Avatar {AVATAR} cannot be used: {said}" in facts.refusal.sentence
    assert "Choose another avatar_id" in facts.refusal.sentence
    assert [(step.name, step.ok) for step in facts.steps] == [("credits", True), ("avatar", False)]
    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.CONFIGURATION)


def test_what_liveavatar_says_of_a_failed_avatar_is_passed_on(look: Look):
    facts = look(status="FAILED", error_message="the footage has no face")

    assert facts.refusal is not None
    assert "the footage has no face" in facts.refusal.sentence


def test_an_avatar_that_is_nowhere_is_a_fault_of_the_configuration(look: Look):
    """Neither by its id nor in either list."""
    facts = look(there=False)

    assert facts.refusal is not None
    assert (facts.refusal.error, facts.refusal.status) == ("NotThere", 404)
    assert "avatar_id of the session template names it" in facts.refusal.sentence
    assert judge(facts, Limits()).cause is Cause.CONFIGURATION
