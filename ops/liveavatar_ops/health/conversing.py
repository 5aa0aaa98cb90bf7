"""
One question and its answer: waits for a pause, asks, listens until the answer is over.

Knows no LiveKit: `say` speaks the prompt, `speech` is what was heard of the avatar so far. Only this
proves the chain from the AWS secret over LiveAvatar to OpenAI; a living picture alone does not
(LiveAvatar API facts §3.7).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from liveavatar_ops.health.facts import ConversationFacts, EventFact, LipFacts, Span
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import AudioMeter, VideoMeter, lip_facts, mouth_moving_s

POLL_S = 0.1
BEFORE_THE_END_S = 0.3  # an answer that begins in the last word is still an answer


@dataclass(frozen=True)
class Asked:
    """When the prompt was spoken and until when the answer was listened for."""

    started_s: float
    ended_s: float
    listened_until_s: float


async def ask(
    say: Callable[[], Awaitable[tuple[float, float]]],
    speech: Callable[[], Sequence[Span]],
    now_s: Callable[[], float],
    limits: Limits,
    *,
    greets: bool,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Asked:
    """
    Ask once the avatar is quiet, and listen until the answer is over or overdue. `greets`: it speaks first,
    so its greeting is awaited and heard out; talking into it would interrupt it.
    """
    begins_by_s = now_s() + (limits.greeting_begins_s if greets else 0.0)
    await sleep(limits.listen_first_s)
    while not speech() and now_s() < begins_by_s:
        await sleep(POLL_S)
    patience_s = now_s() + limits.greeting_longest_s
    while _talking(speech(), now_s(), limits) and now_s() < patience_s:
        await sleep(POLL_S)
    started_s, ended_s = await say()
    overdue_s = ended_s + limits.answer_deadline_s
    while not (heard := answer_spans(speech(), ended_s)) and now_s() < overdue_s:
        await sleep(POLL_S)
    if heard:
        enough_s = heard[0].start_s + limits.answer_longest_s
        while _talking(speech(), now_s(), limits) and now_s() < enough_s:
            await sleep(POLL_S)
    return Asked(started_s, ended_s, now_s())


def answer_spans(speech: Sequence[Span], prompt_ended_s: float) -> list[Span]:
    """What the avatar said after the prompt."""
    return [span for span in speech if span.start_s >= prompt_ended_s - BEFORE_THE_END_S]


def _spoken_s(speech: Sequence[Span], since_s: float, until_s: float) -> float:
    """How much of a stretch was speech; a turn that goes on beyond either end counts with its part."""
    parts = (min(span.end_s, until_s) - max(span.start_s, since_s) for span in speech)
    return round(sum(part for part in parts if part > 0), 2)


def _talking(speech: Sequence[Span], now_s: float, limits: Limits) -> bool:
    return bool(speech) and now_s - speech[-1].end_s < limits.pause_s


def conversation_facts(
    asked: Asked,
    *,
    audio: AudioMeter,
    video: VideoMeter,
    events: Sequence[EventFact],
    limits: Limits,
) -> ConversationFacts:
    """Hold sound, mouth and the service's own claims of the answer against each other."""
    speech = audio.speech()
    answer = answer_spans(speech, asked.ended_s)
    started_s = answer[0].start_s if answer else None
    return ConversationFacts(
        prompt_started_s=round(asked.started_s, 3),
        prompt_ended_s=round(asked.ended_s, 3),
        answer_started_s=started_s,
        answer_latency_s=None if started_s is None else round(max(started_s - asked.ended_s, 0.0), 3),
        answer_speech_s=round(sum(span.took_s for span in answer), 2),
        greeting_speech_s=_spoken_s(speech, 0.0, asked.started_s),
        after_prompt_speech_s=_spoken_s(speech, asked.ended_s, asked.listened_until_s),
        waited_s=round(max(asked.listened_until_s - asked.ended_s, 0.0), 3),
        speak_started_event_s=_event(events, asked.started_s, "avatar.speak_started"),
        speak_ended_event_s=_event(events, asked.started_s, "avatar.speak_ended"),
        user_heard_event_s=_event(events, asked.started_s, "user.speak_started", "user.transcription"),
        mouth_moving_s=mouth_moving_s(video.mouth, asked.ended_s, asked.listened_until_s, limits),
        lips=_lips(audio, video, answer, limits),
    )


def _lips(audio: AudioMeter, video: VideoMeter, answer: Sequence[Span], limits: Limits) -> LipFacts:
    if not answer:
        return LipFacts()
    return lip_facts(video.mouth, audio.levels(), answer, limits)


def _event(events: Sequence[EventFact], since_s: float, *kinds: str) -> float | None:
    return next((event.at_s for event in events if event.type in kinds and event.at_s >= since_s), None)
