"""The gate: how many checks it makes, what lets it pass, and what it says when it stays closed."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.gate_check import Seen, read_result
from pulumi_liveavatar.health_gate import GateClosed, HealthGateProvider
from pulumi_liveavatar.settings import Settings

HEALTHY = Seen("healthy", "none", "", "")
DEGRADED = Seen("degraded", "slow", "The first frame came late.", "Look at the timeline")
FROZEN = Seen("unhealthy", "frozen", "The picture stood still.", "Start a new session", "sheets/7")
UNCLEAR = Seen("inconclusive", "quota", "Too many sessions.", "Wait")
BODY = {"mode": "LITE", "avatar_id": "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"}
GATE = {"name": "g", "body": BODY, "depth": "video", "guards": {}}


def gate(*ends: Seen) -> tuple[HealthGateProvider, list[Mapping[str, Any]]]:
    """A provider whose checks end as told, and what each was given."""
    left, given = list(ends), []

    class Told(HealthGateProvider):
        @staticmethod
        def run(template: Mapping[str, Any], depth: str, settings: Settings) -> Seen:
            given.append(template)
            return left.pop(0)

    provider = Told()
    settings = Settings(LIVEAVATAR_API_KEY=SecretStr("la-key-1"), LIVEAVATAR_API_URL="http://127.0.0.1:9")
    provider.use(LiveAvatarClient(settings), settings)
    return provider, given


@pytest.mark.parametrize(
    ("ends", "attempts", "needed", "checks"),
    [
        pytest.param([HEALTHY], 3, 1, 1, id="one is enough"),
        pytest.param([DEGRADED], 3, 1, 1, id="degraded passes"),
        pytest.param([FROZEN, HEALTHY], 3, 1, 2, id="confirmed"),
        pytest.param([HEALTHY, UNCLEAR, HEALTHY], 3, 2, 3, id="two of three"),
        pytest.param([HEALTHY, HEALTHY], 3, 2, 2, id="no check too many"),
    ],
)
def test_it_opens_as_soon_as_enough_passed(ends: list[Seen], attempts: int, needed: int, checks: int) -> None:
    """k of n, and not one paid session more than it takes."""
    provider, given = gate(*ends)

    made = provider.create({**GATE, "attempts": float(attempts), "needed": float(needed)})

    assert len(given) == checks == made.outs["checks"]
    assert made.outs["verdict"] in {"healthy", "degraded"}


@pytest.mark.parametrize(
    ("ends", "attempts", "needed"),
    [
        pytest.param([FROZEN, FROZEN, FROZEN], 3, 1, id="never"),
        pytest.param([UNCLEAR], 1, 1, id="inconclusive is no pass"),
        pytest.param([HEALTHY, FROZEN, UNCLEAR], 3, 2, id="too few"),
        pytest.param([FROZEN, FROZEN], 3, 2, id="given up when it cannot happen any more"),
    ],
)
def test_it_stays_closed_otherwise(ends: list[Seen], attempts: int, needed: int) -> None:
    """The error names every verdict, the worst one's sentence, evidence and next step, in one line."""
    provider, given = gate(*ends)

    with pytest.raises(GateClosed) as caught:
        provider.create({**GATE, "attempts": attempts, "needed": needed})

    said = str(caught.value)
    assert len(given) == len(ends)
    assert "\n" not in said
    assert all(f"{end.verdict} ({end.cause})" in said for end in ends)
    assert "la-key-1" not in said


def test_a_closed_gate_says_what_to_do() -> None:
    """An unhealthy end is told before an inconclusive one: it proves something."""
    provider, _ = gate(FROZEN, UNCLEAR)

    with pytest.raises(
        GateClosed, match=r"The picture stood still\. Evidence: sheets/7\. Start a new session\."
    ):
        provider.create({**GATE, "attempts": 2, "needed": 1})


def test_limits_travel_with_the_template() -> None:
    """What a template overrides holds in the gate too."""
    provider, given = gate(HEALTHY)

    provider.create({**GATE, "attempts": 1, "needed": 1, "health": {"first_frame_degraded_s": 4}})

    assert given == [{**BODY, "health": {"first_frame_degraded_s": 4}}]


def test_more_needed_than_attempts_is_refused() -> None:
    """A gate that could never open is a mistake, named by its property."""
    result = HealthGateProvider().check({}, {**GATE, "attempts": 2.0, "needed": 3.0})

    assert [failure.property for failure in result.failures] == ["needed"]


@pytest.mark.parametrize("out", ["", "no json", "[]", "{}", '{"results": []}', '{"judgement": {}}'])
def test_anything_but_a_result_is_inconclusive(out: str) -> None:
    """A check that broke proves nothing about the avatar, and lets nothing pass."""
    seen = read_result(out, "Traceback\nKeyError: 'x'\n")

    assert seen.verdict == "inconclusive"
    assert not seen.passes
    assert "KeyError" in seen.sentence


def test_a_check_that_was_refused_says_what_to_mend() -> None:
    """Exit code 2: nothing is wrong with the machine, so nobody is sent to the doctor."""
    said = "liveavatar-ops: target desk: nobody answers in this template\n"

    seen = read_result("", said, refused=True)

    assert (seen.verdict, seen.cause) == ("inconclusive", "configuration")
    assert "nobody answers in this template" in seen.sentence
    assert "doctor" not in seen.next_step
