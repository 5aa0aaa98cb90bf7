"""Rows about the way to the room: key, account, references, calls, media server."""

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.verdicts import Cause, Verdict
from liveavatar_ops.rehearse.row import Row, play

_API, _SESSION, _VIDEO = Depth.API, Depth.SESSION, Depth.VIDEO
_START = "/v1/sessions/start"
_STOP = "/v1/sessions/stop"

API_ROWS: tuple[Row, ...] = (
    Row(
        "wrong_key", _API, Verdict.UNHEALTHY, Cause.CREDENTIALS,
        "401 on the first call: nobody with this key can start a session.", wrong="api_key",
    ),
    Row(
        "unknown_avatar", _API, Verdict.UNHEALTHY, Cause.CONFIGURATION,
        "The template names an avatar that the account does not have.", wrong="avatar",
    ),
    Row(
        "unknown_secret", _API, Verdict.UNHEALTHY, Cause.CONFIGURATION,
        "The template names a secret that is gone; a token would still be given, and the start refused.",
        wrong="secret",
    ),
    Row(
        "unknown_context", _API, Verdict.UNHEALTHY, Cause.CONFIGURATION,
        "The template names a context that is gone.", wrong="context",
    ),
    Row(
        "rate_limit", _API, Verdict.INCONCLUSIVE, Cause.QUOTA,
        "429 says that we ask too often, and nothing of the avatar.", (play("rate_limit"),),
    ),
    Row(
        "nobody_listens", _API, Verdict.INCONCLUSIVE, Cause.OWN_NETWORK,
        "Connection refused at an address of this machine: ours to mend, and nothing is said of the avatar.",
        wrong="address",
    ),
    Row(
        "unreachable", _API, Verdict.UNHEALTHY, Cause.VENDOR_API,
        "The name resolves, the service hangs up on every call: its side, not ours.", (play("reset"),),
    ),
    Row(
        "server_error", _API, Verdict.UNHEALTHY, Cause.VENDOR_API,
        "500 on every call.", (play("server_error"),),
    ),
    Row(
        "bad_answer", _API, Verdict.UNHEALTHY, Cause.VENDOR_API,
        "200 with half a document: no client can use that.", (play("bad_json"),),
    ),
    Row(
        "no_credits", _SESSION, Verdict.INCONCLUSIVE, Cause.QUOTA,
        "Code 4033 at start: the account is empty, the avatar was not seen.", (play("no_credits"),),
    ),
    Row(
        "concurrency", _SESSION, Verdict.INCONCLUSIVE, Cause.QUOTA,
        "Code 4003 at start: customers use all sessions of the plan, which is no fault.",
        (play("concurrency"),),
    ),
    Row(
        "start_fails", _SESSION, Verdict.UNHEALTHY, Cause.VENDOR_API,
        "500 at start, though everything before was answered: nobody gets a session.",
        (play("server_error", path=_START),),
    ),
    Row(
        "start_unheard", _SESSION, Verdict.UNHEALTHY, Cause.VENDOR_API,
        "The session runs, its answer never came: it has to be stopped all the same.",
        (play("lost_answer", path=_START),),
    ),
    Row(
        "start_slow", _SESSION, Verdict.DEGRADED, Cause.SLOW,
        "4 s for the start call: past 3 s, short of 10 s.", (play("slow", path=_START, delay_s=4),),
    ),
    Row(
        "stop_fails", _SESSION, Verdict.UNHEALTHY, Cause.CLEAN_UP,
        "The session cannot be stopped and bills on: only the janitor can end it later.",
        (play("server_error", path=_STOP),), left_for_janitor=True,
    ),
    Row(
        "bad_livekit_token", _VIDEO, Verdict.UNHEALTHY, Cause.SIGNALLING,
        "The room refuses the token that LiveAvatar gave: no viewer gets in.",
        (play("bad_livekit_token"),),
    ),
    Row(
        "dead_media", _VIDEO, Verdict.UNHEALTHY, Cause.SIGNALLING,
        "The media server takes the connection and says nothing.",
        (play("dead_media"),), limits={"connect_deadline_s": 4},
    ),
    Row(
        "media_blocked", _VIDEO, Verdict.UNHEALTHY, Cause.ICE,
        "Signalling works, media comes through neither by UDP nor by TCP: the port that is offered refuses.",
        (play("media_blocked"),), limits={"connect_deadline_s": 6},
    ),
    Row(
        "udp_blocked_no_tcp", _VIDEO, Verdict.UNHEALTHY, Cause.ICE,
        "UDP is blocked and the server offers no TCP: the same to a viewer, and said in the report.",
        (play("udp_blocked", tcp=0),), limits={"connect_deadline_s": 6},
    ),
    Row(
        "dispatch_failed", _VIDEO, Verdict.UNHEALTHY, Cause.NO_AVATAR,
        "The room is closed before an avatar came: seen as its absence, whatever the service did.",
        (play("dispatch_failed"),),
    ),
)  # fmt: skip
