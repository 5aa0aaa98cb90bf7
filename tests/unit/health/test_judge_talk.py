"""The judgement of a talk: what was heard and seen decides, and the service's claims are held against it."""

import pytest

from liveavatar_ops.health.facts import Depth, EventFact, LipFacts, Unasked
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity, Verdict
from tests.support.health_facts import healthy
from tests.support.health_faults import TABLE

TALK = Depth.CONVERSATION
SAID = ("user.speak_started", "user.transcription", "avatar.speak_started", "avatar.speak_ended")
CHANCE = 0.66  # correlation that three seconds of speech reach with a mouth that rests


def events(*kinds, at_s=8.1):
    return tuple(EventFact(at_s=at_s, type=kind) for kind in kinds)


def lips(**changes):
    return {"lips": LipFacts(**{"moving_share": 0.9, "correlation": 0.8, "speech_s": 3.5, **changes})}


def talked(conversation=None, said=SAID, **more):
    return judge(
        healthy(TALK, conversation=conversation or {}, **{"events": events(*said), **more}), Limits()
    )


def notes(judged):
    return [reason.sentence for reason in judged.reasons if reason.severity is Severity.NOTE]


def test_chance_does_not_bring_a_still_mouth_to_life():
    """Correlation of two unrelated things over three seconds reaches 0.66; motion is the witness."""
    judged = talked(lips(moving_share=0.05, correlation=CHANCE))

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.STILL_MOUTH)


def test_nothing_is_said_of_a_mouth_that_was_hardly_looked_at():
    """Neither healthy by chance nor still for want of frames."""
    assert talked(lips(moving_share=None)).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("offset_s", "verdict"),
    [(0.06, Verdict.HEALTHY), (0.1, Verdict.HEALTHY), (0.12, Verdict.DEGRADED), (0.4, Verdict.DEGRADED)],
)
def test_sound_is_early_only_beyond_what_our_measuring_can_be_wrong_by(offset_s, verdict):
    """45 ms can be detected, a frame lasts 40 ms, our grid 20 ms: 60 ms were seen without a fault."""
    assert talked(lips(offset_s=offset_s)).verdict is verdict


@pytest.mark.parametrize(("offset_s", "verdict"), [(0.14, Verdict.DEGRADED), (0.16, Verdict.UNHEALTHY)])
def test_early_sound_may_fail_a_check_where_lips_may(offset_s, verdict):
    facts = healthy(TALK, conversation=lips(offset_s=offset_s), events=events(*SAID))

    assert judge(facts, Limits(lips_may_fail=True)).verdict is verdict


def test_claims_that_agree_with_what_was_heard_need_no_note():
    assert talked().reasons == ()


DISAGREE = {
    "heard, never claimed": (
        {"speak_started_event_s": None},
        ("user.speak_started", "user.transcription"),
        "The avatar was heard, but the service never said that it spoke (avatar.speak_started).",
    ),
    "heard long after the claim": (
        {"speak_started_event_s": 7.0, "answer_started_s": 8.2},
        SAID,
        "The avatar was heard 1.2 s after the service said that it spoke.",
    ),
    "answered, our words missing": (
        {},
        ("user.speak_started", "avatar.speak_started"),
        "The avatar answered, but the service sent no text of what we said (user.transcription).",
    ),
    "no events at all": (
        {"speak_started_event_s": None, "user_heard_event_s": None},
        (),
        "The service sent no events: its claims cannot be held against what was heard.",
    ),
}


@pytest.mark.parametrize(("conversation", "said", "sentence"), DISAGREE.values(), ids=DISAGREE)
def test_claims_that_disagree_with_what_was_heard_are_noted_and_no_more(conversation, said, sentence):
    """A viewer hears the avatar, not the events: the verdict stays."""
    judged = talked(conversation, said)

    assert judged.verdict is Verdict.HEALTHY
    assert notes(judged) == [sentence]


def test_a_greeting_that_was_claimed_and_not_heard_is_noted():
    said = (*events("avatar.speak_started", at_s=2.5), *events(*SAID))

    silent = talked(events=said)
    heard = talked({"greeting_speech_s": 1.4}, events=said)

    assert notes(silent) == [
        "The service says that the avatar spoke before we did, but nothing was heard of it."
    ]
    assert notes(heard) == []


def test_speech_that_is_claimed_and_not_heard_is_a_fault():
    """The other direction: claimed, and silence."""
    nothing = {"answer_started_s": None, "answer_latency_s": None, "waited_s": 12.0, "mouth_moving_s": 0.0}

    judged = talked(nothing)

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.MUTE)
    assert "The service says that the avatar spoke" in judged.headline


@pytest.mark.parametrize(
    ("name", "headline", "step"),
    [
        (
            "our microphone is refused",
            "Our microphone was refused, so nothing could be asked: not",
            "canPublish",
        ),
        ("our microphone gets no answer", "Our microphone did not get into the room", "canPublish"),
        ("too short for a conversation", "The session was too short for a conv", "max_session_duration"),
    ],
)
def test_a_talk_that_never_began_is_told_by_what_kept_it_from_beginning(name: str, headline: str, step: str):
    """Another machine with a free core would help none of them."""
    judged = judge(TABLE[name][0], Limits())

    assert judged.headline.startswith(headline)
    assert step in judged.next_step


def test_a_room_that_was_over_refused_no_microphone():
    """It takes no track any more; that the avatar left is the root."""
    gone = {"avatar_left_s": 8.0}
    unasked = Unasked(kind="microphone_refused", why="the engine is closed")

    assert judge(healthy(TALK, conversation=None, room=gone, unasked=unasked), Limits()).cause is (
        Cause.AVATAR_LEFT
    )


def test_a_microphone_that_failed_while_we_were_away_is_nobodys_fault_yet():
    judged = judge(TABLE["our microphone is refused in a lost connection"][0], Limits())

    assert judged.headline == (
        "Our microphone was refused, so nothing could be asked: the engine is closed; in this check our "
        "connection to the room was lost."
    )
    assert "canPublish" not in judged.next_step


@pytest.mark.parametrize(
    ("name", "headline", "step"),
    [
        ("the talk is cut off on a starved host", "Our own machine did not keep up: ", "with a free core"),
        ("the talk is cut off, all of our network is gone", "Our own network was gone: ", "own line"),
        ("the talk is cut off in a lost connection", "The check ended before it was done: the talk", "wss"),
    ],
)
def test_a_talk_that_we_kept_from_its_end_asks_for_no_longer_session(name: str, headline: str, step: str):
    judged = judge(TABLE[name][0], Limits())

    assert judged.headline.startswith(headline)
    assert step in judged.next_step
    assert not any("too short" in reason.sentence for reason in judged.reasons)


UNANSWERED = {
    "answer_started_s": None, "answer_latency_s": None, "answer_speech_s": 0.0, "waited_s": 12.0,
}  # fmt: skip


@pytest.mark.parametrize("mouth_s", [0.0, 7.8])
@pytest.mark.parametrize("claimed_s", [None, 8.1])
def test_an_avatar_that_talks_on_is_neither_mute_nor_a_silent_mouth(mouth_s, claimed_s):
    """It was heard all the time, only it did not answer."""
    talk = {"after_prompt_speech_s": 8.0, "mouth_moving_s": mouth_s, "speak_started_event_s": claimed_s}

    judged = talked({**UNANSWERED, **talk})

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.NO_ANSWER)
    assert judged.headline == "It talked on over our question for 8.0 s and did not answer."
    assert "stops when it is spoken to" in judged.next_step


BEEP = {"answer_speech_s": 0.4, "mouth_moving_s": 0.0, "speak_started_event_s": None, "lips": LipFacts()}


def test_a_sound_that_nothing_else_witnesses_is_no_answer():
    """A beep of 0.4 s: no mouth moved, and events came, but none that says that the avatar spoke."""
    judged = talked(BEEP, ("user.speak_started", "user.transcription"))

    assert (judged.verdict, judged.cause) == (Verdict.DEGRADED, Cause.NO_ANSWER)
    assert judged.headline.startswith("Only 0.4 s of sound came back")


@pytest.mark.parametrize(
    ("conversation", "said"),
    [
        ({**BEEP, "mouth_moving_s": 0.5}, ("user.transcription",)),
        ({**BEEP, "speak_started_event_s": 8.1}, SAID),
        ({**BEEP, "answer_speech_s": 2.5}, ("user.transcription",)),
        (BEEP, ()),
    ],
    ids=["mouth", "claimed", "long", "no events at all"],
)
def test_one_witness_makes_a_short_answer_an_answer(conversation, said):
    """A plain yes is an answer."""
    assert talked(conversation, said).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(("said", "unheard"), [((), False), (("session.state_updated",), True)])
def test_a_service_that_never_heard_us_is_told_where_its_events_came(said, unheard):
    """Then it may be our microphone's way, and not the key."""
    nothing = {"speak_started_event_s": None, "user_heard_event_s": None, "mouth_moving_s": 0.0}

    judged = talked({**UNANSWERED, **nothing}, said)

    assert judged.cause is Cause.NO_ANSWER
    assert ("never said that it heard us" in judged.headline) is unheard
    assert ("our sound may not have reached the avatar" in judged.next_step) is unheard
    assert "OpenAI key first" in judged.next_step
