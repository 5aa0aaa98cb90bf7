"""Who ended it: the avatar, its track, the service, the account's credits? Each has its own verdict."""

import pytest

from liveavatar_ops.health.facts import Depth, EventFact, HostFacts, Reconnection
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.verdicts import Cause, Severity, Verdict
from tests.support.health_facts import healthy
from tests.support.health_faults import TABLE
from tests.support.health_faults_connection import BACK, GAP_TO_THE_END, LOST


def stopped(reason: str | None = None, *, at_s: float = 7.9) -> tuple[EventFact, ...]:
    return (EventFact(at_s=at_s, type="session.stopped", detail=reason),)


def test_what_the_service_said_about_the_end_is_quoted():
    judged = judge(healthy(room={"avatar_left_s": 8.0}, events=stopped("MAX_DURATION_REACHED")), Limits())

    assert judged.headline == "The avatar left the room after 6.4 s; the service said MAX_DURATION_REACHED."


@pytest.mark.parametrize("depth", [Depth.VIDEO, Depth.CONVERSATION])
@pytest.mark.parametrize("reason", ["SERVER_ERROR", None])
def test_a_session_that_is_over_is_not_healthy_because_its_picture_went_on(depth: Depth, reason: str | None):
    """A viewer's SDK cleans up at that word; and the check looked no longer than a second after it."""
    judged = judge(healthy(depth, events=stopped(reason)), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.AVATAR_LEFT)
    assert judged.headline.endswith(f"after 6.3 s; the service said {reason or 'session.stopped'}.")


@pytest.mark.parametrize(
    "ending",
    [{"avatar_left_s": 8.0}, {"disconnected_s": 8.0, "disconnect_reason": "ROOM_DELETED"}, {}],
    ids=["avatar left", "room deleted", "stays"],
)
def test_credits_that_run_out_are_no_fault_of_the_avatar(ending: dict[str, object]):
    """Running sessions end at zero credits; the watcher then backs off instead of waking somebody."""
    judged = judge(healthy(room=ending, events=stopped("NO_CREDITS")), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.QUOTA)
    assert "credits" in judged.next_step


def test_an_answer_that_did_not_come_before_the_credits_ran_out_is_not_held_against_the_avatar():
    silent = {
        "answer_started_s": None, "answer_latency_s": None, "answer_speech_s": 0.0, "waited_s": 12.0,
        "speak_started_event_s": None, "user_heard_event_s": None, "mouth_moving_s": 0.0,
    }  # fmt: skip
    facts = healthy(Depth.CONVERSATION, conversation=silent, events=stopped("NO_CREDITS"))

    judged = judge(facts, Limits())

    assert (judged.verdict, judged.cause) == (Verdict.INCONCLUSIVE, Cause.QUOTA)


def test_a_picture_that_stood_before_the_credits_ran_out_stood_all_the_same():
    """What was seen was seen."""
    judged = judge(healthy(video={"frozen_s": 12.0}, events=stopped("NO_CREDITS")), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.FROZEN)


@pytest.mark.parametrize(
    ("how", "words"), [("muted", "muted its video track"), ("unpublished", "took its video track back")]
)
def test_a_track_that_ended_is_no_standing_picture(how: str, words: str):
    """No frame came "while the track was live" would be untrue."""
    gap = {"longest_gap_s": 5.0, "open_gap_s": 5.0}
    facts = healthy(room={"video_ended_s": 8.0, "video_ended_by": how}, video=gap)

    judged = judge(facts, Limits())

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.NO_VIDEO)
    assert words in judged.headline
    assert [r.measure for r in judged.reasons if r.severity is Severity.FAILS] == [None]


@pytest.mark.parametrize("ending", ["track", "word"])
def test_what_they_said_stands_on_a_busy_machine_too(ending: str):
    """Being late changes nothing about who ended it."""
    busy = HostFacts(loop_lag_p95_s=0.3, loop_lag_max_s=1.2, busy_share=1.0, cores=2)
    track = {"video_ended_s": 8.0, "video_ended_by": "unpublished"}
    facts = (
        healthy(host=busy, room=track)
        if ending == "track"
        else healthy(host=busy, events=stopped("IDLE_TIMEOUT"))
    )

    assert judge(facts, Limits()).verdict is Verdict.UNHEALTHY


def test_an_avatar_that_left_took_its_track_along():
    """One reason, not two."""
    facts = healthy(room={"avatar_left_s": 8.0, "video_ended_s": 7.9, "video_ended_by": "unpublished"})

    judged = judge(facts, Limits())

    assert [reason.cause for reason in judged.reasons] == [Cause.AVATAR_LEFT]


def test_a_connection_that_did_not_come_back_is_not_said_to_be_made_anew():
    """And the gap in it is not the avatar's: the SDK had said that it was joining anew."""
    sentences = [
        reason.sentence for reason in judge(healthy(room=LOST, video=GAP_TO_THE_END), Limits()).reasons
    ]

    assert sentences[0].startswith("No frame came for 6 s")
    assert sentences[0].endswith("; our connection to the room was lost for 5.5 s of that time.")
    assert "The connection was lost once and had not come back after 5.5 s." in sentences
    assert not any("made anew" in sentence for sentence in sentences)


def test_an_sdk_that_gave_up_is_one_reason_and_says_after_how_long():
    judged = judge(TABLE["the SDK gives up joining anew"][0], Limits())

    assert [reason.sentence for reason in judged.reasons] == [
        "Our connection to the room was lost and had not come back after 5 s (UNKNOWN_REASON)."
    ]


def test_what_fell_into_a_lost_connection_says_so_and_how_often_it_was_lost():
    """Nobody came, and nobody could have been seen."""
    question, nobody, broke = (
        [reason.sentence for reason in judge(TABLE[row][0], Limits()).reasons]
        for row in (
            "the question fell into a lost connection",
            "the connection is lost before the avatar comes",
            "signalling breaks off before the avatar comes",
        )
    )

    assert question[0].endswith("; our connection to the room was lost for 0.5 s of our question.")
    assert nobody[0] == (
        "The room was there, but no avatar joined it within 20.0 s; our connection to the room was lost for "
        "19.9 s of that time."
    )
    assert nobody[1] == "The connection was lost once and had not come back after 19.9 s."
    assert broke == [
        "The room's connection broke off (SIGNAL_CLOSE).",
        "No avatar had joined after 1.8 s, when the connection ended.",
    ]


def test_a_gap_at_another_time_than_the_lost_connection_is_the_avatars():
    gap = {"longest_gap_s": 3.5, "longest_gap_at_s": 10.0}

    judged = judge(healthy(room=BACK, video=gap), Limits())

    assert (judged.verdict, judged.cause) == (Verdict.UNHEALTHY, Cause.FROZEN)


def test_a_room_that_was_closed_after_we_were_back_was_closed():
    """Only a loss that goes on explains an end that nobody gave a reason for."""
    ended = {"disconnected_s": 12.0, "disconnect_reason": "UNKNOWN_REASON"}

    assert judge(healthy(room={**BACK, **ended}), Limits()).cause is Cause.AVATAR_LEFT


def test_a_session_that_our_own_network_left_open_is_told_and_wakes_nobody():
    judged = judge(TABLE["the connection is lost, and the API does not answer either"][0], Limits())

    assert Cause.CLEAN_UP in {reason.cause for reason in judged.reasons}
    assert {reason.severity for reason in judged.reasons} == {Severity.DOUBTFUL}


def test_a_stop_that_was_answered_late_alone_is_no_lost_network():
    """LiveAvatar may be slow, too."""
    left = {"stopped": False, "unheard": True}

    assert judge(healthy(stop=left), Limits()).cause is Cause.CLEAN_UP
    back = {**LOST, "reconnections": (Reconnection(since_s=8.5, until_s=9.0),)}
    assert judge(healthy(room=back, stop=left), Limits()).cause is Cause.CLEAN_UP


@pytest.mark.parametrize(("stopped", "words"), [(False, "from here either."), (True, "at first either.")])
def test_a_network_that_came_back_for_the_stop_is_told_so(stopped: bool, words: str):
    facts = healthy(room=LOST, video=GAP_TO_THE_END, stop={"stopped": stopped, "unheard": True})

    assert judge(facts, Limits()).headline.endswith(words)


@pytest.mark.parametrize(
    ("at_s", "longest_s", "verdict"),
    [(60.4, 60, Verdict.HEALTHY), (30.0, 60, Verdict.UNHEALTHY), (60.4, None, Verdict.UNHEALTHY)],
    ids=["when it was due", "too soon", "nobody knows when it was due"],
)
def test_a_session_that_ended_when_it_was_due_is_noted(at_s: float, longest_s: int | None, verdict: Verdict):
    """Sandbox sessions end after a minute, however long one wants to watch."""
    facts = healthy(
        target={"max_session_duration_s": longest_s},
        room={"avatar_left_s": at_s + 0.1},
        events=stopped("MAX_DURATION_REACHED", at_s=at_s),
    )

    judged = judge(facts, Limits())

    assert judged.verdict is verdict
    assert ("which was due: it may last 60 s." in judged.headline) == (verdict is Verdict.HEALTHY)
