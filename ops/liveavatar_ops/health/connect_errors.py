"""
Reads why a LiveKit room was not reached. The SDK has one error class, so its words decide.

The table was measured with livekit 1.2 (video health facts A); what it does not know is signalling,
the step that comes first.
"""

import re

from liveavatar_ops.health.facts import RoomFailure
from pulumi_liveavatar.text import scrub, shorten

UNAUTHORISED = re.compile(r"\b(401|403)\b|unauthori[sz]ed|invalid token|permission", re.IGNORECASE)
MEDIA_PATH = re.compile(r"wait_pc_connection|pc_connection|ice (connection )?fail|dtls", re.IGNORECASE)


def why_not_joined(said: str, *, token: str) -> RoomFailure:
    """Classify the SDK's text; the token never stays in the sentence."""
    words = shorten(scrub(said, [token]))
    if UNAUTHORISED.search(said):
        return RoomFailure(
            kind="token",
            sentence=f"The LiveKit server refused the room token that LiveAvatar gave: {words}.",
        )
    if MEDIA_PATH.search(said):
        # The client tries UDP, TCP and relays by itself, so TCP was among what did not work.
        return RoomFailure(
            kind="ice",
            sentence=f"The LiveKit server answered, but no media path came up, by UDP nor by TCP: {words}.",
            tcp_would_work=False,
        )
    return RoomFailure(kind="signalling", sentence=f"The LiveKit server could not be reached: {words}.")


def took_too_long(limit_s: float) -> RoomFailure:
    """Our own deadline for joining; LiveKit's connect_timeout does not bound it."""
    return RoomFailure(kind="deadline", sentence=f"Joining the LiveKit room took longer than {limit_s:g} s.")
