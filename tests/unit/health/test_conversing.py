"""One question and its answer, in simulated time: when it is asked, and what counts as the answer."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from liveavatar_ops.health.conversing import (
    Asked,
    answer_spans,
    ask,
    conversation_facts,
)
from liveavatar_ops.health.facts import EventFact, Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import AudioMeter, VideoMeter
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.prompt import load_prompt

PROMPT_S = 2.0
LIMITS = Limits()


@dataclass
class Room:
    """An avatar that greets and answers at set times; time passes by sleeping and by our own speaking."""

    greeting: tuple[float, float] | None = None
    answer_after_s: float | None = 1.0
    answer_s: float = 3.0
    at: float = 0.0
    asked_at: float | None = None
    heard: list[Span] = field(default_factory=list)
    limits: Limits = LIMITS

    async def sleep(self, seconds: float) -> None:
        self.at += seconds

    async def say(self) -> tuple[float, float]:
        self.asked_at = self.at
        self.at += PROMPT_S
        return self.asked_at, self.at

    def speech(self) -> list[Span]:
        spans = [self.greeting] if self.greeting else []
        if self.asked_at is not None and self.answer_after_s is not None:
            begins = self.asked_at + PROMPT_S + self.answer_after_s
            spans.append((begins, begins + self.answer_s))
        return [
            Span(kind="speech", start_s=begin, end_s=min(end, self.at))
            for begin, end in spans
            if begin < self.at
        ]

    def ask(self, *, greets: bool = False) -> Asked:
        return asyncio.run(
            ask(self.say, self.speech, lambda: self.at, self.limits, greets=greets, sleep=self.sleep)
        )


def test_a_quiet_avatar_is_asked_after_a_moment_and_heard_out():
    """Two seconds of rest as a baseline, the prompt, the answer to its end."""
    room = Room()

    asked = room.ask()

    assert asked.started_s == pytest.approx(LIMITS.listen_first_s)
    assert asked.ended_s == pytest.approx(LIMITS.listen_first_s + PROMPT_S)
    answer_ends = asked.ended_s + 1.0 + 3.0
    assert answer_ends < asked.listened_until_s < answer_ends + 1.5


def test_a_greeting_is_heard_out_before_the_question():
    """Talking into it would interrupt it."""
    room = Room(greeting=(1.0, 6.0))

    asked = room.ask(greets=True)

    assert asked.started_s > 6.5


def test_a_greeting_that_begins_late_is_awaited_where_one_is_due():
    """The context has an opening text, so there will be one."""
    room = Room(greeting=(4.0, 6.0))

    assert room.ask(greets=True).started_s > 6.5
    assert Room(greeting=(4.0, 6.0)).ask(greets=False).started_s == pytest.approx(LIMITS.listen_first_s)


def test_a_greeting_that_never_comes_is_not_waited_for_long():
    """Whether connectors speak the opening text is not documented."""
    assert Room().ask(greets=True).started_s == pytest.approx(5.0, abs=0.3)


def test_an_avatar_that_never_stops_is_asked_all_the_same():
    """A check has an end."""
    room = Room(greeting=(0.5, 500.0), answer_after_s=None)

    asked = room.ask(greets=True)

    assert asked.started_s == pytest.approx(LIMITS.listen_first_s + LIMITS.greeting_longest_s, abs=0.5)


def test_an_answer_that_never_comes_is_waited_for_to_its_limit():
    """And no longer: the session bills."""
    room = Room(answer_after_s=None)

    asked = room.ask()

    assert asked.listened_until_s - asked.ended_s == pytest.approx(LIMITS.answer_deadline_s, abs=0.3)


def test_a_long_answer_is_not_heard_to_its_end():
    """Eight seconds tell enough."""
    asked = Room(answer_s=100.0).ask()

    assert asked.listened_until_s - asked.ended_s == pytest.approx(1.0 + LIMITS.answer_longest_s, abs=0.5)


@pytest.mark.parametrize(
    ("limit", "value", "room", "expected_s"),
    [
        ("listen_first_s", 7.0, Room(), 7.0),
        ("greeting_begins_s", 9.0, Room(), 9.0),
        ("greeting_longest_s", 3.0, Room(greeting=(0.5, 500.0), answer_after_s=None), 5.0),
        ("pause_s", 2.5, Room(greeting=(1.0, 3.0)), 5.5),
    ],
)
def test_a_template_may_shift_when_it_is_asked(limit: str, value: float, room: Room, expected_s: float):
    """Avatars differ in how long they greet and pause."""
    room.limits = limits_from(("june.yaml", {limit: value}))

    assert room.ask(greets=True).started_s == pytest.approx(expected_s, abs=0.3)


def test_a_template_may_have_its_answers_heard_longer():
    """Until 20 s of the answer instead of 8."""
    asked = Room(answer_s=100.0, limits=limits_from(("june.yaml", {"answer_longest_s": 20}))).ask()

    assert asked.listened_until_s - asked.ended_s == pytest.approx(21.0, abs=0.5)


def test_what_was_said_before_the_question_is_no_answer():
    """Only what begins after the prompt, or in its very last word."""
    spans = [Span(kind="speech", start_s=start, end_s=start + 1) for start in (1.0, 9.0, 9.8, 12.0)]

    assert [span.start_s for span in answer_spans(spans, 10.0)] == [9.8, 12.0]


def tone(audio: AudioMeter, begin_s: float, end_s: float, until_s: float) -> None:
    """Silence from 0, a loud tone in between, silence to the end, as 20 ms frames arrive."""
    rate, size = audio.sample_rate, round(audio.sample_rate * 0.02)
    for n in range(round(until_s / 0.02)):
        at = n * 0.02
        wave = 8000 * np.sin(2 * np.pi * 220 * (np.arange(size) / rate + at))
        samples = wave if begin_s <= at < end_s else np.zeros(size)
        audio.frame(samples.astype(np.int16), at + 0.02)


def test_latency_counts_from_the_last_sample_of_the_prompt():
    """And the service's own claims stand beside it, those after the prompt only."""
    audio = AudioMeter(LIMITS)
    tone(audio, 8.0, 11.0, 13.0)
    events = [
        EventFact(at_s=1.0, type="avatar.speak_started"),
        EventFact(at_s=5.5, type="user.speak_started"),
        EventFact(at_s=7.8, type="avatar.speak_started"),
    ]

    facts = conversation_facts(
        Asked(5.0, 7.0, 13.0), audio=audio, video=VideoMeter(LIMITS), events=events, limits=LIMITS
    )

    assert facts.answer_latency_s == pytest.approx(1.0, abs=0.1)
    assert facts.answer_speech_s == pytest.approx(3.0, abs=0.3)
    assert (facts.user_heard_event_s, facts.speak_started_event_s) == (5.5, 7.8)
    assert facts.waited_s == 6.0
    assert facts.greeting_speech_s == 0.0


def test_a_turn_that_goes_on_over_the_question_counts_on_both_sides_of_it():
    """From 2 to 28 s without a pause: a greeting up to the question, and no silence after it."""
    audio = AudioMeter(LIMITS)
    tone(audio, 2.0, 28.0, 32.0)

    facts = conversation_facts(
        Asked(17.0, 20.0, 32.0), audio=audio, video=VideoMeter(LIMITS), events=[], limits=LIMITS
    )

    assert facts.answer_started_s is None
    assert facts.greeting_speech_s == pytest.approx(15.0, abs=0.1)
    assert facts.talked_on_s == pytest.approx(8.0, abs=0.1)


def test_silence_has_no_latency():
    """None, not nought."""
    audio = AudioMeter(LIMITS)
    tone(audio, 0.0, 0.0, 10.0)

    facts = conversation_facts(
        Asked(3.0, 5.0, 10.0), audio=audio, video=VideoMeter(LIMITS), events=[], limits=LIMITS
    )

    assert (facts.answer_started_s, facts.answer_latency_s, facts.answer_speech_s) == (None, None, 0.0)


def test_the_prompt_is_short_loud_enough_and_without_long_pauses():
    """Turn detection takes half a second of silence for the end; the pause in the middle is shorter."""
    prompt = load_prompt()
    samples = np.frombuffer(prompt.samples, "<i2").astype(np.float64)
    windows = samples[: samples.size // 480 * 480].reshape(-1, 480)
    loud = 20 * np.log10(np.maximum(np.sqrt((windows**2).mean(axis=1)), 1) / 32768) > -45
    edges = np.flatnonzero(np.diff(np.concatenate(([True], loud, [True])).astype(int)))
    pauses = np.diff(edges)[::2] * 480 / prompt.rate_hz

    assert 1.5 < prompt.took_s < 4
    assert prompt.rate_hz == 24000
    assert 20 * np.log10(np.sqrt((samples**2).mean()) / 32768) > -26
    assert np.abs(samples).max() < 32767
    assert pauses.max() < 0.3
