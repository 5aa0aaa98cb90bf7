"""The avatar as a viewer gets it: a real LiveKit server, a real session, a bare client in its own process."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.viewer import GAP_S, View, view

pytestmark = pytest.mark.media

JUNE = "a1b2c3d4-0001-4000-8000-000000000001"
OPENING = "Good day, and welcome. I am June."
SPOKEN_AT_LEAST_S = 1.0
GREETED = ["avatar.speak_ended"]
ANSWERED = ["user.speak_ended", "avatar.speak_ended", "avatar.speak_ended"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(media=True) as found:
        yield found


def session(emulator: RunningEmulator, *, key: str = "sk-emulator-accepts-this-key") -> dict[str, Any]:
    """The body of a session with June, who knows a context and has a key."""

    def made(path: str, body: dict[str, Any]) -> str:
        answer = emulator.call("POST", path, body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["id"])

    names = len(emulator.admin("GET", "/sessions"))
    secret = made("/v1/secrets", {"secret_type": "OPENAI_API_KEY", "secret_name": "k", "secret_value": key})
    context = made(
        "/v1/contexts",
        {"name": f"c{names}", "prompt": "You are June, the concierge.", "opening_text": OPENING},
    )
    connector = {"secret_id": secret, "context_id": context, "voice": "marin", "temperature": 0.7}
    return {
        "mode": "LITE",
        "avatar_id": JUNE,
        "video_settings": {"quality": "low"},
        "openai_realtime_config": connector,
    }


def watched(emulator: RunningEmulator, seconds: float, *faults: dict[str, Any], **more: Any) -> View:
    """
    What a viewer sees of one session with these faults, for so many seconds from the first frame on, or from
    what ``since`` names; the session is stopped afterwards.
    """
    body = session(emulator, **({"key": more.pop("key")} if "key" in more else {}))
    for fault in faults:
        emulator.admin("POST", "/faults", {"fault": fault, "on": "session", "times": 1})
    token = emulator.call("POST", "/v1/sessions/token", body).json()["data"]["session_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    started = httpx.post(f"{emulator.api_url}/v1/sessions/start", headers=bearer, timeout=60).json()["data"]
    try:
        return view(started["livekit_url"], started["livekit_client_token"], seconds, **more)
    finally:
        httpx.post(f"{emulator.api_url}/v1/sessions/stop", headers=bearer, json={}, timeout=60)


def gaps(seen: View) -> np.ndarray:
    return np.diff(np.array(seen.frames))


def test_a_viewer_sees_h264_and_hears_the_greeting_with_moving_lips(emulator: RunningEmulator) -> None:
    """One codec, a steady pace, Opus, the greeting aloud and told, the mouth in time with it."""
    seen = watched(emulator, 2, since=GREETED)
    kinds = [kind for kind in seen.kinds() if not kind.endswith(".chunk")]
    match, late = seen.lip_sync()

    assert seen.codecs == {"video": "video/H264", "audio": "audio/opus"}
    assert max(seen.sizes) == [640, 360]  # a sender that finds the machine busy begins with a smaller one
    assert 0.035 < np.median(gaps(seen)) < 0.045
    assert seen.loud() > SPOKEN_AT_LEAST_S
    assert kinds[0] == "session.state_updated"
    assert kinds.index("avatar.speak_started") < kinds.index("avatar.speak_ended")
    assert seen.words() == [OPENING]
    assert match > 0.6
    assert -0.125 < late < 0.125


def test_the_user_is_heard_and_answered(emulator: RunningEmulator) -> None:
    """Speech into the room comes back as events of both sides and as sound after the user has finished."""
    seen = watched(emulator, 1, say="When is breakfast served?", say_on=GREETED, since=ANSWERED)
    kinds = seen.kinds()

    assert (
        kinds.index("user.speak_started")
        < kinds.index("user.speak_ended")
        < kinds.index("user.transcription")
    )
    assert len(seen.words()) == 2
    assert "June" in seen.words()[1]
    assert seen.loud(since=seen.spoke[1]) > SPOKEN_AT_LEAST_S


def test_speech_interrupts_the_avatar(emulator: RunningEmulator) -> None:
    """A user who speaks into the greeting silences it earlier than it would have ended."""
    whole = watched(emulator, 1, since=GREETED)
    cut = watched(
        emulator,
        1,
        say="Stop, please, stop.",
        say_on=["avatar.speak_started"],
        since=["user.speak_ended", *GREETED],
    )

    def greeting(seen: View) -> float:
        return seen.loud(until=seen.when("avatar.speak_ended") + 0.1)

    assert cut.when("user.speak_started") < cut.when("avatar.speak_ended")
    assert greeting(cut) < greeting(whole) - 0.3


def test_commands_on_the_data_channel_are_obeyed(emulator: RunningEmulator) -> None:
    """`avatar.speak_text` speaks; `session.stop` ends the session with a last event that gives the reason."""
    text = "Breakfast is served until ten."
    say = {"event_type": "avatar.speak_text", "text": text, "on": GREETED}
    stop = {"event_type": "session.stop", "on": [*GREETED, *GREETED]}
    seen = watched(emulator, 0, send=[say, stop], since=["session.stopped"])

    assert seen.words() == [OPENING, text]
    assert seen.kinds()[-1] == "session.stopped"
    assert seen.events[-1]["stop_reason"] == seen.events[-1]["end_reason"] == "USER_CLOSED"


def test_a_wrong_openai_key_leaves_a_living_picture_that_never_speaks(emulator: RunningEmulator) -> None:
    """What the vendor does with a wrong key."""
    seen = watched(emulator, 6, key="sk-wrong", say="Hello?")

    assert len(seen.frames) > 60
    assert np.ptp([luma for _, luma in seen.mouth]) > 0
    assert seen.loud() == 0
    assert not [kind for kind in seen.kinds() if kind.startswith("avatar.")]


def test_a_mute_avatar_claims_speech_that_nobody_hears(emulator: RunningEmulator) -> None:
    """Events as ever, silence on the track, a still mouth."""
    seen = watched(emulator, 1, {"name": "mute"}, since=GREETED)

    assert "avatar.speak_started" in seen.kinds()
    assert seen.audio
    assert seen.loud() == 0
    assert seen.lip_sync()[0] < 0.5


def test_a_silent_mouth_moves(emulator: RunningEmulator) -> None:
    """No sound, but the mouth opens and closes as in speech."""
    seen = watched(emulator, 1, {"name": "silent_mouth"}, since=GREETED)

    assert seen.loud() == 0
    assert np.ptp([luma for _, luma in seen.mouth]) > 15


def test_a_still_mouth_speaks(emulator: RunningEmulator) -> None:
    """The voice is heard, the mouth stays closed."""
    seen = watched(emulator, 1, {"name": "still_mouth"}, since=GREETED)

    assert seen.loud() > SPOKEN_AT_LEAST_S
    assert np.ptp([luma for at, luma in seen.mouth if at > seen.frames[0] + 1]) < 15


def test_a_clipped_voice_is_at_full_scale(emulator: RunningEmulator) -> None:
    """Saturated samples by the thousand, which a healthy voice has none of."""
    assert watched(emulator, 0.5, {"name": "clipped"}, since=GREETED).full_scale > 2000


def test_a_voice_that_is_early_is_measured_as_early(emulator: RunningEmulator) -> None:
    """`av_offset` of 400 ms: the mouth follows the sound by about that much."""
    match, late = watched(emulator, 2, {"name": "av_offset", "offset_ms": 400}, since=GREETED).lip_sync()

    assert match > 0.5
    assert 0.3 < late < 0.5


def test_an_avatar_asked_not_to_answer_greets_and_then_stays_silent(emulator: RunningEmulator) -> None:
    """`no_answer`: the greeting may be given, the user is heard, nothing comes back."""
    asked = {"say": "When is breakfast served?", "say_on": GREETED, "since": ["user.speak_ended"]}
    seen = watched(emulator, 4, {"name": "no_answer"}, **asked)

    assert "user.speak_ended" in seen.kinds()
    assert seen.kinds().count("avatar.speak_started") <= 1
    assert seen.loud(since=seen.spoke[1]) == 0


def test_a_stall_stops_frames_while_sound_and_track_live_on(emulator: RunningEmulator) -> None:
    """After its time not one frame comes, for as long as one watches; the sound goes on."""
    seen = watched(emulator, 7, {"name": "stall", "after_s": 2})

    assert seen.frames
    assert seen.end - seen.frames[-1] > 2
    assert seen.audio[-1][0] > seen.frames[-1] + 1.5
    assert seen.avatar_left is None


def test_a_fault_given_while_one_watches_acts_until_it_is_cleared(emulator: RunningEmulator) -> None:
    """The admin API reaches a session that runs: frames stop, and come back."""

    stalled: list[tuple[float, int]] = []  # when no frame had come since, and how many had come before
    cleared: list[bool] = []

    def meddle(frames: int) -> None:
        if frames < 25 or cleared:
            return
        if not stalled:
            session_id = emulator.active_sessions()[-1]["id"]
            stall = {"fault": {"name": "stall", "after_s": 0}, "session_id": session_id}
            emulator.admin("POST", "/faults", stall)
        if not stalled or stalled[-1][1] != frames:
            stalled.append((time.monotonic(), frames))
        elif time.monotonic() - stalled[-1][0] > GAP_S + 1:
            emulator.admin("DELETE", "/faults")
            cleared.append(True)

    seen = watched(emulator, 1, on_frames=meddle, since=["gap"])

    assert cleared
    assert gaps(seen).max() > GAP_S
    assert len([at for at in seen.frames if at > seen.end - 1]) > 5


def test_a_low_rate_is_low_and_even(emulator: RunningEmulator) -> None:
    """Five frames a second means about 0.2 s between frames."""
    assert 0.15 < np.median(gaps(watched(emulator, 6, {"name": "low_fps", "fps": 5}))) < 0.25


def test_a_small_picture_and_a_drop_change_the_size_that_arrives(emulator: RunningEmulator) -> None:
    """`small` from the first frame, `resolution_drop` after a while."""
    small = watched(emulator, 4, {"name": "small", "width": 320, "height": 180}).sizes
    dropped = watched(emulator, 7, {"name": "resolution_drop", "after_s": 4}).sizes

    assert max(small) == [320, 180]
    assert max(dropped) == [640, 360]
    assert dropped[-1][0] < 320


def test_missing_tracks_are_missing(emulator: RunningEmulator) -> None:
    """`no_video` offers sound only, `no_audio` a picture only."""
    assert set(watched(emulator, 3, {"name": "no_video"}, since=["sound"]).codecs) == {"audio"}
    assert set(watched(emulator, 3, {"name": "no_audio"}).codecs) == {"video"}


def test_an_avatar_may_be_late_never_come_or_leave(emulator: RunningEmulator) -> None:
    """Late by its delay; never; and gone after a while though the session is not over."""
    asked = time.time()
    late = watched(emulator, 0, {"name": "late_avatar", "delay_s": 10})
    never = watched(emulator, 4, {"name": "no_avatar"}, since=[])
    gone = watched(emulator, 1, {"name": "leaves", "after_s": 5}, since=["left"])

    assert late.joined + late.frames[0] - asked > 10  # without the fault it takes 2 to 3 s
    assert (never.codecs, never.frames) == ({}, [])
    assert gone.frames
    assert gone.avatar_left is not None
    assert gone.frames[-1] <= gone.avatar_left + 0.5
