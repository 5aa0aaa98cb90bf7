"""
Is somebody there who hears, answers, and speaks with their own mouth? Only this proves the whole chain.

What was heard and seen decides. The service's own events are claims: held against it they tell faults apart,
and where both disagree though the avatar answered, that is noted.
"""

from collections.abc import Iterator

from liveavatar_ops.health.facts import ConversationFacts, Depth, Facts
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import show
from liveavatar_ops.health.verdicts import Cause, Reason, Severity


def reasons(facts: Facts, limits: Limits) -> Iterator[Reason]:
    """Sound first, then the answer, then lips."""
    if facts.refusal or facts.room.failure or not facts.video.frames:
        return
    no_track = facts.room.audio_subscribed_s is None and not facts.audio.frames
    if facts.conversation is None or not facts.target.depth.includes(Depth.CONVERSATION):
        if no_track:
            yield _reason(Cause.MUTE, Severity.DEGRADES, "The avatar published no sound track.")
        yield from _microphone(facts)
        return
    talk = facts.conversation
    if talk.answer_started_s is None:
        yield _of_answer(_no_answer(talk, facts, limits, no_track=no_track))
    elif _nothing_but_a_sound(talk, facts, limits):
        text = (
            f"Only {talk.answer_speech_s:.1f} s of sound came back, no mouth moved, and the service never "
            "said that the avatar spoke (avatar.speak_started): a sound is no answer."
        )
        yield _of_answer(_reason(Cause.NO_ANSWER, Severity.DEGRADES, text))
    else:
        yield from _lips(talk, limits)
        yield from _claims(talk, facts, limits)


def talked_on(talk: ConversationFacts, limits: Limits) -> bool:
    """Whether it spoke on over our question; the tail of a greeting is no more than a click."""
    return talk.talked_on_s >= limits.speech_least_s


def _microphone(facts: Facts) -> Iterator[Reason]:
    """
    Who is not let speak cannot ask. A room that is over takes no track either; that is said elsewhere. One
    that we had lost may not either: whose "no" it was is then not known.
    """
    unasked = facts.unasked
    if unasked is None or facts.room.gone or facts.stopped:
        return
    lost = "; in this check our connection to the room was lost" if facts.room.reconnections else ""
    if unasked.kind == "microphone_refused":
        how, severity = "was refused", Severity.DOUBTFUL if lost else Severity.FAILS
    elif unasked.kind == "microphone_unanswered":
        how, severity = "did not get into the room", Severity.DOUBTFUL
    else:
        return
    text = f"Our microphone {how}, so nothing could be asked: {unasked.why.rstrip('.')}{lost}."
    yield _reason(Cause.SIGNALLING, severity, text)


def _nothing_but_a_sound(talk: ConversationFacts, facts: Facts, limits: Limits) -> bool:
    """Too short to look at the lips, and neither mouth nor events witness that it was a voice."""
    told = any(event.at_s >= (talk.prompt_started_s or 0.0) for event in facts.events)
    short = talk.answer_speech_s < limits.mouth_evidence_s
    return short and not talk.mouth_moving_s and told and talk.speak_started_event_s is None


def _no_answer(talk: ConversationFacts, facts: Facts, limits: Limits, *, no_track: bool) -> Reason:
    """Five faults look alike until mouth, events and greeting are held against each other."""
    waited = f"within {talk.waited_s:.0f} s"
    if talk.prompt_ended_s is None or talk.waited_s < limits.answer_unhealthy_s:
        text = (
            f"The prompt was not played to its end, or the answer was waited for only {talk.waited_s:.0f} s."
        )
        return _reason(Cause.NO_ANSWER, Severity.DOUBTFUL, text)
    if no_track:  # whether or not its mouth moves: without a track no voice could be lost on the way
        return _reason(Cause.MUTE, Severity.FAILS, "The avatar published no sound track and never spoke.")
    if talked_on(talk, limits):  # it was heard: neither mute nor a silent mouth
        text = f"It talked on over our question for {talk.talked_on_s:.1f} s and did not answer."
        return _reason(Cause.NO_ANSWER, Severity.FAILS, text)
    if talk.mouth_moving_s >= limits.mouth_silent_s:
        text = f"The mouth moved for {talk.mouth_moving_s:.1f} s, but no voice was heard {waited}."
        return _reason(Cause.SILENT_MOUTH, Severity.FAILS, text)
    if talk.speak_started_event_s is not None:
        text = f"The service says that the avatar spoke, but nothing was audible {waited}."
        return _reason(Cause.MUTE, Severity.FAILS, text)
    heard = " although the service says that it heard us" if talk.user_heard_event_s is not None else ""
    before = ", and it never spoke before" if not talk.greeting_speech_s else ", though it had greeted"
    unheard = "; the service sent events, but never said that it heard us" if facts.unheard else ""
    text = f"The avatar did not answer {waited}{heard}{before}{unheard}."
    return _reason(Cause.NO_ANSWER, Severity.FAILS, text)


def _lips(talk: ConversationFacts, limits: Limits) -> Iterator[Reason]:
    """
    A still mouth is one that does not move while a voice is heard.

    Correlation is no witness for it: over three seconds of speech chance alone reaches 0.66. Where too few
    frames were looked at, `moving_share` is None and nothing is said about the mouth.
    """
    lips = talk.lips
    if lips.speech_s < limits.mouth_evidence_s or lips.moving_share is None:
        return
    if lips.moving_share < limits.mouth_moves_share:
        text = (
            f"The avatar was heard for {lips.speech_s:.1f} s, but its mouth moved in only "
            f"{lips.moving_share:.0%} of that time."
        )
        yield _reason(Cause.STILL_MOUTH, Severity.FAILS, text)


def _claims(talk: ConversationFacts, facts: Facts, limits: Limits) -> Iterator[Reason]:
    """The avatar answered: do the service's events say the same? Only notes: viewers do not see events."""
    asked_s = talk.prompt_started_s or 0.0
    if not facts.events:
        yield _note("The service sent no events: its claims cannot be held against what was heard.")
        return
    if talk.speak_started_event_s is None:
        yield _note("The avatar was heard, but the service never said that it spoke (avatar.speak_started).")
    elif talk.answer_started_s is not None:
        late_s = talk.answer_started_s - talk.speak_started_event_s
        if late_s >= limits.heard_late_noted_s:
            yield _note(f"The avatar was heard {show(late_s, 's')} after the service said that it spoke.")
    if not any(event.type == "user.transcription" and event.at_s >= asked_s for event in facts.events):
        yield _note("The avatar answered, but the service sent no text of what we said (user.transcription).")
    greeted = any(event.type == "avatar.speak_started" and event.at_s < asked_s for event in facts.events)
    if greeted and not talk.greeting_speech_s:
        yield _note("The service says that the avatar spoke before we did, but nothing was heard of it.")


def _note(sentence: str) -> Reason:
    return _reason(Cause.NO_ANSWER, Severity.NOTE, sentence)


def _of_answer(reason: Reason) -> Reason:
    return reason.model_copy(update={"measure": "answer"})


def _reason(cause: Cause, severity: Severity, sentence: str) -> Reason:
    return Reason(cause=cause, severity=severity, sentence=sentence)
