"""The stretches of a conversation, for every picture alike: greeting, our words, the wait, the answer."""

from dataclasses import dataclass
from typing import Literal

from liveavatar_ops.health.facts import ConversationFacts, Facts, Span

Kind = Literal["greeting", "prompt", "wait", "no_answer", "answer"]
_JOINS_S = 0.7  # pauses between two words of one speaker are shorter


@dataclass(frozen=True)
class Stretch:
    """Who does what, from when to when."""

    kind: Kind
    start_s: float
    end_s: float
    words: str

    @property
    def took_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


def stretches(facts: Facts) -> list[Stretch]:
    """In order of time; empty where nothing was asked."""
    talk = facts.conversation
    if talk is None or talk.prompt_started_s is None:
        return []
    asked_s = talk.prompt_started_s
    ended_s = talk.prompt_ended_s if talk.prompt_ended_s is not None else asked_s
    before, after = _heard(facts, talk)
    found = [Stretch("greeting", start_s, end_s, "greeting") for start_s, end_s in before]
    found.append(Stretch("prompt", asked_s, max(ended_s, asked_s), "we speak"))
    if talk.answer_started_s is None:
        until_s = ended_s + talk.waited_s
        found.append(Stretch("no_answer", ended_s, until_s, f"no answer in {talk.waited_s:.0f} s"))
        return found
    if talk.answer_started_s > ended_s:
        found.append(
            Stretch("wait", ended_s, talk.answer_started_s, f"{talk.answer_started_s - ended_s:.1f} s wait")
        )
    found += [Stretch("answer", start_s, end_s, "answer") for start_s, end_s in after]
    return found


def at(moment_s: float, found: list[Stretch]) -> Stretch | None:
    """What goes on at a moment; who speaks hides who waits."""
    within = [each for each in found if each.start_s <= moment_s <= each.end_s]
    return next((each for each in within if each.kind != "wait"), within[0] if within else None)


def _heard(
    facts: Facts, talk: ConversationFacts
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """The avatar's speech before our question and after its answer began, short pauses bridged."""
    begins_s = talk.answer_started_s
    before = [span for span in facts.audio.speech if span.start_s < (talk.prompt_started_s or 0.0)]
    if begins_s is None:
        return _bridged(before), []
    after = [span for span in facts.audio.speech if span not in before and span.end_s > begins_s]
    said = _bridged(after)
    return _bridged(before), said or [(begins_s, begins_s + talk.answer_speech_s)]


def _bridged(spans: list[Span]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for span in spans:
        if joined and span.start_s - joined[-1][1] < _JOINS_S:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span.end_s))
        else:
            joined.append((span.start_s, span.end_s))
    return joined
