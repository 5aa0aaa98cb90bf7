"""Mints and reads the three tokens of a session: session token, client token, avatar token."""

import jwt

from liveavatar_emulator.refusal import Refusal

DAY_S = 86_400
_ALGORITHM = "HS256"


def session_token(key: str, session_id: str, start_session_data: dict[str, object], now: float) -> str:
    """
    The JWT that starts a session; it repeats the request (LiveAvatar API facts §3.2).

    It names ids of secrets and contexts, never a key. How long the real one lives is not published.
    """
    claims = {
        "session_id": session_id,
        "start_session_data": start_session_data,
        "iat": int(now),
        "exp": int(now) + DAY_S,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read_session_token(key: str, token: str) -> str:
    """The id of the session that this token starts; Refusal 401 for any other text."""
    try:
        claims = jwt.decode(token, key, algorithms=[_ALGORITHM], options={"verify_iat": False})
        return str(claims["session_id"])
    except (jwt.PyJWTError, KeyError):
        raise Refusal(401, "Invalid or expired session token") from None


def room_token(key: str, secret: str, *, identity: str, room: str, now: float) -> str:
    """
    A LiveKit access token for one participant of one room.

    Claims and lifetime are the ones measured on the real service (LiveAvatar API facts §3.2): 24 hours,
    join, publish, publish data, subscribe.
    """
    grants = {
        "room": room,
        "roomJoin": True,
        "canPublish": True,
        "canPublishData": True,
        "canSubscribe": True,
    }
    return _livekit(key, secret, identity, grants, now=now, life_s=DAY_S)


def admin_token(key: str, secret: str, *, room: str, now: float) -> str:
    """A short-lived LiveKit token for looking into one room and closing it."""
    grants = {"room": room, "roomAdmin": True, "roomCreate": True, "roomList": True}
    return _livekit(key, secret, "emulator", grants, now=now, life_s=60)


def _livekit(
    key: str, secret: str, identity: str, grants: dict[str, object], *, now: float, life_s: int
) -> str:
    claims = {
        "iss": key,
        "sub": identity,
        "name": identity,
        "nbf": int(now) - 5,
        "exp": int(now) + life_s,
        "video": grants,
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)
