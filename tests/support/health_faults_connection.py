"""Faults of our connection to the room, as facts: what happened, the verdict and cause that it must get."""

from liveavatar_ops.health.facts import Reconnection, StopFacts, Unasked
from liveavatar_ops.health.verdicts import Cause
from tests.support.health_facts import healthy
from tests.support.health_fault_parts import NO_VIDEO, NOTHING_HEARD, STARVED, TALK, D, I, U, room

LOST = {"reconnects": 1, "reconnections": (Reconnection(since_s=8.5),)}
BACK = {
    "reconnects": 1, "reconnecting_s": 3.0, "reconnections": (Reconnection(since_s=6.5, until_s=9.5),)
}  # fmt: skip
LOST_AT_ONCE = {"reconnects": 1, "reconnections": (Reconnection(since_s=1.3),)}
HICCUP = (Reconnection(since_s=6.5, until_s=6.6),)
GAP_TO_THE_END = {"longest_gap_s": 6.0, "longest_gap_at_s": 8.0, "open_gap_s": 6.0, "fps": 14.0}
REFUSED = Unasked(kind="microphone_refused", why="the engine is closed")
CUT_OFF = Unasked(kind="session_over", why="a minute")
UNHEARD_STOP = StopFacts(needed=True, sentence="No answer.", unheard=True)

CONNECTION = {
    "signalling broke off": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "SIGNAL_CLOSE"}), U, Cause.SIGNALLING
    ),
    "media broke off": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "MEDIA_FAILURE"}), U, Cause.ICE
    ),
    "reconnected once": (healthy(room={"reconnects": 1, "reconnecting_s": 0.8}), D, Cause.SIGNALLING),
    "the connection is lost and does not come back": (
        healthy(room=LOST, video=GAP_TO_THE_END), U, Cause.SIGNALLING
    ),
    "the connection is lost, and the API does not answer either": (
        healthy(room=LOST, video=GAP_TO_THE_END, stop=UNHEARD_STOP), I, Cause.OWN_NETWORK
    ),
    "all of our network is gone while we talk": (
        healthy(TALK, room=LOST, conversation=NOTHING_HEARD, stop=UNHEARD_STOP), I, Cause.OWN_NETWORK
    ),
    "the connection was lost for a while": (
        healthy(room=BACK, video={"longest_gap_s": 3.5, "longest_gap_at_s": 6.1, "freeze_s": 3.5}),
        U,
        Cause.SIGNALLING,
    ),
    "the question fell into a lost connection": (
        healthy(TALK, room=BACK, conversation=NOTHING_HEARD), U, Cause.SIGNALLING
    ),
    "the SDK gives up joining anew": (
        healthy(
            room={**LOST, "disconnected_s": 13.5, "disconnect_reason": "UNKNOWN_REASON"},
            video=GAP_TO_THE_END,
        ),
        U,
        Cause.SIGNALLING,
    ),
    "the connection is lost before the avatar comes": (
        healthy(room=room(**LOST_AT_ONCE), video=NO_VIDEO), U, Cause.SIGNALLING
    ),
    "the SDK gives up before the avatar comes": (
        healthy(
            room=room(**LOST_AT_ONCE, disconnected_s=15.0, disconnect_reason="UNKNOWN_REASON"),
            video=NO_VIDEO,
        ),
        U,
        Cause.SIGNALLING,
    ),
    "signalling breaks off before the avatar comes": (
        healthy(room=room(disconnected_s=3.0, disconnect_reason="SIGNAL_CLOSE"), video=NO_VIDEO),
        U,
        Cause.SIGNALLING,
    ),
    "all of our network is gone before the avatar comes": (
        healthy(room=room(**LOST_AT_ONCE), video=NO_VIDEO, stop=UNHEARD_STOP), I, Cause.OWN_NETWORK
    ),
    "the connection is lost before the first frame": (
        healthy(
            room=room(**LOST_AT_ONCE, avatar_joined_s=1.25, watched_until_s=11.3), video=NO_VIDEO
        ),
        U,
        Cause.SIGNALLING,
    ),
    "a hiccup of the connection, and no avatar": (
        healthy(room=room(reconnects=1, reconnections=HICCUP), video=NO_VIDEO), U, Cause.NO_AVATAR
    ),
    "a hiccup of the connection in a gap": (
        healthy(
            room={"reconnects": 1, "reconnections": HICCUP},
            video={"longest_gap_s": 6.0, "longest_gap_at_s": 6.0, "freeze_s": 6.0},
        ),
        U,
        Cause.FROZEN,
    ),
    "a hiccup of the connection in our question": (
        healthy(
            TALK, room={"reconnects": 1, "reconnections": HICCUP}, conversation=NOTHING_HEARD
        ),
        U,
        Cause.NO_ANSWER,
    ),
    "a hiccup of the connection long after our question": (
        healthy(
            TALK,
            room={"reconnects": 1, "reconnections": (Reconnection(since_s=15.0, until_s=15.1),)},
            conversation={**NOTHING_HEARD, "user_heard_event_s": 6.0},
        ),
        U,
        Cause.NO_ANSWER,
    ),
    "the question was heard, then the connection was lost for a while": (
        healthy(TALK, room=BACK, conversation={**NOTHING_HEARD, "user_heard_event_s": 6.0}),
        U,
        Cause.NO_ANSWER,
    ),
    "the answer fell into a lost connection": (
        healthy(
            TALK,
            room={"reconnects": 1, "reconnections": (Reconnection(since_s=7.2, until_s=12.0),)},
            conversation={**NOTHING_HEARD, "user_heard_event_s": 6.0},
        ),
        U,
        Cause.SIGNALLING,
    ),
    "our microphone is refused in a lost connection": (
        healthy(TALK, room=BACK, conversation=None, unasked=REFUSED), I, Cause.SIGNALLING
    ),
    "the talk is cut off in a lost connection": (
        healthy(TALK, room=LOST, conversation=None, unasked=CUT_OFF), I, Cause.SIGNALLING
    ),
    "the talk is cut off, all of our network is gone": (
        healthy(
            TALK, room=LOST, conversation=None, unasked=CUT_OFF, stop={"stopped": True, "unheard": True}
        ),
        I,
        Cause.OWN_NETWORK,
    ),
    "the talk is cut off on a starved host": (
        healthy(TALK, host=STARVED, conversation=None, unasked=CUT_OFF), I, Cause.OWN_HOST
    ),
    "another has our identity": (
        healthy(room={"disconnected_s": 8.0, "disconnect_reason": "DUPLICATE_IDENTITY"}), U, Cause.SIGNALLING
    ),
}  # fmt: skip
