"""What is advised helps: each limit that an advice names moves the verdict the way that it says."""

import re

import numpy as np
import pytest

from liveavatar_ops.health.facts import Depth, EventFact, Unasked
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import VideoMeter
from liveavatar_ops.health.next_steps import NEXT_STEPS
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.verdicts import Cause
from tests.support.health_facts import healthy
from tests.support.health_fault_parts import NO_VIDEO, NOTHING_HEARD, room
from tests.support.health_faults_connection import BACK, LOST

FPS = 25


def nearly_black() -> np.ndarray:
    """A night scene, the level of black throughout, with a faint lamp: less detail than is spared."""
    picture = np.full((360, 640), 20, np.uint8)
    picture[32:64, 64:144] = 34  # 10 of 880 blocks
    return picture


def black_for_s(limits: Limits) -> float:
    meter = VideoMeter(limits=limits)
    for index in range(6 * FPS):
        meter.frame(nearly_black(), index / FPS)
    return meter.facts(6.0).black_s


ADVISED = [
    (cause, verb, name)
    for cause, text in NEXT_STEPS.items()
    for verb, name in re.findall(r"\b(raise|lower) ([a-z]+_[a-z_]+)", text)
]
JUDGED = {Cause.BLACK: black_for_s}


@pytest.mark.parametrize(("cause", "verb", "name"), ADVISED)
def test_a_limit_moved_as_advised_spares_the_scene(cause: Cause, verb: str, name: str):
    """The other way round, the advice would make the alarm louder."""
    default = float(getattr(Limits(), name))
    moved = limits_from(("health", {name: default / 3 if verb == "lower" else min(default * 3, 1.0)}))

    assert JUDGED[cause](Limits()) > Limits().black_unhealthy_s
    assert JUDGED[cause](moved) == 0


def test_every_limit_that_an_advice_names_exists():
    """`black_detail_share`, as `health explain` prints it."""
    named = {word for text in NEXT_STEPS.values() for word in re.findall(r"\b(black_\w+|watch_\w+)", text)}

    assert named
    assert named <= set(Limits.model_fields)
    assert {cause for cause, _, _ in ADVISED} <= set(JUDGED), "an advice of a limit needs a judge here"


def test_no_advice_names_what_the_api_does_not_have():
    """There is no region in a session's body (LiveAvatar API facts §2.9)."""
    assert not [cause for cause, text in NEXT_STEPS.items() if "region" in text]


OPENAI = "Check the OpenAI key first"
TIME = "Look at the reason given; if the session was cut short, check max_session_duration"


@pytest.mark.parametrize(
    ("connector", "reason", "step"),
    [
        ("openai_realtime", "AGENT_HANG_UP", OPENAI),
        ("openai_realtime", "SERVER_ERROR", OPENAI),
        ("openai_realtime", "DISPATCH_FAILED", OPENAI),
        ("gemini_realtime", "AGENT_HANG_UP", "Check the key of gemini_realtime first"),
        (None, "SERVER_ERROR", TIME),
        ("openai_realtime", "MAX_DURATION_REACHED", TIME),
        ("openai_realtime", "IDLE_TIMEOUT", TIME),
        ("openai_realtime", None, TIME),
    ],
)
def test_an_end_that_the_agent_behind_the_avatar_can_have_made_leads_to_its_key(
    connector: str | None, reason: str | None, step: str
):
    """A bad OpenAI key may show as any of them; minutes and credits are then the wrong place to look."""
    said = (EventFact(at_s=7.9, type="session.stopped", detail=reason),)
    judged = judge(healthy(target={"connector": connector}, events=said), Limits())

    assert judged.cause is Cause.AVATAR_LEFT
    assert judged.next_step.startswith(step)


def test_an_avatar_that_never_came_because_its_agent_could_not_start_leads_to_the_key_too():
    said = (EventFact(at_s=3.0, type="session.stopped", detail="DISPATCH_FAILED"),)
    judged = judge(healthy(room=room(disconnected_s=3.1), video=NO_VIDEO, events=said), Limits())

    assert judged.cause is Cause.NO_AVATAR
    assert judged.next_step.startswith(OPENAI)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("microphone_refused", {"disconnected_s": 8.0, "disconnect_reason": "SIGNAL_CLOSE"}),
        ("microphone_unanswered", LOST),
        ("microphone_refused", BACK),
    ],
)
def test_a_microphone_that_fell_into_a_broken_connection_leads_to_the_connection(kind, ending):
    """Whether the token may publish is then the wrong question."""
    unasked = Unasked(kind=kind, why="the engine is closed")
    judged = judge(healthy(Depth.CONVERSATION, room=ending, conversation=None, unasked=unasked), Limits())

    assert judged.cause is Cause.SIGNALLING
    assert judged.next_step == NEXT_STEPS[Cause.SIGNALLING]


@pytest.mark.parametrize(("tail_s", "step"), [(0.1, OPENAI), (0.3, "Shorten what the context makes it say")])
def test_the_tail_of_a_greeting_is_no_talking_on(tail_s: float, step: str):
    """What the sentence says, the step advises."""
    judged = judge(
        healthy(Depth.CONVERSATION, conversation={**NOTHING_HEARD, "after_prompt_speech_s": tail_s}), Limits()
    )

    assert judged.cause is Cause.NO_ANSWER
    assert ("talked on" in judged.headline) is (step != OPENAI)
    assert judged.next_step.startswith(step)
