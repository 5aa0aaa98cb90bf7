"""Faults as facts: what happened, the verdict and the cause that it must get."""

from decimal import Decimal

from liveavatar_ops.health.facts import (
    AudioFacts,
    CreditFacts,
    Depth,
    LipFacts,
    Refusal,
    RoomFacts,
    RoomFailure,
    SizeChange,
    StopFacts,
    Unasked,
    VideoFacts,
)
from liveavatar_ops.health.verdicts import Cause
from tests.support.health_facts import healthy, span, step
from tests.support.health_fault_parts import NO_VIDEO, NOTHING_HEARD, SILENT, TALK, D, H, I, U, room
from tests.support.health_faults_connection import CONNECTION


def refusal(error, *, status=None, code=None, at="start", **more):
    said = {"sentence": "LiveAvatar said no.", **more}
    return Refusal(step=at, error=error, status=status, code=code, **said)


def refused(error, **more):
    """A check that a call of the API ended."""
    return healthy(refusal=refusal(error, **more), room=RoomFacts(), video=VideoFacts(), audio=AudioFacts())


def failed_room(kind, **more):
    failure = RoomFailure(kind=kind, sentence="The LiveKit server could not be reached.", **more)
    return healthy(room=RoomFacts(connect_started_s=1.0, failure=failure), video=NO_VIDEO, audio=AudioFacts())


TABLE = {
    # what happened: facts, verdict, cause
    "all is well": (healthy(), H, Cause.NONE),
    "all is well, depth api": (healthy(Depth.API), H, Cause.NONE),
    "all is well, depth session": (healthy(Depth.SESSION), H, Cause.NONE),
    "all is well, depth conversation": (healthy(TALK), H, Cause.NONE),
    "wrong key": (refused("BadCredentials", status=401, at="credits"), U, Cause.CREDENTIALS),
    "too many sessions": (refused("ConcurrencyLimit", status=403, code=4003), I, Cause.QUOTA),
    "code 4003 under another class": (refused("BadCredentials", status=403, code=4003), I, Cause.QUOTA),
    "no credits": (refused("OutOfCredits", status=400, code=4033), I, Cause.QUOTA),
    "no credits, seen before a start": (
        healthy(Depth.API, credits=CreditFacts(before=Decimal(0), minute=Decimal(1))), I, Cause.QUOTA
    ),
    "no credits, in the sandbox": (
        healthy(Depth.API, credits=CreditFacts(before=Decimal(0), minute=Decimal(0))), H, Cause.NONE
    ),
    "a session started without credits": (
        healthy(Depth.SESSION, credits=CreditFacts(before=Decimal("0.5"), minute=Decimal(1))), H, Cause.NONE
    ),
    "rate limit": (refused("TooFast", status=429, retry_after_s=7), I, Cause.QUOTA),
    "unknown avatar": (refused("Invalid", status=400), U, Cause.CONFIGURATION),
    "context deleted": (refused("NotThere", status=404, at="context"), U, Cause.CONFIGURATION),
    "server fault": (refused("ServerFault", status=500), U, Cause.VENDOR_API),
    "an answer nobody can read": (refused("Unreadable", status=200), U, Cause.VENDOR_API),
    "an error of a kind yet unknown": (refused("Teapot", status=418), U, Cause.VENDOR_API),
    "no answer after others came": (refused("Unreachable"), U, Cause.VENDOR_API),
    "no name service here": (
        healthy(
            refusal=refusal("Unreachable", own_network="name"),
            steps=(step("credits", 0.0, ok=False, status=None),),
            video=NO_VIDEO,
        ),
        I,
        Cause.OWN_NETWORK,
    ),
    "our proxy fails later": (refused("Unreachable", own_network="proxy"), I, Cause.OWN_NETWORK),
    "no room server here": (failed_room("signalling", own_network="listener"), I, Cause.OWN_NETWORK),
    "signalling does not answer": (failed_room("signalling"), U, Cause.SIGNALLING),
    "room token refused": (failed_room("token"), U, Cause.SIGNALLING),
    "joining hangs": (failed_room("deadline"), U, Cause.SIGNALLING),
    "media path blocked": (failed_room("ice", tcp_would_work=True), U, Cause.ICE),
    "avatar never came": (healthy(room=room(), video=NO_VIDEO), U, Cause.NO_AVATAR),
    "room closed before the avatar": (
        healthy(room=room(disconnected_s=3.0, disconnect_reason="ROOM_DELETED"), video=NO_VIDEO),
        U,
        Cause.NO_AVATAR,
    ),
    "nobody waited for the avatar": (
        healthy(room=room(watched_until_s=4.0), video=NO_VIDEO), I, Cause.NO_AVATAR
    ),
    "avatar late": (healthy(room={"avatar_joined_s": 9.0}), D, Cause.SLOW),
    "avatar far too late": (healthy(room={"avatar_joined_s": 17.0}), U, Cause.SLOW),
    "first frame far too late": (healthy(video={"first_frame_s": 17.0}), U, Cause.SLOW),
    "no video track": (
        healthy(room=room(avatar_joined_s=2.0, watched_until_s=12.0), video=NO_VIDEO), U, Cause.NO_VIDEO
    ),
    "video track without frames": (
        healthy(
            room=room(
                avatar_joined_s=2.0, video_published_s=2.1, video_subscribed_s=2.2, watched_until_s=12.1
            ),
            video=NO_VIDEO,
        ),
        U,
        Cause.NO_VIDEO,
    ),
    "avatar left": (healthy(room={"avatar_left_s": 8.0}), U, Cause.AVATAR_LEFT),
    "room closed under us": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "ROOM_DELETED"}), U, Cause.AVATAR_LEFT
    ),
    **CONNECTION,
    "black": (
        healthy(
            video={"black_s": 8.0, "frozen_s": 8.0, "frozen_at_s": 6.0, "spans": (span("black", 6, 14),)}
        ),
        U,
        Cause.BLACK,
    ),
    "a flash of black": (healthy(video={"black_s": 0.5}), D, Cause.BLACK),
    "one colour": (healthy(video={"one_colour_s": 8.0}), U, Cause.ONE_COLOUR),
    "frozen": (healthy(video={"frozen_s": 11.0}), U, Cause.FROZEN),
    "stood for a while": (healthy(video={"frozen_s": 7.0}), D, Cause.FROZEN),
    "stood while heard": (healthy(video={"frozen_while_speaking_s": 2.5}), U, Cause.FROZEN),
    "stalled": (
        healthy(video={"longest_gap_s": 3.0, "freeze_s": 3.0, "fps": 17.0, "fps_eff": 4.0}), U, Cause.FROZEN
    ),
    "a slide show": (healthy(video={"fps": 8.0, "fps_eff": 8.0}), U, Cause.SLOW),
    "jerky": (healthy(video={"fps": 15.0}), D, Cause.SLOW),
    "the rate falls": (healthy(video={"fps_first_third": 25.0, "fps_last_third": 9.0}), U, Cause.SLOW),
    "many hitches": (healthy(video={"freeze_s": 1.2, "freeze_count": 5}), U, Cause.SLOW),
    "small": (
        healthy(
            video={
                "sizes": (SizeChange(at_s=2.0, width=640, height=360),), "width": 640, "height": 360,
                "smallest_width": 640, "smallest_height": 360,
            }
        ),
        U,
        Cause.SMALL,
    ),
    "no sound track, nobody asked for one": (
        healthy(room={"audio_subscribed_s": None}, audio=AudioFacts()), D, Cause.MUTE
    ),
    "no sound track": (
        healthy(TALK, room={"audio_subscribed_s": None}, audio=AudioFacts(), conversation=NOTHING_HEARD),
        U,
        Cause.MUTE,
    ),
    "no sound track, and a moving mouth": (
        healthy(
            TALK,
            room={"audio_subscribed_s": None},
            audio=AudioFacts(),
            conversation={**NOTHING_HEARD, "mouth_moving_s": 3.0},
        ),
        U,
        Cause.MUTE,
    ),
    "says it speaks, is not heard": (
        healthy(TALK, conversation={**SILENT, "mouth_moving_s": 0.0}), U, Cause.MUTE
    ),
    "moving mouth without a voice": (
        healthy(TALK, conversation={**NOTHING_HEARD, "mouth_moving_s": 3.0}), U, Cause.SILENT_MOUTH
    ),
    "no answer": (healthy(TALK, conversation=NOTHING_HEARD), U, Cause.NO_ANSWER),
    "nobody waited for the answer": (
        healthy(TALK, conversation={**NOTHING_HEARD, "waited_s": 2.0}), I, Cause.NO_ANSWER
    ),
    "our microphone is refused": (
        healthy(TALK, conversation=None, unasked=Unasked(kind="microphone_refused", why="not allowed")),
        U,
        Cause.SIGNALLING,
    ),
    "our microphone gets no answer": (
        healthy(TALK, conversation=None, unasked=Unasked(kind="microphone_unanswered", why="no answer")),
        I,
        Cause.SIGNALLING,
    ),
    "too short for a conversation": (
        healthy(TALK, conversation=None, unasked=Unasked(kind="session_over", why="a minute")),
        I,
        Cause.CONFIGURATION,
    ),
    "slow answer": (healthy(TALK, conversation={"answer_latency_s": 5.0}), D, Cause.SLOW),
    "answer far too late": (healthy(TALK, conversation={"answer_latency_s": 9.0}), U, Cause.SLOW),
    "voice with a still mouth": (
        healthy(
            TALK,
            conversation={
                "lips": LipFacts(moving_share=0.05, mouth_speaking=0.4, correlation=0.1, speech_s=4.0)
            },
        ),
        U,
        Cause.STILL_MOUTH,
    ),
    "lips out of time": (
        healthy(
            TALK,
            conversation={
                "lips": LipFacts(
                    moving_share=0.9, mouth_speaking=6, correlation=0.8, offset_s=0.2, speech_s=4.0
                )
            },
        ),
        D,
        Cause.LIP_SYNC,
    ),
    "clipped": (
        healthy(TALK, audio={"speech_s": 3.0, "level_dbfs": -6.0, "clipped_share": 0.2}), U, Cause.DISTORTED
    ),
    "sound made up": (healthy(TALK, network={"concealed_share": 0.25}), U, Cause.DISTORTED),
    "sound made up for what our line lost": (
        healthy(TALK, network={"concealed_share": 0.25, "loss_share": 0.25, "jitter_s": 0.3}),
        I,
        Cause.OWN_NETWORK,
    ),
    "sound made up, the sound's packets lost": (
        healthy(TALK, network={"concealed_share": 0.1, "sound_loss_share": 0.1}), I, Cause.OWN_NETWORK
    ),
    "silence put in where the avatar sent none": (
        healthy(TALK, network={"concealed_share": 0.01, "concealed_silence_share": 0.5}), H, Cause.NONE
    ),
    "a voice in shreds": (
        healthy(TALK, audio={"speech_s": 3.5, "level_dbfs": -20.0, "broken_share": 0.3}), U, Cause.DISTORTED
    ),
    "a voice in shreds, packets lost": (
        healthy(
            TALK,
            audio={"speech_s": 3.5, "level_dbfs": -20.0, "broken_share": 0.3},
            network={"concealed_share": 0.04, "sound_loss_share": 0.1},
        ),
        I,
        Cause.OWN_NETWORK,
    ),
    "a voice in shreds, silence put in for packets lost": (
        healthy(
            TALK,
            audio={"speech_s": 3.5, "level_dbfs": -20.0, "broken_share": 0.3},
            network={"concealed_share": 0.02, "concealed_silence_share": 0.3, "sound_loss_share": 0.3},
        ),
        I,
        Cause.OWN_NETWORK,
    ),
    "hard to hear": (healthy(TALK, audio={"speech_s": 3.0, "level_dbfs": -43.0}), D, Cause.MUTE),
    "left open": (healthy(stop=StopFacts(needed=True, sentence="500.")), U, Cause.CLEAN_UP),
    "slow to stop": (healthy(stop={"took_s": 8.0}), D, Cause.SLOW),
    "probe died": (
        healthy(probe_failure="the probe process ended by SIGKILL", room=RoomFacts(), video=NO_VIDEO),
        I,
        Cause.OWN_HOST,
    ),
}  # fmt: skip
